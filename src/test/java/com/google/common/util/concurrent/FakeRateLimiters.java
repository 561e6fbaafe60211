package com.google.common.util.concurrent;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Guava's own limiters with a clock that only they and the test advance. The class is in Guava's
 * package, since it uses package-private methods.
 */
public final class FakeRateLimiters {
  private final AtomicLong micros = new AtomicLong();

  /** Makes a limiter that advances the clock instead of sleeping. */
  public RateLimiter create(double permitsPerSecond) {
    return RateLimiter.create(
        permitsPerSecond,
        new RateLimiter.SleepingStopwatch() {
          @Override
          protected long readMicros() {
            return micros.get();
          }

          @Override
          protected void sleepMicrosUninterruptibly(long count) {
            pass(count);
          }
        });
  }

  /** Lets time pass. */
  public void pass(long count) {
    micros.addAndGet(count);
  }

  /** The time that has passed. */
  public double seconds() {
    return micros.get() / 1e6;
  }
}
