package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Files with keys, which only their owner may read. Stateless. */
public final class Secrets {
  private Secrets() {}

  /** Writes such a file, or another content into it; returns it. */
  public static Path write(Path file, String content) throws IOException {
    if (Files.notExists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return Files.writeString(file, content, UTF_8);
  }
}
