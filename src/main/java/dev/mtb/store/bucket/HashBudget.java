package dev.mtb.store.bucket;

import dev.mtb.store.RequestLimit;
import java.time.Duration;

/**
 * The size up to which it is cheaper to hash a file than to ask the server for its metadata. It is
 * learned from how long requests take. Thread-safe.
 */
final class HashBudget {
  /**
   * Bytes that one processor hashes in a second while other threads wait for the network, with the
   * file's opening: measured 300 to 600 MB/s.
   */
  private static final long HASHED_PER_SECOND = 400_000_000;

  /** To open a file costs as much as to read this much of it. */
  private static final long LEAST = 64 << 10;

  /** For a larger file a request is cheaper, however far away the server is. */
  private static final long MOST = 4 << 20;

  private final RequestLimit requests;
  private volatile long bytes = LEAST;

  HashBudget(RequestLimit requests) {
    this.requests = requests;
  }

  void learn(Duration request) {
    if (request.toMillis() > 0) {
      long hashed = request.toNanos() * (HASHED_PER_SECOND / 1_000_000) / 1_000 / requests.now();
      bytes = Math.max(LEAST, Math.min(MOST, hashed));
    }
  }

  long bytes() {
    return bytes;
  }
}
