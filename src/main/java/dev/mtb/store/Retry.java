package dev.mtb.store;

import com.google.common.base.Ticker;
import com.google.common.collect.Comparators;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The retries of operations on a destination, and the decision when retries are of no use any more.
 * One for each run. Thread-safe.
 */
public final class Retry {
  private static final Logger log = LoggerFactory.getLogger(Retry.class);

  /** Long enough for a busy server to recover; five doubled pauses last 15.5 seconds. */
  static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  /**
   * A failure that has lasted for minutes will most likely last longer, so that longer pauses would
   * not help.
   */
  static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /**
   * Each pause is longer by up to this part of it, at random, so that the threads do not all retry
   * at once.
   */
  static final double JITTER = 0.5;

  /**
   * The least number of attempts in a row that must fail before the run ends, independent of the
   * number of threads. Fewer failures could be large files that do not fit on a disk on which
   * others still fit.
   */
  static final int LEAST_IN_A_ROW = 100;

  /**
   * The run ends when each thread has failed finally this many times in a row, and no thread has
   * succeeded meanwhile.
   */
  static final int ROUNDS = 2;

  /**
   * A file is not retried for longer than this, independent of how long one attempt takes: s3fs
   * retries each request itself, so that six attempts through a mount can take ten minutes. A
   * server that restarts answers sooner than this. Pauses that the user asks for (more retries) may
   * take longer.
   */
  static final Duration LEAST_DEADLINE = Duration.ofMinutes(2);

  /** How long s3fs remembers by default that it has not found a name (stat_cache_expire). */
  private static final Duration DOUBT = Duration.ofMinutes(15);

  /**
   * The kind of an operation. Failures are counted for each kind: on a full disk all changes fail,
   * and all looks succeed.
   */
  public enum Kind {
    /** It only looks. */
    LOOK,
    /** It changes something. */
    CHANGE
  }

  /**
   * An operation.
   *
   * @param <T> its result
   */
  @FunctionalInterface
  public interface Operation<T> {
    /**
     * Runs the operation.
     *
     * @param attempt the first is 1; later attempts may find what an earlier one has made
     * @return the result
     * @throws IOException if it failed
     */
    T run(int attempt) throws IOException;
  }

  /** Waits. */
  @FunctionalInterface
  public interface Pause {
    /**
     * Waits; not longer than until the run is stopped.
     *
     * @param duration how long
     */
    void pause(Duration duration);
  }

  private final Store destination;
  private final int retries;
  private final Duration deadline;
  private final int mostInARow;
  private final Pause pause;
  private final BooleanSupplier isStopping;
  private final DoubleSupplier random;
  private final Ticker ticker;

  private final AtomicInteger failedLooks = new AtomicInteger();
  private final AtomicInteger failedChanges = new AtomicInteger();

  /** In nanoseconds of the ticker; {@link Long#MIN_VALUE} for never. */
  private final AtomicLong lastTrouble = new AtomicLong(Long.MIN_VALUE);

  /**
   * Makes the retries of a run.
   *
   * @param destination diagnoses its failures
   * @param retries how often an operation is retried; never if the destination does that itself
   * @param threads how many use the destination at once
   * @param pause waits
   * @param isStopping whether there is no use in trying again
   * @param random gives values from 0 to 1, evenly distributed
   * @param ticker tells the time
   */
  public Retry(
      Store destination,
      int retries,
      int threads,
      Pause pause,
      BooleanSupplier isStopping,
      DoubleSupplier random,
      Ticker ticker) {
    this.destination = destination;
    this.retries = destination.features().retriesItself() ? 0 : retries;
    this.deadline = deadline(this.retries);
    this.mostInARow = Math.max(LEAST_IN_A_ROW, ROUNDS * threads * (this.retries + 1));
    this.pause = pause;
    this.isStopping = isStopping;
    this.random = random;
    this.ticker = ticker;
  }

  /**
   * Without any retries, for tests and for callers that try again themselves.
   *
   * @param destination diagnoses its failures
   * @return fails at once
   */
  public static Retry never(Store destination) {
    return new Retry(
        destination, 0, 1, duration -> {}, () -> false, () -> 0, Ticker.systemTicker());
  }

  /**
   * Runs an operation, and retries it after a transient error.
   *
   * @param <T> its result
   * @param kind what it does
   * @param what it does, in words, such as {@code listing}
   * @param path what it works on
   * @param operation must leave nothing behind that hinders its next attempt
   * @return what it returned
   * @throws DestinationException if the destination is lost, or nothing succeeds any more
   * @throws ElsewhereException if the cause is not the destination; rethrown unchanged
   * @throws FailedException if it failed finally; its message is for the user
   */
  public <T> T run(Kind kind, String what, Path path, Operation<T> operation) throws IOException {
    AtomicInteger inARow = kind == Kind.LOOK ? failedLooks : failedChanges;
    long start = ticker.read();
    for (int attempt = 1; ; attempt++) {
      IOException failure;
      try {
        T result = operation.run(attempt);
        if (inARow.get() != 0) {
          inARow.set(0);
        }
        return result;
      } catch (DestinationException | ElsewhereException | FailedException e) {
        throw e;
      } catch (IOException e) {
        failure = e;
      }
      Diagnosis diagnosis = destination.diagnose(failure);
      if (diagnosis.kind() == Diagnosis.Kind.OF_THIS_FILE) {
        throw failed(diagnosis, attempt, failure);
      }
      lastTrouble.set(ticker.read());
      stopIfNothingSucceeds(kind, inARow.incrementAndGet(), diagnosis, failure);
      boolean isHopeless =
          diagnosis.kind() == Diagnosis.Kind.LASTING
              || attempt > retries
              || ticker.read() - start >= deadline.toNanos()
              || isStopping.getAsBoolean();
      if (isHopeless) {
        throw failed(diagnosis, attempt, failure);
      }
      Duration wait =
          Duration.ofMillis((long) (pauseAfter(attempt) * (1 + JITTER * random.getAsDouble())));
      log.info(
          "{} {} failed ({}); trying again in {}, {} of {}",
          what,
          path,
          ErrorText.of(failure),
          Format.duration(wait),
          attempt,
          retries);
      pause.pause(wait);
      if (isStopping.getAsBoolean()) {
        throw failed(diagnosis, attempt, failure);
      }
    }
  }

  private static FailedException failed(Diagnosis diagnosis, int attempt, IOException failure) {
    String tries = attempt == 1 ? "" : " (tried " + attempt + " times)";
    return new FailedException(diagnosis.text() + tries, failure);
  }

  /**
   * The time after which an operation is not retried: all pauses at their longest, and at least
   * {@link #LEAST_DEADLINE}.
   */
  private static Duration deadline(int retries) {
    double pauses = 0;
    for (int attempt = 1; attempt <= retries; attempt++) {
      pauses += (1 + JITTER) * pauseAfter(attempt);
    }
    return Comparators.max(LEAST_DEADLINE, Duration.ofMillis((long) pauses));
  }

  /** In milliseconds; doubles from the first to the longest. */
  private static double pauseAfter(int attempt) {
    double doubled = (double) FIRST_PAUSE.toMillis() * Math.pow(2, attempt - 1);
    return Math.min((double) LONGEST_PAUSE.toMillis(), doubled);
  }

  /**
   * Ends the run if too many operations in a row have failed, so that a run of a million files does
   * not fail a million times.
   */
  private void stopIfNothingSucceeds(Kind kind, int count, Diagnosis latest, IOException failure)
      throws DestinationException {
    if (count >= mostInARow) {
      throw new DestinationException(
          "the destination "
              + destination.name()
              + " cannot be used: the last "
              + count
              + (kind == Kind.LOOK ? " attempts to read there" : " attempts to write there")
              + " have all failed, the latest with: "
              + latest.text(),
          failure);
    }
  }

  /** Whether an operation has failed recently. Since then s3fs may remember wrong answers. */
  boolean hadTrouble() {
    long last = lastTrouble.get();
    return last != Long.MIN_VALUE && ticker.read() - last < DOUBT.toNanos();
  }
}
