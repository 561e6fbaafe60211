package dev.mtb.s3;

import java.time.Instant;
import java.util.Optional;

/**
 * A version of an object as a list shows it.
 *
 * @param key of the object
 * @param id of the version; {@code null} as text for one that was stored without versioning
 * @param isLatest whether it is the current one
 * @param isDeletion whether it is a delete marker: from then on the object was not there
 * @param size in bytes; empty for a delete marker
 * @param tag as the server writes it; empty for a delete marker
 * @param lastModified when it was stored; on Amazon in whole seconds
 */
public record ObjectVersion(
    String key,
    String id,
    boolean isLatest,
    boolean isDeletion,
    Optional<Long> size,
    Optional<String> tag,
    Optional<Instant> lastModified) {
  /** The id of a version that was stored without versioning. */
  public static final String WITHOUT_VERSIONING = "null";
}
