/**
 * A directory of any {@code java.nio} file system. Directories are held open, so that no link on
 * the way is followed.
 */
package dev.mtb.store.folder;
