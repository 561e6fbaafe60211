package dev.mtb.store.folder;

import dev.mtb.store.Errno;
import dev.mtb.store.ReplacedException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Opens files, and never what a symbolic link leads to. Stateless. */
public final class NoFollow {
  private NoFollow() {}

  /**
   * Opens a file for reading.
   *
   * @param file on any file system
   * @return a channel
   * @throws ReplacedException if it is a link
   * @throws IOException if it cannot be opened
   */
  public static SeekableByteChannel open(Path file) throws IOException {
    try {
      return Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      // File systems without links (zip) refuse the option.
      return Files.newByteChannel(file, StandardOpenOption.READ);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /**
   * The failure to open a file or directory without following links. If a link is there, another
   * process has put it in the place of what was seen before.
   */
  static IOException failure(Path file, IOException e) {
    return Errno.of(e).equals(Optional.of(Errno.ELOOP)) ? new ReplacedException(file, e) : e;
  }
}
