package dev.mtb.store.mount;

import dev.mtb.model.PathBytes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Sets a file's mtime by its path, without opening it.
 *
 * <p>NIO's {@code setTimes} opens the file, sets the time through the descriptor and closes it; on
 * S3FS that close is another flush, and if it comes before the writer's close, the time is lost.
 * {@link File#setLastModified} calls {@code utimes} on the path: while the writing channel is still
 * open, s3fs sends that time along with the one upload.
 *
 * <p>It takes milliseconds, cut off. It also takes a {@link String}; a name that a string cannot
 * hold is reached through a symbolic link with a plain name, in a local temporary directory.
 */
final class MtimeByPath {
  private MtimeByPath() {}

  static void set(Path path, Instant mtime) throws IOException {
    if (PathBytes.survivesString(path)) {
      set(path.toFile(), path, mtime);
      return;
    }
    Path directory = Files.createTempDirectory("mtb");
    Path alias = directory.resolve("alias");
    try {
      Files.createSymbolicLink(alias, path.toAbsolutePath());
      set(alias.toFile(), path, mtime);
    } finally {
      Files.deleteIfExists(alias);
      Files.delete(directory);
    }
  }

  private static void set(File file, Path path, Instant mtime) throws IOException {
    if (!file.setLastModified(mtime.toEpochMilli())) {
      throw new IOException("its time of modification cannot be set: " + path);
    }
  }
}
