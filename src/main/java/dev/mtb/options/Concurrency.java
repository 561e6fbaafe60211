package dev.mtb.options;

import dev.mtb.model.InvalidJobException;

/**
 * How many threads a run works with. Immutable.
 *
 * @param threads those that copy, 1 to {@link #MAX_THREADS}
 * @param checkers those that scan and compare directories, 1 to {@link #MAX_THREADS}
 */
public record Concurrency(int threads, int checkers) {
  /**
   * Copying threads by default. Through one S3FS mount, copies gain little beyond some dozens of
   * threads, since uploads queue up inside s3fs; with fewer threads MTB waits for round trips.
   */
  public static final int DEFAULT_THREADS = 32;

  /**
   * Comparing threads by default. Each lists one directory, for which s3fs sends up to 20 HEADs at
   * a time, so 32 keep some hundreds in flight, about what a bucket takes from one client without
   * throttling.
   */
  public static final int DEFAULT_CHECKERS = 32;

  /** More threads than this only cost memory: each copying thread has a buffer of its own. */
  public static final int MAX_THREADS = 1024;

  /** {@link #DEFAULT_THREADS} and {@link #DEFAULT_CHECKERS}. */
  public static final Concurrency DEFAULT = new Concurrency(DEFAULT_THREADS, DEFAULT_CHECKERS);

  /** Refuses a number out of its range with an {@link InvalidJobException}. */
  public Concurrency {
    check("threads", threads);
    check("checkers", checkers);
  }

  private static void check(String what, int count) {
    if (count < 1 || count > MAX_THREADS) {
      throw new InvalidJobException(
          what + " must be between 1 and " + MAX_THREADS + ", not " + count);
    }
  }

  /** The same with another number of copying threads. */
  public Concurrency withThreads(int count) {
    return new Concurrency(count, checkers);
  }

  /** The same with another number of comparing threads. */
  public Concurrency withCheckers(int count) {
    return new Concurrency(threads, count);
  }
}
