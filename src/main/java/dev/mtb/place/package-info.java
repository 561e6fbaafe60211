/**
 * Finds and opens the place that a user named: folder, mount or bucket. Also checks a place before
 * a run writes to it: that no other run writes there, and that the mount and its bucket are really
 * the same place.
 */
package dev.mtb.place;
