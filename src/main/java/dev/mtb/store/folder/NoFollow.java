package dev.mtb.store.folder;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens files, and never what a symbolic link leads to. Stateless. */
public final class NoFollow {
  private NoFollow() {}

  /**
   * Opens a file for reading.
   *
   * @param file on any file system
   * @return a channel
   * @throws IOException if it cannot be opened, or is a link
   */
  public static SeekableByteChannel open(Path file) throws IOException {
    try {
      return Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      // File systems without links (zip) refuse the option.
      return Files.newByteChannel(file, StandardOpenOption.READ);
    }
  }
}
