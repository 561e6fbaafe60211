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
   * The name of the tree in messages.
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
   * An entry of the tree. This method does not look at it, so the entry need not exist.
   *
   * @param path in this tree
   * @return where it is, and how it is read
   */
  TreeEntry entry(Path path);

  /**
   * A directory above a path that the user named. The directory itself is not copied.
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
   * @return mtimes of a mount or a bucket may have lost digits when they were stored
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
   * Whether an error means only that a file was moved or deleted.
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
   * Tells the tree which files will most likely be read after they were looked at, so that it can
   * use one request for both.
   *
   * @param isWanted told paths of this tree; must be thread-safe and fast
   */
  default void expect(Predicate<Path> isWanted) {}

  /**
   * Sends requests no faster than a throttle allows, from now on.
   *
   * @param throttle asked before each request, and for content that is sent
   * @return false if this place does not send requests; then the throttle has no effect
   */
  default boolean limit(Throttle throttle) {
    return false;
  }

  /**
   * The number of requests at a time, which the tree learns.
   *
   * @return empty if this place does not send requests of its own; if it does, several entries of a
   *     directory are looked at at the same time
   */
  default Optional<RequestLimit> requestLimit() {
    return Optional.empty();
  }

  /**
   * Checks that the place is still the same. Costs no request.
   *
   * @throws DestinationException if it is lost
   */
  default void check() throws DestinationException {}
}
