package dev.mtb.store.bucket;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Contents of small files that came with a look, until they are read. Each belongs to the version
 * that was looked at. Thread-safe.
 */
final class HeldContents {
  /** What may wait to be written, in bytes: the engine's queue full of files of 8 KB. */
  private static final long MOST_HELD = 64 << 20;

  private static final class Held {
    final Optional<String> tag;
    final byte[] content;

    Held(Optional<String> tag, byte[] content) {
      this.tag = tag;
      this.content = content;
    }
  }

  private final Map<String, Held> held = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();

  /** Takes room for a content that is about to be read; false if there is not enough. */
  boolean reserve(long size) {
    if (bytes.addAndGet(size) > MOST_HELD) {
      release(size);
      return false;
    }
    return true;
  }

  /** Gives back room that was reserved and is not used. */
  void release(long size) {
    bytes.addAndGet(-size);
  }

  /**
   * Holds a content for which there is room.
   *
   * @return whether it uses the room; false if it replaces another content of the same object
   */
  boolean put(String key, Optional<String> tag, byte[] content) {
    return held.put(key, new Held(tag, content)) == null;
  }

  /** Hands out the content of a version, and drops that of any other. */
  Optional<byte[]> take(String key, Optional<String> tag) {
    Optional<Held> found = Optional.ofNullable(held.remove(key));
    found.ifPresent(each -> release(each.content.length));
    return found.filter(each -> each.tag.equals(tag)).map(each -> each.content);
  }
}
