package dev.mtb.destination;

import dev.mtb.Metadata;
import java.time.Instant;
import java.util.Optional;

/**
 * What a listing of a bucket tells of one object, for nothing: not its metadata, but when it was
 * stored and what is in it.
 *
 * @param isDirectory whether it is a directory; a link cannot be told from a file
 * @param size in bytes
 * @param tag of its content, if the listing has one
 * @param storedAt when it was stored at the latest, by this machine's clock; empty if unknown
 */
public record Glance(
    boolean isDirectory, long size, Optional<ContentTag> tag, Optional<Instant> storedAt) {

  /**
   * Tells whether the source has not changed in any way since the object was stored. Nobody can set
   * back a ctime, and everything moves it: content, mtime, mode, owner, name.
   *
   * @param source what the object was made from
   * @return false if it has changed, or that cannot be told
   */
  public boolean isSince(Metadata source) {
    return storedAt.isPresent()
        && source.ctime().isPresent()
        && source.ctime().get().isBefore(storedAt.get());
  }
}
