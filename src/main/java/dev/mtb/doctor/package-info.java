/**
 * Checks a destination, and this machine, before a backup relies on them. {@link
 * dev.mtb.doctor.Doctor} is the entry; each check is a class of its own.
 */
package dev.mtb.doctor;
