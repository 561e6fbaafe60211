package dev.mtb.options;

import dev.mtb.model.InvalidJobException;
import java.time.Duration;

/**
 * How long a run waits for transient errors and for other runs. Immutable.
 *
 * @param retries how often an operation is tried again after a transient error, 0 to {@link
 *     #MAX_RETRIES}
 * @param lockWait zero or more: how long a run waits for another that is writing to the same
 *     destination, or to one inside the other. A run that changes nothing does not wait, and other
 *     runs do not wait for it
 */
public record Waiting(int retries, Duration lockWait) {
  /**
   * Retries by default: with pauses that double from half a second they cover a quarter of a
   * minute, and most throttling and restarts of a server are shorter.
   */
  public static final int DEFAULT_RETRIES = 5;

  /** Pauses grow to a minute, so that so many retries take two hours. */
  public static final int MAX_RETRIES = 100;

  /** {@link #DEFAULT_RETRIES}; another run is not waited for. */
  public static final Waiting DEFAULT = new Waiting(DEFAULT_RETRIES, Duration.ZERO);

  /** Refuses a value out of its range with an {@link InvalidJobException}. */
  public Waiting {
    if (retries < 0 || retries > MAX_RETRIES) {
      throw new InvalidJobException(
          "retries must be between 0 and " + MAX_RETRIES + ", not " + retries);
    }
    if (lockWait.isNegative()) {
      throw new InvalidJobException("lock wait " + lockWait + " is negative");
    }
  }

  /** The same with other {@link #retries()}. */
  public Waiting withRetries(int count) {
    return new Waiting(count, lockWait);
  }

  /** The same with another {@link #lockWait()}. */
  public Waiting withLockWait(Duration duration) {
    return new Waiting(retries, duration);
  }
}
