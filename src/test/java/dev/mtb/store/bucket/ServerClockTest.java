package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpResponse;

class ServerClockTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private final AtomicLong nanos = new AtomicLong(123);
  private final ServerClock clock = new ServerClock(nanos::get);

  private static SdkHttpResponse dated(Instant date) {
    String text = DateTimeFormatter.RFC_1123_DATE_TIME.format(date.atOffset(ZoneOffset.UTC));
    return SdkHttpResponse.builder().putHeader("Date", text).build();
  }

  private void pass(int seconds) {
    nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void dateOfTheBeginning_isNotTheTimeOfTheEnd() {
    assertThat(clock.now(dated(START))).contains(START);
    pass(60);
    // The server took the date when the request began, a minute ago.
    assertThat(clock.now(dated(START))).contains(START.plusSeconds(60));
    pass(1);
    assertThat(clock.now(dated(START.plusSeconds(61)))).contains(START.plusSeconds(61));
  }

  @Test
  void answerWithoutDate_tellsWhatOthersTold() {
    SdkHttpResponse silent = SdkHttpResponse.builder().build();
    SdkHttpResponse odd = SdkHttpResponse.builder().putHeader("Date", "yesterday").build();
    assertThat(clock.now(silent)).isEmpty();
    assertThat(clock.now(odd)).isEmpty();
    assertThat(clock.now(dated(START))).contains(START);
    pass(5);
    assertThat(clock.now(silent)).contains(START.plusSeconds(5));
  }
}
