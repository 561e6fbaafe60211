package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How fast a run may go, how much it may do, and what it does first. Immutable and thread-safe;
 * made from {@link #NONE}.
 *
 * <pre>{@code
 * Limits limits = Limits.NONE.withBandwidth(Bandwidth.parse("2M")).withMaxTransfer(10L << 30);
 * }</pre>
 *
 * <p>If {@link #maxTransfer()} or {@link #maxDuration()} keep a run from copying everything, it
 * ends with a {@code Failure} that says so.
 *
 * @param bandwidth how many bytes of content all threads together write to the destination in a
 *     second, on average; unused bandwidth is saved for at most one second
 * @param operationsPerSecond how many operations on the destination all threads together begin in a
 *     second, on average, at least {@link #LEAST_OPERATIONS}; for a backup in a bucket, how many
 *     HTTP requests, also when it is restored
 * @param maxTransfer how many bytes of content are copied at most, at least one. A file that would
 *     exceed that is not copied in this run, and smaller ones may still be copied
 * @param maxDuration how long after its start a run begins no new file and no new directory, more
 *     than zero. What is in flight then is finished
 * @param order in which order files are copied, among those that have been found and wait for a
 *     copying thread. At most 8192 files wait, so a larger backup is not ordered as a whole. Empty
 *     for the default order, which takes directories in turn and begins with large files
 */
public record Limits(
    Bandwidth bandwidth,
    OptionalDouble operationsPerSecond,
    OptionalLong maxTransfer,
    Optional<Duration> maxDuration,
    Optional<Order> order) {
  /** No limits, and the engine's own order. */
  public static final Limits NONE =
      new Limits(
          Bandwidth.UNLIMITED,
          OptionalDouble.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          Optional.empty());

  /**
   * The least operations a second. A request waits for its turn after it was signed, and S3 refuses
   * signatures older than a quarter of an hour.
   */
  public static final double LEAST_OPERATIONS = 0.1;

  /** What files can be put in order by. */
  public enum Key {
    /** The path at which it lands, by its bytes. */
    NAME,
    /** The size in bytes. */
    SIZE,
    /** The mtime. */
    MODIFIED
  }

  /**
   * An order in which files are copied.
   *
   * @param key by what
   * @param isDescending whether the last, largest or latest comes first
   */
  public record Order(Key key, boolean isDescending) {
    /** Checks that nothing is null. */
    public Order {
      requireNonNull(key);
    }
  }

  /** Refuses values with which nothing could be copied, with an {@link InvalidJobException}. */
  public Limits {
    requireNonNull(bandwidth);
    requireNonNull(order);
    double least = operationsPerSecond.orElse(LEAST_OPERATIONS);
    if (!(least >= LEAST_OPERATIONS) || Double.isInfinite(least)) {
      throw new InvalidJobException(
          "operations per second must be at least " + LEAST_OPERATIONS + ", not " + least);
    }
    if (maxTransfer.orElse(1) < 1) {
      throw new InvalidJobException(
          "no file can be copied in " + maxTransfer.getAsLong() + " bytes");
    }
    Duration longest = maxDuration.orElse(Duration.ofNanos(1));
    if (longest.isNegative() || longest.isZero()) {
      throw new InvalidJobException("no file can be copied in " + longest);
    }
  }

  /** The same with another {@link #bandwidth()}. */
  public Limits withBandwidth(Bandwidth value) {
    return new Limits(value, operationsPerSecond, maxTransfer, maxDuration, order);
  }

  /** The same with {@link #operationsPerSecond()}. */
  public Limits withOperationsPerSecond(double count) {
    return new Limits(bandwidth, OptionalDouble.of(count), maxTransfer, maxDuration, order);
  }

  /** The same with a {@link #maxTransfer()}. */
  public Limits withMaxTransfer(long bytes) {
    return new Limits(bandwidth, operationsPerSecond, OptionalLong.of(bytes), maxDuration, order);
  }

  /** The same with a {@link #maxDuration()}. */
  public Limits withMaxDuration(Duration duration) {
    return new Limits(bandwidth, operationsPerSecond, maxTransfer, Optional.of(duration), order);
  }

  /** The same with an {@link #order()}. */
  public Limits withOrder(Order value) {
    return new Limits(bandwidth, operationsPerSecond, maxTransfer, maxDuration, Optional.of(value));
  }
}
