package dev.mtb.benchmarks.micro;

import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.compare.MtimeRules;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.CompareMode;
import dev.mtb.options.KeptAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Whether a file is to be copied: once for each file of a run, changed or not. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecisionBenchmark {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678901Z");

  private final Comparison comparison =
      new Comparison(
          CompareMode.SIZE_MTIME,
          new MtimeRules(
              Optional.of(Duration.ofSeconds(1)),
              Instant.EPOCH,
              new MtimeRules.Precision(Duration.ofMillis(1), /* mayLackDigits= */ true),
              MtimeRules.Precision.EXACT),
          KeptAttributes.ALL,
          true,
          true);
  private final Metadata source = file(4096, TIME);
  private final Optional<Metadata> same = Optional.of(file(4096, TIME));
  private final Optional<Metadata> wholeSeconds =
      Optional.of(file(4096, TIME.truncatedTo(ChronoUnit.SECONDS)));
  private final Optional<Metadata> older = Optional.of(file(4096, TIME.minusSeconds(60)));
  private final Optional<Metadata> absent = Optional.empty();

  private static Metadata file(long size, Instant mtime) {
    return new Metadata(Kind.FILE, size, mtime, 0644, 0, 0, 1, 2);
  }

  @Benchmark
  public Decision unchanged() {
    return comparison.file(source, same);
  }

  @Benchmark
  public Decision unchangedInWholeSeconds() {
    return comparison.file(source, wholeSeconds);
  }

  @Benchmark
  public Decision changed() {
    return comparison.file(source, older);
  }

  @Benchmark
  public Decision absent() {
    return comparison.file(source, absent);
  }
}
