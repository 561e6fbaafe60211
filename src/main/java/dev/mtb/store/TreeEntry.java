package dev.mtb.store;

import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An entry of a {@link Tree}: its path, and what a listing told of it. When it is looked at, it may
 * be deleted already, or be something else. Thread-safe.
 */
public interface TreeEntry {
  /**
   * Where it is.
   *
   * @return a path of the tree
   */
  Path path();

  /**
   * What a listing has told, where looking would cost a request.
   *
   * @return empty if nothing
   */
  default Optional<ListedEntry> listed() {
    return Optional.empty();
  }

  /**
   * Whether a listing has told that it is a directory, or that it is none.
   *
   * @return empty if that is not known, such as for an empty object, which old clients use for
   *     directories
   */
  default Optional<Boolean> isListedAsDirectory() {
    return listed().filter(l -> l.isDirectory() || l.size() > 0).map(ListedEntry::isDirectory);
  }

  /**
   * Looks at it.
   *
   * @return what is at its path now
   * @throws java.nio.file.NoSuchFileException if nothing is there
   * @throws IOException if that cannot be told
   */
  Metadata look() throws IOException;

  /**
   * Looks at it, and makes sure that no directory on the way was replaced by a symbolic link.
   *
   * @return what is there
   * @throws java.nio.file.NoSuchFileException if nothing is there
   * @throws IOException if that cannot be told
   */
  default Metadata lookSafely() throws IOException {
    return look();
  }

  /**
   * Opens the content of a file.
   *
   * @return at its beginning; a {@link SeekableByteChannel} if the file may be opened several times
   *     and read from any place, as an upload in parts needs it
   * @throws IOException if it cannot be opened, or is a link
   */
  ReadableByteChannel read() throws IOException;

  /**
   * Reads a symbolic link.
   *
   * @return its target
   * @throws IOException if it cannot be read, or is no link
   */
  Path readLink() throws IOException;

  /**
   * Opens a directory.
   *
   * @return what is in it; must be closed
   * @throws IOException if it cannot be opened, or is no directory
   */
  TreeScan scan() throws IOException;

  /**
   * Tells that no more entries of a directory will be used, so that it need not be kept open. To
   * use them anyway is allowed.
   *
   * @throws IOException if it cannot be closed
   */
  default void done() throws IOException {}
}
