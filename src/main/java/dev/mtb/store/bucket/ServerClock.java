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

  /** What the server's clock showed at {@link #start}, at the least. */
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
   * @return the time there now, to a second or two; empty if no answer has told it
   */
  synchronized Optional<Instant> now(Optional<Instant> date) {
    Duration elapsed = Duration.ofNanos(nanos.getAsLong() - start);
    // A later date is nearer to the truth: no server takes one before its time.
    Optional<Instant> learned = date.map(d -> d.minus(elapsed));
    if (learned.isPresent() && (atStart.isEmpty() || learned.get().isAfter(atStart.get()))) {
      atStart = learned;
    }
    return atStart.map(time -> time.plus(elapsed));
  }

  /** What it showed when this clock was made, or earlier; empty if no answer has told it. */
  synchronized Optional<Instant> atStart() {
    return atStart;
  }
}
