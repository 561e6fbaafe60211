package dev.mtb.store;

import com.google.common.util.concurrent.RateLimiter;
import dev.mtb.options.Bandwidth;
import dev.mtb.options.Limits;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleFunction;

/**
 * Makes threads that write to a destination wait as a run's limits ask. One for each run, shared by
 * all its threads. Thread-safe.
 *
 * <p>A {@link RateLimiter} lets each request pass at once, even a large one, and makes the next one
 * wait for it; and a waiting thread cannot be woken. So threads wait for a lock before it, in the
 * order of their arrival, and take a small amount at a time. Then all streams advance together, a
 * new limit holds after one small amount, and a stopped thread does not wait longer than that.
 */
public final class Throttle {
  /** A throttle without limits. */
  public static final Throttle NONE =
      new Throttle(
          Limits.NONE, Clock.systemUTC(), RateLimiter::create, duration -> {}, () -> false);

  /**
   * The time that one small amount takes. A user does not notice it, and 20 amounts a second cost
   * nothing.
   */
  private static final Duration SLICE = Duration.ofMillis(50);

  /**
   * The largest amount in bytes, also without a limit: as much as is read and written at a time.
   */
  private static final int MOST = Store.SMALL_FILE;

  /**
   * Within this time, in seconds, each waiting thread gets a turn: S3 closes connections on which
   * nothing comes for some 20 s.
   */
  private static final double ROUND = 5;

  private final Bandwidth bandwidth;
  private final boolean isLimited;
  private final Clock clock;
  private final DoubleFunction<RateLimiter> limiters;
  private final Retry.Pause pause;
  private final BooleanSupplier isStopping;

  /** Fair: threads get it in the order of their arrival. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /** Guarded by the turn. */
  private RateLimiter bytes;

  /** The rate of {@link #bytes}; guarded by the turn. */
  private long rate;

  private final ReentrantLock operationTurn = new ReentrantLock(true);
  private final Optional<RateLimiter> operations;

  /**
   * Makes the throttle of a run.
   *
   * @param limits bandwidth and operations of them
   * @param clock tells the time of day, in the zone of the timetable
   * @param limiters makes one for a number of permits a second, without any saved
   * @param pause waits
   * @param isStopping whether the run is being stopped, so that threads do not wait any more
   */
  public Throttle(
      Limits limits,
      Clock clock,
      DoubleFunction<RateLimiter> limiters,
      Retry.Pause pause,
      BooleanSupplier isStopping) {
    this.bandwidth = limits.bandwidth();
    this.isLimited = bandwidth.isLimited();
    this.clock = clock;
    this.limiters = limiters;
    this.pause = pause;
    this.isStopping = isStopping;
    this.operations =
        limits.operationsPerSecond().isPresent()
            ? Optional.of(limiters.apply(limits.operationsPerSecond().getAsDouble()))
            : Optional.empty();
  }

  /**
   * Waits until so many bytes may be written, or the run is stopped.
   *
   * @param count how many
   */
  void takeAll(long count) {
    long left = count;
    while (left > 0) {
      left -= take(left);
    }
  }

  /**
   * Waits until some bytes may be written.
   *
   * @param wanted at least one
   * @return how many may be written now: at least one, and not more
   */
  public int take(long wanted) {
    int most = (int) Math.min(wanted, MOST);
    if (!isLimited || limitNow().isEmpty()) {
      return most;
    }
    turn.lock();
    try {
      OptionalLong limit = limitNow();
      if (limit.isEmpty() || isStopping.getAsBoolean()) {
        return most;
      }
      if (bytes == null || rate != limit.getAsLong()) {
        rate = limit.getAsLong();
        bytes = limiters.apply((double) rate);
      }
      double seconds = Math.min(SLICE.toMillis() / 1e3, ROUND / (1 + turn.getQueueLength()));
      int share = (int) Math.max(1, Math.min(most, (double) rate * seconds));
      acquire(bytes, share);
      return share;
    } finally {
      turn.unlock();
    }
  }

  private OptionalLong limitNow() {
    return bandwidth.at(LocalDateTime.now(clock));
  }

  /** Waits until one more operation may begin, or the run is stopped. */
  public void operation() {
    if (operations.isEmpty()) {
      return;
    }
    operationTurn.lock();
    try {
      acquire(operations.get(), 1);
    } finally {
      operationTurn.unlock();
    }
  }

  /**
   * Waits for permits. The limiter's own waiting cannot be interrupted, so this method waits
   * itself, and lets the limiter wait only for the last moment.
   */
  private void acquire(RateLimiter limiter, int permits) {
    while (!isStopping.getAsBoolean() && !limiter.tryAcquire(permits, SLICE)) {
      pause.pause(SLICE);
    }
  }
}
