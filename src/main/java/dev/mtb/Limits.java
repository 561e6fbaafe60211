package dev.mtb;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How fast a run may go, how much it may do, and what it does first. Immutable and thread-safe;
 * made by {@link #builder()}. By default nothing is limited.
 *
 * <pre>{@code
 * Limits limits = Limits.builder().bandwidth(Bandwidth.parse("2M")).maxTransfer(10L << 30).build();
 * }</pre>
 *
 * <p>A run that leaves something for the next one because of {@link #maxTransfer()} or {@link
 * #maxDuration()} ends with a {@link Failure} that says so.
 */
public final class Limits {
  /** No limits, and the engine's own order. */
  public static final Limits NONE = builder().build();

  /**
   * Operations a second must be no fewer: a request waits for its turn when it is signed already,
   * and S3 takes no signature older than a quarter of an hour.
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

  private final Bandwidth bandwidth;
  private final OptionalDouble operations;
  private final OptionalLong maxTransfer;
  private final Optional<Duration> maxDuration;
  private final Optional<Order> order;

  private Limits(Builder builder) {
    bandwidth = builder.bandwidth;
    operations = builder.operations;
    maxTransfer = builder.maxTransfer;
    maxDuration = builder.maxDuration;
    order = builder.order;
  }

  /**
   * Starts with the defaults.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * How many bytes of content all threads together write to the destination in a second, on
   * average; for a time in which fewer were written, no more than one second is made up.
   *
   * @return default {@link Bandwidth#UNLIMITED}
   */
  public Bandwidth bandwidth() {
    return bandwidth;
  }

  /**
   * How many operations on the destination all threads together begin in a second, on average; for
   * a backup in a bucket, how many HTTP requests, also when it is restored.
   *
   * @return empty for no limit, the default
   */
  public OptionalDouble operationsPerSecond() {
    return operations;
  }

  /**
   * How many bytes of content are copied at most. A file that would exceed that is left for the
   * next run, and smaller ones may still be copied.
   *
   * @return empty for no limit, the default
   */
  public OptionalLong maxTransfer() {
    return maxTransfer;
  }

  /**
   * How long after its start a run begins no new file and no new directory. What is in flight then
   * is finished.
   *
   * @return empty for no limit, the default
   */
  public Optional<Duration> maxDuration() {
    return maxDuration;
  }

  /**
   * In which order files are copied, among those that have been found and wait for a copying
   * thread. At most 8192 do, so that this is no order of all files of a larger backup.
   *
   * @return empty, the default, for one that is fair to all directories and begins with large files
   */
  public Optional<Order> order() {
    return order;
  }

  /** Collects limits. Not thread-safe. */
  public static final class Builder {
    private Bandwidth bandwidth = Bandwidth.UNLIMITED;
    private OptionalDouble operations = OptionalDouble.empty();
    private OptionalLong maxTransfer = OptionalLong.empty();
    private Optional<Duration> maxDuration = Optional.empty();
    private Optional<Order> order = Optional.empty();

    private Builder() {}

    /**
     * Sets {@link Limits#bandwidth()}.
     *
     * @param value how many bytes a second, and when
     * @return this
     */
    public Builder bandwidth(Bandwidth value) {
      bandwidth = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link Limits#operationsPerSecond()}.
     *
     * @param count at least {@link #LEAST_OPERATIONS}
     * @return this
     * @throws InvalidJobException if it is less
     */
    public Builder operationsPerSecond(double count) {
      if (!(count >= LEAST_OPERATIONS) || Double.isInfinite(count)) {
        throw new InvalidJobException(
            "operations per second must be at least " + LEAST_OPERATIONS + ", not " + count);
      }
      operations = OptionalDouble.of(count);
      return this;
    }

    /**
     * Sets {@link Limits#maxTransfer()}.
     *
     * @param bytes at least one
     * @return this
     * @throws InvalidJobException if it is less
     */
    public Builder maxTransfer(long bytes) {
      if (bytes < 1) {
        throw new InvalidJobException("no file can be copied in " + bytes + " bytes");
      }
      maxTransfer = OptionalLong.of(bytes);
      return this;
    }

    /**
     * Sets {@link Limits#maxDuration()}.
     *
     * @param duration more than zero
     * @return this
     * @throws InvalidJobException if it is not
     */
    public Builder maxDuration(Duration duration) {
      if (duration.isNegative() || duration.isZero()) {
        throw new InvalidJobException("no file can be copied in " + duration);
      }
      maxDuration = Optional.of(duration);
      return this;
    }

    /**
     * Sets {@link Limits#order()}.
     *
     * @param value which file comes first
     * @return this
     */
    public Builder order(Order value) {
      order = Optional.of(value);
      return this;
    }

    /**
     * Finishes.
     *
     * @return the limits
     */
    public Limits build() {
      return new Limits(this);
    }
  }
}
