package com.google.common.util.concurrent;

import java.util.concurrent.atomic.AtomicLong;

/** Guava's own limiters, by a clock that only they and the test move. In its package to get in. */
public final class FakeRateLimiters {
  private final AtomicLong micros = new AtomicLong();

  /** Makes a limiter that sleeps by moving the clock. */
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
