package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ServerClockTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private final AtomicLong nanos = new AtomicLong(123);
  private final ServerClock clock = new ServerClock(nanos::get);

  private static Optional<Instant> dated(Instant date) {
    return Optional.of(date);
  }

  private void pass(int seconds) {
    nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void dateFromTheBeginningOfARequest_isCorrected() {
    assertThat(clock.now(dated(START))).contains(START);
    pass(60);
    // The server took the date when the request began, a minute ago.
    assertThat(clock.now(dated(START))).contains(START.plusSeconds(60));
    pass(1);
    assertThat(clock.now(dated(START.plusSeconds(61)))).contains(START.plusSeconds(61));
  }

  @Test
  void answerWithoutDate_usesEarlierDates() {
    Optional<Instant> silent = Optional.empty();
    assertThat(clock.now(silent)).isEmpty();
    assertThat(clock.now(dated(START))).contains(START);
    pass(5);
    assertThat(clock.now(silent)).contains(START.plusSeconds(5));
  }
}
