package dev.mtb.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.testing.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final Metadata FILE = Metadata.known(Kind.FILE, 5_000_000);
  private static final Metadata DIRECTORY = Metadata.known(Kind.DIRECTORY, 0);

  private long nanos = 12345;
  private final History history =
      new History(
          new Ticker() {
            @Override
            public long read() {
              return nanos;
            }
          });

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static void assertCovers(List<Throughput.Sample> samples, Duration elapsed) {
    assertThat(samples).hasSizeBetween(1, Throughput.SLOTS);
    assertThat(samples.get(0).from()).isZero();
    for (int i = 1; i < samples.size(); i++) {
      assertThat(samples.get(i).from()).isEqualTo(samples.get(i - 1).to());
    }
    assertThat(samples.get(samples.size() - 1).to()).isEqualTo(elapsed);
    Duration usual = samples.get(0).to();
    for (Throughput.Sample sample : samples) {
      assertThat(sample.to().minus(sample.from()))
          .isBetween(usual.dividedBy(2), usual.plus(usual.dividedBy(2)).plusNanos(1));
    }
  }

  @Test
  void aRunOfAnyLength_isCoveredByAFewSamples_andNothingIsLost() {
    long seed = Seed.of("history");
    Random random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      nanos = random.nextLong() / 4;
      Throughput throughput =
          new Throughput(
              new Ticker() {
                @Override
                public long read() {
                  return nanos;
                }
              });
      long start = nanos;
      long bytes = 0;
      int files = random.nextInt(1000);
      // From a microsecond to some 30 days.
      double step = Math.pow(10, 3 + random.nextDouble() * 9.5);
      for (int f = 0; f < files; f++) {
        nanos += (long) (random.nextDouble() * step);
        int count = random.nextInt(1_000_000);
        throughput.written(count);
        bytes += count;
        throughput.compared();
        if (f % 2 == 0) {
          throughput.copied();
        }
      }
      Duration elapsed = Duration.ofNanos(Math.max(1, nanos - start + random.nextInt(1000)));
      List<Throughput.Sample> samples = throughput.samples(elapsed);
      assertCovers(samples, elapsed);
      assertThat(samples.stream().mapToLong(Throughput.Sample::bytes).sum())
          .as("seed %d, run %d", seed, run)
          .isEqualTo(bytes);
      assertThat(samples.stream().mapToLong(Throughput.Sample::compared).sum()).isEqualTo(files);
      assertThat(samples.stream().mapToLong(Throughput.Sample::copied).sum())
          .isEqualTo((files + 1) / 2);
    }
  }

  @Test
  void rates_areThoseOfTheMoment() {
    for (int second = 0; second < 10_000; second++) {
      // A megabyte a second, and in the middle ten.
      history.bytesWritten(second >= 4000 && second < 6000 ? 10_000_000 : 1_000_000);
      pass(Duration.ofSeconds(1));
    }
    List<Throughput.Sample> samples = history.samples(Duration.ofSeconds(10_000));
    assertThat(samples).hasSizeGreaterThan(Throughput.SLOTS / 2);
    for (Throughput.Sample sample : samples) {
      double rate = sample.rate(sample.bytes());
      long from = sample.from().toSeconds();
      long to = sample.to().toSeconds();
      if (to < 3950 || from > 6050) {
        assertThat(rate).as("%s", sample).isBetween(0.95e6, 1.05e6);
      } else if (from > 4050 && to < 5950) {
        assertThat(rate).as("%s", sample).isBetween(9.5e6, 10.5e6);
      }
    }
  }

  @Test
  void endOfTheRun_beforeTheLastEvent_losesNothing() {
    // The clock of the report starts a moment later than this one.
    pass(Duration.ofSeconds(12));
    history.bytesWritten(7);
    List<Throughput.Sample> samples = history.samples(Duration.ofMillis(11_990));
    assertCovers(samples, Duration.ofMillis(11_990));
    assertThat(samples.stream().mapToLong(Throughput.Sample::bytes).sum()).isEqualTo(7);
    assertThat(history.samples(Duration.ZERO)).hasSize(1);
  }

  @Test
  void directories_areNoFiles() {
    history.decided(Path.of("d"), DIRECTORY, Action.CREATE, Reason.NEW);
    history.decided(Path.of("d/f"), FILE, Action.NONE, Reason.UNCHANGED);
    assertThat(history.samples(Duration.ofSeconds(1)).stream().mapToLong(s -> s.compared()).sum())
        .isEqualTo(1);
  }

  @Test
  void theSlowestFiles_areKept_andNoOthers() {
    long seed = Seed.of("history");
    Random random = new Random(seed);
    List<Integer> times = new ArrayList<>(IntStream.rangeClosed(1, 500).boxed().toList());
    Collections.shuffle(times, random);
    for (int time : times) {
      Path path = Path.of("f" + time);
      history.copying(path, FILE, time % 7 == 0 ? Action.UPDATE_METADATA : Action.CREATE);
      pass(Duration.ofMillis(time));
      if (time == 499) {
        history.failed(new Failure(path, Failure.Stage.COPY, "no", Failure.Cause.ERROR));
      } else {
        history.copied(path, FILE);
      }
    }
    assertThat(history.slowest())
        .as("seed %d", seed)
        .isSortedAccordingTo(Comparator.comparing(History.Timed::time).reversed())
        .extracting(file -> file.path().toString())
        .containsExactlyElementsOf(
            IntStream.iterate(500, i -> i - 1)
                .filter(i -> i != 499)
                .limit(History.SLOWEST)
                .mapToObj(i -> "f" + i)
                .toList());
    assertThat(history.slowest().get(0))
        .isEqualTo(new History.Timed(Path.of("f500"), 5_000_000, true, Duration.ofMillis(500)));
    // 497 is a multiple of 7.
    assertThat(history.slowest().get(2).hasContent()).isFalse();
  }

  @Test
  void aFileThatIsCopiedBesideOthers_hasItsOwnTime() {
    history.copying(Path.of("long"), FILE, Action.CREATE);
    pass(Duration.ofSeconds(1));
    history.copying(Path.of("short"), FILE, Action.CREATE);
    pass(Duration.ofSeconds(2));
    history.copied(Path.of("short"), FILE);
    history.copied(Path.of("long"), FILE);
    assertThat(history.slowest())
        .extracting(History.Timed::time)
        .containsExactly(Duration.ofSeconds(3), Duration.ofSeconds(2));
  }

  @Test
  void eventsOfManyThreads_areAllCounted() throws Exception {
    Throughput throughput = new Throughput(Ticker.systemTicker());
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  throughput.written(3);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(
            throughput.samples(Duration.ofMinutes(1)).stream()
                .mapToLong(Throughput.Sample::bytes)
                .sum())
        .isEqualTo(240_000);
  }
}
