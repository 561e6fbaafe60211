/**
 * Looks at a destination, and at this machine, before a backup has to rely on them. {@link
 * dev.mtb.doctor.Doctor} is the door; each check is a class of its own.
 */
package dev.mtb.doctor;
