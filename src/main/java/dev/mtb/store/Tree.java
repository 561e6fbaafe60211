package dev.mtb.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A place whose files can be looked at and read: what a copy is made from. Thread-safe.
 *
 * <p>Each path of a tree begins with its {@link #root}. A symbolic link is never followed, except
 * on the way to what a user named ({@link #way}).
 *
 * <p>An operation throws {@link DestinationException} when the place as a whole is lost, and
 * another {@link IOException} when only this operation failed.
 */
public interface Tree extends Closeable {
  /**
   * What it is called in messages.
   *
   * @return such as {@code /home/me} or {@code s3://bucket/prefix}
   */
  String name();

  /**
   * The directory that everything is in.
   *
   * @return the beginning of all paths; an empty path if paths are relative to the tree
   */
  Path root();

  /**
   * Something in the tree. Nothing is asked yet, so that it need not exist.
   *
   * @param path in this tree
   * @return where it is, and how it is read
   */
  TreeEntry entry(Path path);

  /**
   * A directory that is not copied for its own sake: what a user named lies in it.
   *
   * @param directory in this tree
   * @return where it is; symbolic links are followed if the tree is one that users work in, and not
   *     if it is a backup
   */
  default TreeEntry way(Path directory) {
    return entry(directory);
  }

  /**
   * How precise the mtimes are that it tells.
   *
   * @return what a mount or a bucket holds may have lost digits on its way there
   */
  MtimePrecision mtimes();

  /**
   * Whether the root has metadata of its own. May cost a request.
   *
   * @return false for a mount point, and for what has no object of its own in a bucket; true if
   *     that cannot be told, since the next look at it tells why
   */
  boolean hasRootMetadata();

  /**
   * Whether an error is no more than that something is not where it was.
   *
   * @param error from looking at a file or reading it
   * @param path the file
   * @return whether it vanished, or a directory on the way to it did or was replaced
   */
  default boolean isMoved(IOException error, Path path) {
    return error instanceof NoSuchFileException
        || error instanceof NotDirectoryException
        || error instanceof ReplacedException;
  }

  /**
   * Says which files will most likely be read after they were looked at, so that one request may do
   * for both.
   *
   * @param isWanted told paths of this tree; must be thread-safe and fast
   */
  default void expect(Predicate<Path> isWanted) {}

  /**
   * Sends requests no faster than a throttle allows, from now on.
   *
   * @param throttle asked before each request, and for content that is sent
   * @return false if this place does not send requests of its own; then nothing is held up
   */
  default boolean limit(Throttle throttle) {
    return false;
  }

  /**
   * How many requests it takes at a time, as it learns it.
   *
   * @return empty if this place does not send requests of its own
   */
  default Optional<RequestLimit> requestLimit() {
    return Optional.empty();
  }

  /**
   * Checks that the place is still what it was. Costs no request.
   *
   * @throws DestinationException if it is lost
   */
  default void check() throws DestinationException {}
}
