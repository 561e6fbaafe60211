package dev.mtb.store;

import java.time.Instant;
import java.util.Optional;

/**
 * What a listing of a bucket tells of one object without another request: when it was stored and
 * the tag of its content, but not its metadata.
 *
 * @param isDirectory whether it is a directory; a link cannot be told from a file
 * @param size in bytes
 * @param tag of its content, if the listing has one
 * @param storedAt when it was stored, by the server's clock; empty if unknown
 */
public record ListedEntry(
    boolean isDirectory, long size, Optional<ContentTag> tag, Optional<Instant> storedAt) {

  /**
   * A directory.
   *
   * @param storedAt as above
   * @return its entry
   */
  public static ListedEntry directory(Optional<Instant> storedAt) {
    return new ListedEntry(true, 0, Optional.empty(), storedAt);
  }
}
