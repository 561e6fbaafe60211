package dev.mtb.store.bucket;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The server's clock, learned from the Date of its answers. A single Date does not tell when a
 * request was done: some servers take it when the request begins (Jetty). Thread-safe.
 */
final class ServerClock {
  private final LongSupplier nanos;
  private final long start;

  /** The server's time at {@link #start}, or an earlier time. */
  private Optional<Instant> atStart = Optional.empty();

  /** Makes a clock. */
  ServerClock(LongSupplier nanos) {
    this.nanos = nanos;
    start = nanos.getAsLong();
  }

  /**
   * Learns from an answer that has just come.
   *
   * @param date of the answer; empty if it has none
   * @return the server's time now, with an error of a second or two; empty if no answer has told it
   */
  synchronized Optional<Instant> now(Optional<Instant> date) {
    Duration elapsed = Duration.ofNanos(nanos.getAsLong() - start);
    // The latest value is the most exact: the Date of an answer may be too early, and is never too
    // late.
    Optional<Instant> learned = date.map(d -> d.minus(elapsed));
    if (learned.isPresent() && (atStart.isEmpty() || learned.get().isAfter(atStart.get()))) {
      atStart = learned;
    }
    return atStart.map(time -> time.plus(elapsed));
  }

  /**
   * The server's time when this clock was made, or an earlier time; empty if no answer has told it.
   */
  synchronized Optional<Instant> atStart() {
    return atStart;
  }
}
