package dev.mtb.benchmarks.micro;

import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import dev.mtb.store.TreeScan;
import dev.mtb.store.folder.FolderTree;
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

  private final Tree tree = FolderTree.of(Path.of("/"));
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
    tree.close();
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
    try (TreeScan scan = tree.way(directory).scan()) {
      for (Optional<TreeEntry> entry = scan.next(); entry.isPresent(); entry = scan.next()) {
        blackhole.consume(entry.get());
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(FILES)
  public void namesAndMetadata(Blackhole blackhole) throws IOException {
    try (TreeScan scan = tree.way(directory).scan()) {
      for (Optional<TreeEntry> entry = scan.next(); entry.isPresent(); entry = scan.next()) {
        blackhole.consume(entry.get().look());
      }
    }
  }
}
