/**
 * Checks a destination, and this machine, before a backup relies on them. {@link
 * dev.mtb.doctor.Doctor} is its entry point; the checks are in the other classes.
 */
package dev.mtb.doctor;
