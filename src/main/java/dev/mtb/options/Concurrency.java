package dev.mtb.options;

import dev.mtb.model.InvalidJobException;

/**
 * How many threads a run works with. Immutable.
 *
 * @param threads those that copy, 1 to {@link #MAX_THREADS}
 * @param mostThreads the most threads that copy directly to a bucket, if more requests at a time
 *     are answered faster; not fewer than {@code threads}. Then no more requests than this are
 *     under way at a time, those of the checkers included. If it is equal to {@code threads}, that
 *     number never changes
 * @param checkers those that scan and compare directories, 1 to {@link #MAX_THREADS}
 */
public record Concurrency(int threads, int mostThreads, int checkers) {
  /**
   * Copying threads by default. Through one S3FS mount, copies gain little beyond some dozens of
   * threads, since uploads queue up inside s3fs; with fewer threads MTB waits for round trips.
   */
  public static final int DEFAULT_THREADS = 32;

  /**
   * Copying threads in the end by default, straight to a bucket. S3 takes 3,500 PUTs a second for a
   * prefix: at a round trip of 50 ms that many come from 175 threads.
   */
  public static final int DEFAULT_MOST_THREADS = 256;

  /**
   * Comparing threads by default. Each lists one directory, for which s3fs sends up to 20 HEADs at
   * a time, so 32 keep some hundreds in flight, about what a bucket takes from one client without
   * throttling.
   */
  public static final int DEFAULT_CHECKERS = 32;

  /** More threads than this only cost memory: each copying thread has a buffer of its own. */
  public static final int MAX_THREADS = 1024;

  /** {@link #DEFAULT_THREADS}, {@link #DEFAULT_MOST_THREADS} and {@link #DEFAULT_CHECKERS}. */
  public static final Concurrency DEFAULT =
      new Concurrency(DEFAULT_THREADS, DEFAULT_MOST_THREADS, DEFAULT_CHECKERS);

  /** Refuses a number out of its range with an {@link InvalidJobException}. */
  public Concurrency {
    check("threads", threads);
    check("threads", mostThreads);
    if (mostThreads < threads) {
      throw new InvalidJobException(
          "the number of threads cannot grow from " + threads + " to " + mostThreads);
    }
    check("checkers", checkers);
  }

  private static void check(String what, int count) {
    if (count < 1 || count > MAX_THREADS) {
      throw new InvalidJobException(
          what + " must be between 1 and " + MAX_THREADS + ", not " + count);
    }
  }

  /** The same with another number of copying threads, which never changes. */
  public Concurrency withThreads(int count) {
    return new Concurrency(count, count, checkers);
  }

  /** The same with another number of comparing threads. */
  public Concurrency withCheckers(int count) {
    return new Concurrency(threads, mostThreads, count);
  }
}
