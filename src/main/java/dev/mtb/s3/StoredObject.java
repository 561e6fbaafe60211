package dev.mtb.s3;

import java.time.Instant;
import java.util.Optional;

/**
 * What a server answers to what was stored.
 *
 * @param tag as the server writes it
 * @param isTagMd5 as {@link ObjectInfo#isTagMd5}
 * @param encryption by the server, as far as it tells
 * @param date the server's clock
 */
public record StoredObject(
    Optional<String> tag, boolean isTagMd5, Optional<String> encryption, Optional<Instant> date) {
  static StoredObject of(Answer answer) {
    return of(answer, answer.header("ETag"));
  }

  static StoredObject of(Answer answer, Optional<String> tag) {
    return new StoredObject(
        tag, ObjectInfo.isTagMd5(answer), answer.header(ObjectInfo.ENCRYPTION), answer.date());
  }
}
