package dev.mtb.store.bucket;

import com.google.common.base.Splitter;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A password file of s3fs (s3fs(1), AUTHENTICATION): lines {@code key:secret} or {@code
 * bucket:key:secret}, and comments.
 *
 * @param accessKey the access key
 * @param secretKey the secret key; never in a message
 */
public record PasswdFile(String accessKey, String secretKey) {
  /** The only password file that a group may read (s3fs(1), AUTHENTICATION). */
  private static final Path OF_SYSTEM = Path.of("/etc/passwd-s3fs");

  private static final int GROUP_OR_OTHERS = 0077;

  private static final int GROUP_WRITE_OR_OTHERS = 0027;

  /**
   * Checks whether users other than the owner can read or change the keys, which s3fs refuses, too.
   *
   * @return what is wrong, and what to do; empty if the file is safe, or if it cannot be checked
   */
  public static Optional<String> exposure(Path file) {
    Metadata found;
    try {
      found = Metadata.following(file);
    } catch (IOException e) {
      // The failure is reported when the file is read.
      return Optional.empty();
    }
    int forbidden = file.equals(OF_SYSTEM) ? GROUP_WRITE_OR_OTHERS : GROUP_OR_OTHERS;
    boolean isExposed = found.mode() != Metadata.UNKNOWN && (found.mode() & forbidden) != 0;
    // A pipe (<(...)) has no mode that matters.
    return isExposed && found.kind() == Kind.FILE
        ? Optional.of(
            "the password file "
                + file
                + " is open to other users than its owner (mode "
                + Integer.toOctalString(found.mode())
                + "), and s3fs refuses such a file, too: chmod 600 "
                + file)
        : Optional.empty();
  }

  static PasswdFile read(Path file, String bucket) throws DestinationException {
    Optional<String> exposure = exposure(file);
    if (exposure.isPresent()) {
      throw new DestinationException(exposure.get());
    }
    List<String> lines;
    try {
      // Keys are ASCII; a comment may be anything.
      lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new DestinationException(
          "the password file " + file + " cannot be read: " + ErrorText.of(e), e);
    }
    PasswdFile forAll = null;
    for (String line : lines) {
      String trimmed = line.trim();
      if (trimmed.isEmpty() || trimmed.startsWith("#")) {
        continue;
      }
      List<String> fields = Splitter.on(':').splitToList(trimmed);
      if (fields.stream().anyMatch(String::isBlank)) {
        continue;
      }
      if (fields.size() == 3 && fields.get(0).equals(bucket)) {
        return new PasswdFile(fields.get(1), fields.get(2));
      }
      if (fields.size() == 2 && forAll == null) {
        forAll = new PasswdFile(fields.get(0), fields.get(1));
      }
    }
    if (forAll == null) {
      throw new DestinationException(
          "the password file "
              + file
              + " has no line of the form ACCESS_KEY:SECRET_KEY, nor one for the bucket "
              + bucket);
    }
    return forAll;
  }

  /** The text for logs, without the secret. */
  @Override
  public String toString() {
    return "PasswdFile[" + accessKey + "]";
  }
}
