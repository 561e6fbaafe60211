/**
 * From what a user named to an open store: folder, mount or bucket. Also what must be known of a
 * place before it is written to: other runs that write there, and whether it is what it seems to
 * be.
 */
package dev.mtb.place;
