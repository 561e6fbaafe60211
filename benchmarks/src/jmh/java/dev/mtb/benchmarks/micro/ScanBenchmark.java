package dev.mtb.benchmarks.micro;

import dev.mtb.model.Metadata;
import dev.mtb.scan.DirectoryScan;
import dev.mtb.store.folder.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Reading one source directory, as time for each file in it; its pages are in memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScanBenchmark {
  private static final int FILES = 1_000;

  private final Folders folders = new Folders();
  private Path directory;

  @Setup(Level.Trial)
  public void create() throws IOException {
    directory = Files.createTempDirectory("mtb-jmh-");
    for (int i = 0; i < FILES; i++) {
      Files.createFile(name(i));
    }
  }

  @TearDown(Level.Trial)
  public void delete() throws IOException {
    folders.close();
    for (int i = 0; i < FILES; i++) {
      Files.delete(name(i));
    }
    Files.delete(directory);
  }

  private Path name(int index) {
    return directory.resolve("file-%06d".formatted(index));
  }

  @Benchmark
  @OperationsPerInvocation(FILES)
  public void names(Blackhole blackhole) throws IOException {
    try (DirectoryScan scan = DirectoryScan.open(folders, directory, directory)) {
      for (Optional<Path> path = scan.next(); path.isPresent(); path = scan.next()) {
        blackhole.consume(path.get());
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(FILES)
  public void namesAndMetadata(Blackhole blackhole) throws IOException {
    try (DirectoryScan scan = DirectoryScan.open(folders, directory, directory)) {
      for (Optional<Path> path = scan.next(); path.isPresent(); path = scan.next()) {
        blackhole.consume(Metadata.of(path.get()));
      }
    }
  }
}
