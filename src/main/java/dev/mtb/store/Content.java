package dev.mtb.store;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;

/**
 * The content of a file that can be read as often as need be, and in several places at once.
 * Thread-safe.
 */
public interface Content {
  /**
   * Opens the content again.
   *
   * @return at its beginning; must be closed
   * @throws IOException if it cannot be opened
   */
  SeekableByteChannel open() throws IOException;

  /**
   * Told of what has reached the destination.
   *
   * @param bytes since the last time
   */
  void sent(long bytes);

  /**
   * Asked now and then.
   *
   * @throws IOException if there is no use in going on
   */
  void stopIfAsked() throws IOException;
}
