package dev.mtb.s3;

import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hc.core5.http.Header;

/**
 * The description of an object in the head of an answer.
 *
 * @param metadata the user's, by their names in lower case without {@code x-amz-meta-}
 * @param contentType as it was stored with
 * @param length of what is sent; some servers leave it out for an empty object
 * @param lastModified when it was stored
 * @param tag as the server writes it
 * @param isTagMd5 whether the tag is made of MD5 digests: with some ways of encryption it is not
 * @param date the server's clock
 */
public record ObjectInfo(
    Map<String, String> metadata,
    Optional<String> contentType,
    Optional<Long> length,
    Optional<Instant> lastModified,
    Optional<String> tag,
    boolean isTagMd5,
    Optional<Instant> date) {
  static final String ENCRYPTION = "x-amz-server-side-encryption";

  private static final String METADATA = "x-amz-meta-";

  static ObjectInfo of(Answer answer) {
    Map<String, String> metadata = new HashMap<>();
    for (Header header : answer.headers()) {
      String name = header.getName().toLowerCase(Locale.ROOT);
      if (name.startsWith(METADATA)) {
        metadata.put(name.substring(METADATA.length()), header.getValue());
      }
    }
    return new ObjectInfo(
        metadata,
        answer.header("Content-Type"),
        answer.header("Content-Length").flatMap(ObjectInfo::number),
        answer.time("Last-Modified"),
        answer.header("ETag"),
        isTagMd5(answer),
        answer.date());
  }

  static boolean isTagMd5(Answer answer) {
    Optional<String> encryption = answer.header(ENCRYPTION);
    return answer.header("x-amz-server-side-encryption-customer-algorithm").isEmpty()
        && (encryption.isEmpty() || encryption.get().equals("AES256"));
  }

  /** Parses a length; empty if it is no number. */
  static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.parseLong(text.trim()));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
