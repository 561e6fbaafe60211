package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.util.concurrent.FakeRateLimiters;
import com.google.common.util.concurrent.RateLimiter;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.Bandwidth;
import dev.mtb.options.KeptAttributes;
import dev.mtb.options.Limits;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The throttle with a simulated clock: no test here waits or measures. */
class ThrottleTest {
  private static final Instant MONDAY = Instant.parse("2026-03-02T07:59:50Z");

  private final FakeRateLimiters time = new FakeRateLimiters();
  private final AtomicBoolean isStopping = new AtomicBoolean();

  /** The time of day passes as the limiters' time does. */
  private final Clock clock =
      new Clock() {
        @Override
        public Instant instant() {
          return MONDAY.plusNanos((long) (time.seconds() * 1e9));
        }

        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          throw new UnsupportedOperationException();
        }
      };

  private Throttle throttle(Limits limits) {
    return new Throttle(
        limits,
        clock,
        time::create,
        duration -> time.pass(duration.toNanos() / 1000),
        isStopping::get);
  }

  private static Limits bandwidth(String text) {
    return Limits.NONE.withBandwidth(Bandwidth.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"2M,62914560,30", "10K,307200,30", "100B,3000,30", "1G,34359738368,32"})
  void bytes_takeTheTimeThatTheLimitAsksFor(String rate, long bytes, double seconds) {
    throttle(bandwidth(rate)).takeAll(bytes);
    // The first small amount passes at once, and the next caller waits for it.
    assertThat(time.seconds()).isBetween(seconds - 0.051, seconds);
  }

  @Test
  void manySmallWrites_takeAsLongAsOneLarge() {
    Throttle throttle = throttle(bandwidth("2M"));
    for (int i = 0; i < 60 * 1024; i++) {
      throttle.takeAll(1024);
    }
    assertThat(time.seconds()).isCloseTo(30, within(0.1));
  }

  @Test
  void pause_isMadeUpForOneSecondAtMost() {
    Throttle throttle = throttle(bandwidth("1M"));
    throttle.takeAll(1 << 20);
    time.pass(3_600_000_000L);
    double before = time.seconds();
    throttle.takeAll(10 << 20);
    assertThat(time.seconds() - before).isBetween(8.9, 10.0);
  }

  @Test
  void highLimit_isTakenInSmallBits() {
    Throttle throttle = throttle(bandwidth("10G"));
    assertThat(throttle.take(Long.MAX_VALUE)).isEqualTo(Store.SMALL_FILE);
    assertThat(throttle(bandwidth("1K")).take(Long.MAX_VALUE)).isEqualTo(51);
    assertThat(throttle(bandwidth("1B")).take(Long.MAX_VALUE)).isEqualTo(1);
  }

  @Test
  void timetable_changesTheLimitWhileAThreadWrites() {
    // Ten seconds before eight.
    Throttle throttle = throttle(bandwidth("07:00,1M 08:00,10M 08:01,off"));
    throttle.takeAll(10 << 20);
    assertThat(time.seconds()).isCloseTo(10, within(0.1));
    throttle.takeAll(600 << 20);
    assertThat(time.seconds()).isCloseTo(70, within(0.1));
    throttle.takeAll(1L << 40);
    assertThat(time.seconds()).isCloseTo(70, within(0.1));
  }

  @Test
  void change_holdsWithinSeconds_alsoForALargeWrite() {
    Throttle throttle = throttle(bandwidth("07:00,1K 08:00,off"));
    throttle.takeAll(1L << 40);
    assertThat(time.seconds()).isCloseTo(10, within(0.1));
  }

  @Test
  void operations_areAsManyASecondAsTheLimit() {
    Throttle throttle = throttle(Limits.NONE.withOperationsPerSecond(20));
    for (int i = 0; i < 201; i++) {
      throttle.operation();
    }
    assertThat(time.seconds()).isCloseTo(10, within(0.001));
  }

  @Test
  void slowOperations_areWaitedForInSmallBits() {
    Throttle throttle = throttle(Limits.NONE.withOperationsPerSecond(0.1));
    for (int i = 0; i < 3; i++) {
      throttle.operation();
    }
    assertThat(time.seconds()).isCloseTo(20, within(0.001));
  }

  @Test
  void stop_endsAllWaiting() throws Exception {
    AtomicLong pauses = new AtomicLong();
    CountDownLatch waiting = new CountDownLatch(1);
    Throttle slow =
        new Throttle(
            bandwidth("1B").withOperationsPerSecond(0.1),
            clock,
            RateLimiter::create,
            duration -> {
              pauses.incrementAndGet();
              waiting.countDown();
              try {
                Thread.sleep(1);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            isStopping::get);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      Thread thread = i % 2 == 0 ? writing(slow) : asking(slow);
      thread.start();
      threads.add(thread);
    }
    waiting.await();
    isStopping.set(true);
    for (Thread thread : threads) {
      // Without the stop, the thread would wait for years.
      thread.join(Duration.ofMinutes(1).toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
    assertThat(pauses.get()).isPositive();
  }

  private static Thread writing(Throttle throttle) {
    return new Thread(() -> throttle.takeAll(Integer.MAX_VALUE));
  }

  private static Thread asking(Throttle throttle) {
    return new Thread(
        () -> {
          for (int i = 0; i < 100_000; i++) {
            throttle.operation();
          }
        });
  }

  @Test
  void noLimits_takeNoTime() {
    Throttle throttle = throttle(Limits.NONE);
    throttle.takeAll(1L << 40);
    throttle.operation();
    assertThat(throttle.take(5)).isEqualTo(5);
    assertThat(time.seconds()).isZero();
  }

  @Test
  void limitedDestination_waitsForContentAndOperations() throws IOException {
    AtomicLong written = new AtomicLong();
    List<String> calls = new ArrayList<>();
    FileWrite write =
        new FileWrite() {
          @Override
          public void write(ByteBuffer content) {
            written.addAndGet(content.remaining());
            content.position(content.limit());
          }

          @Override
          public void commit(Metadata source) {
            calls.add("commit");
          }

          @Override
          public void close() {
            calls.add("close");
          }
        };
    Store real =
        (Store)
            Proxy.newProxyInstance(
                Store.class.getClassLoader(),
                new Class<?>[] {Store.class},
                (proxy, method, arguments) -> {
                  switch (method.getName()) {
                    case "features" -> {
                      return Features.PLAIN;
                    }
                    case "limit" -> {
                      return false;
                    }
                    default -> {
                      calls.add(method.getName());
                      return method.getName().equals("write") ? write : Optional.empty();
                    }
                  }
                });
    Metadata file = Metadata.known(Kind.FILE, 10 << 20);
    Path path = Path.of("f");
    Store limited =
        new RunStore(
            real,
            Retry.never(real),
            Optional.of(throttle(bandwidth("1M").withOperationsPerSecond(0.5))),
            KeptAttributes.ALL);

    // An upload would read the source by itself, and so avoid the throttle.
    assertThat(limited.upload(path, file, Optional.empty(), null)).isEmpty();
    assertThat(limited.stat(path)).isEmpty();
    assertThat(time.seconds()).isZero();
    try (FileWrite begun = limited.write(path, file, Optional.empty())) {
      assertThat(time.seconds()).isCloseTo(2, within(0.001));
      for (int i = 0; i < 40; i++) {
        begun.write(ByteBuffer.allocate(256 << 10));
      }
      assertThat(time.seconds()).isCloseTo(12, within(0.1));
      begun.commit(file);
    }
    assertThat(written.get()).isEqualTo(10 << 20);
    assertThat(calls).containsExactly("stat", "write", "commit", "close");
  }
}
