package dev.mtb.store;

import dev.mtb.model.Metadata;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/**
 * A directory of a {@link Tree}, read entry by entry: a directory of a million files need not be
 * held in memory. Not thread-safe.
 */
public interface TreeScan extends Closeable {
  /**
   * The directory that is being read.
   *
   * @return what it was like when it was opened; empty if that was not asked
   */
  default Optional<Metadata> directory() {
    return Optional.empty();
  }

  /**
   * The next entry, in any order.
   *
   * @return empty at the end
   * @throws IOException if the directory cannot be read further
   */
  Optional<TreeEntry> next() throws IOException;

  /**
   * Makes sure that the directory is still at its path. {@link TreeEntry#look} uses the path, so
   * that it may have looked into another directory.
   *
   * @throws ReplacedException if another directory is there
   * @throws IOException if that cannot be told
   */
  default void check() throws IOException {}

  @Override
  default void close() throws IOException {}
}
