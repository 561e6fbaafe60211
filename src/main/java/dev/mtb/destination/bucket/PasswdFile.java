package dev.mtb.destination.bucket;

import com.google.common.base.Splitter;
import dev.mtb.ErrorText;
import dev.mtb.destination.DestinationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A password file of s3fs (s3fs(1), AUTHENTICATION): lines {@code key:secret} or {@code
 * bucket:key:secret}, and comments.
 *
 * @param accessKey the access key
 * @param secretKey the secret key; never in a message
 */
record PasswdFile(String accessKey, String secretKey) {

  static PasswdFile read(Path file, String bucket) throws DestinationException {
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

  /** Without the secret. */
  @Override
  public String toString() {
    return "PasswdFile[" + accessKey + "]";
  }
}
