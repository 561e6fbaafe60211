package dev.mtb.store;

import dev.mtb.model.Metadata;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One file on its way to the destination. Not thread-safe.
 *
 * <p>Closing it before {@link #commit} undoes everything: what was there before is there again.
 */
public interface FileWrite extends Closeable {
  /**
   * Adds content.
   *
   * @param content all that remains in it is written
   * @throws IOException if it could not be written
   */
  void write(ByteBuffer content) throws IOException;

  /**
   * Sets the metadata and gives the file its name. When this returns the file is safe.
   *
   * @param source what to set: owner, mode and mtime
   * @throws AttributesException if the file is safe, and only some of its metadata is not set
   * @throws IOException if it could not be finished; then the caller must assume that the file is
   *     not written
   */
  void commit(Metadata source) throws IOException;

  /** Undoes everything, unless it was committed. */
  @Override
  void close() throws IOException;
}
