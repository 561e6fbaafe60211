package dev.mtb.store;

import java.time.Instant;
import java.util.Optional;

/**
 * What a listing of a bucket tells of one object, for nothing: not its metadata, but when it was
 * stored and what is in it.
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
   * @return its glance
   */
  public static ListedEntry directory(Optional<Instant> storedAt) {
    return new ListedEntry(true, 0, Optional.empty(), storedAt);
  }
}
