package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class RequestLimitTest {
  /** The time of a request to a distant server without limits. */
  private static double far(int unused) {
    return 0.05;
  }

  private long nanos;
  private final Ticker ticker =
      new Ticker() {
        @Override
        public long read() {
          return nanos;
        }
      };

  private final RequestLimit limit = new RequestLimit(32, 256, ticker);

  /**
   * Sends as many requests at a time as the limit allows.
   *
   * @param answer gives the seconds that a number of requests takes if they are sent at a time
   */
  private void send(Duration duration, IntToDoubleFunction answer) {
    long end = nanos + duration.toNanos();
    while (nanos < end) {
      round(limit.now(), answer, false);
    }
  }

  private void round(int count, IntToDoubleFunction answer, boolean isThrottled) {
    List<Long> begun = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      begun.add(limit.begin());
    }
    nanos += (long) (answer.applyAsDouble(count) * 1e9);
    begun.forEach(number -> limit.end(number, isThrottled));
  }

  @Test
  void whereEachRequestWaitsForTheNetwork_theNumberSoonReachesTheMaximum() {
    send(Duration.ofSeconds(2), RequestLimitTest::far);

    assertThat(limit.now()).isEqualTo(256);
    assertThat(limit.reached()).isEqualTo(256);
  }

  @Test
  void whereTheProcessorIsTheLimit_moreAreTriedAndGivenUp() {
    send(Duration.ofSeconds(60), atOnce -> atOnce / 2000.0);

    assertThat(limit.now()).isLessThanOrEqualTo(64);
    assertThat(limit.reached()).isEqualTo(64);
    assertThat(secondsAbove(32, Duration.ofSeconds(60), atOnce -> atOnce / 2000.0)).isLessThan(2);
  }

  private double secondsAbove(int number, Duration duration, IntToDoubleFunction answer) {
    long above = 0;
    long end = nanos + duration.toNanos();
    while (nanos < end) {
      long before = nanos;
      boolean isAbove = limit.now() > number;
      round(limit.now(), answer, false);
      above += isAbove ? nanos - before : 0;
    }
    return above / 1e9;
  }

  /** A network connection that is full with 100 requests at a time. */
  @Test
  void rateThatStopsGrowing_stopsTheNumber() {
    send(Duration.ofSeconds(20), atOnce -> Math.max(0.05, atOnce / 2000.0));

    assertThat(limit.now()).isEqualTo(128);
    assertThat(limit.reached()).isEqualTo(256);
  }

  /** A JVM that is still compiling gets faster by itself. */
  @Test
  void rateThatGrowsByItself_isNoReasonForMore() {
    send(Duration.ofMillis(800), atOnce -> atOnce / (500 + nanos * 3e-6));

    assertThat(limit.reached()).isEqualTo(32);
  }

  /**
   * The rate seems to double with the number, since some requests are answered at once while others
   * wait.
   */
  @Test
  void requestsThatWaitForEachOther_areNoReasonForMore() {
    for (int i = 0; i < 200; i++) {
      List<Long> begun = new ArrayList<>();
      int count = limit.now();
      for (int j = 0; j < count; j++) {
        begun.add(limit.begin());
      }
      for (int j = 0; j < count; j++) {
        nanos += 20_000_000L / count;
        limit.end(begun.get(j), false);
      }
    }

    assertThat(limit.reached()).isEqualTo(32);
  }

  @Test
  void changedConditions_areNoticed() {
    send(Duration.ofSeconds(10), atOnce -> atOnce / 2000.0);
    send(Duration.ofSeconds(40), RequestLimitTest::far);

    assertThat(limit.now()).isEqualTo(256);
  }

  @Test
  void withTooFewRequests_theNumberStays() {
    for (int i = 0; i < 1000; i++) {
      round(20, RequestLimitTest::far, false);
    }

    assertThat(limit.now()).isEqualTo(32);
  }

  @Test
  void serverThatAsksForFewer_getsHalf_onceForAllThatWereUnderWay() {
    send(Duration.ofSeconds(2), RequestLimitTest::far);

    round(256, RequestLimitTest::far, true);
    assertThat(limit.now()).isEqualTo(128);
    round(128, RequestLimitTest::far, true);
    assertThat(limit.now()).isEqualTo(64);
    for (int i = 0; i < 10; i++) {
      round(limit.now(), RequestLimitTest::far, true);
    }
    assertThat(limit.now()).isEqualTo(4);
  }

  @Test
  void afterThrottling_theNumberGrowsSlowly() {
    send(Duration.ofSeconds(2), RequestLimitTest::far);
    round(256, RequestLimitTest::far, true);

    send(Duration.ofSeconds(4), RequestLimitTest::far);
    assertThat(limit.now()).isLessThan(160);
    send(Duration.ofSeconds(60), RequestLimitTest::far);
    assertThat(limit.now()).isEqualTo(256);
  }

  @Test
  void fixedNumber_neverChanges() {
    RequestLimit fixed = new RequestLimit(8, 8, ticker);
    for (int i = 0; i < 1000; i++) {
      List<Long> begun = new ArrayList<>();
      for (int j = 0; j < 8; j++) {
        begun.add(fixed.begin());
      }
      nanos += 50_000_000;
      boolean isThrottled = i % 10 == 0;
      begun.forEach(number -> fixed.end(number, isThrottled));
      assertThat(fixed.now()).isEqualTo(8);
    }
  }

  @Test
  void requestAboveTheLimit_waits() throws InterruptedException {
    RequestLimit one = new RequestLimit(1, 1, ticker);
    long begun = one.begin();
    CountDownLatch second = new CountDownLatch(1);
    Thread thread =
        new Thread(
            () -> {
              one.end(one.begin(), false);
              second.countDown();
            });
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }

    assertThat(second.getCount()).isEqualTo(1);
    one.end(begun, false);
    assertThat(second.await(1, TimeUnit.MINUTES)).isTrue();
    assertThat(one.reached()).isEqualTo(1);
  }
}
