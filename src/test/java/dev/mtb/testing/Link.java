package dev.mtb.testing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A bandwidth that all senders share, unlimited at first. Thread-safe. Each sender waits for one
 * piece at a time, so senders get equal shares.
 */
final class Link {
  /**
   * The burst that an idle link lets through, so that threads that wake up late do not reduce the
   * rate.
   */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private long bitsPerSecond;
  private long free = System.nanoTime();

  synchronized void setBitsPerSecond(long bitsPerSecond) {
    this.bitsPerSecond = bitsPerSecond;
  }

  void acquire(int bytes) {
    sleepUntil(reserve(bytes));
  }

  private synchronized long reserve(int bytes) {
    long now = System.nanoTime();
    if (bitsPerSecond <= 0) {
      return now;
    }
    long earliest = now - BURST_NANOS;
    long start = free - earliest > 0 ? free : earliest;
    free = start + (long) (bytes * 8e9 / bitsPerSecond);
    return free;
  }

  static void sleepUntil(long nanoTime) {
    // Thread.sleep has only whole milliseconds.
    for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
