package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.place.Destinations;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs with a destination whose faults are transient, and with one whose faults are not. */
class RunRetryTest {
  private static final int THREADS = 8;

  @TempDir Path temp;
  private Path source;
  private Path destination;
  private final AtomicInteger pauses = new AtomicInteger();

  @BeforeEach
  void tree() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
    RandomTree.seeded(12)
        .directories(8)
        .files(60)
        .links(6)
        .sizes(1, 400_000)
        .build(source.resolve("t"));
  }

  private BackupJob job(CompareMode compare) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(destination)
        .options(
            BackupOptions.builder()
                .threads(THREADS)
                .checkers(4)
                .compare(compare)
                .stateDirectory(temp.resolve("state"))
                .build())
        .build();
  }

  private BackupReport run(FaultyStore.Fault fault) {
    return run(CompareMode.SIZE_MTIME, fault, this::pause);
  }

  private BackupReport run(CompareMode compare, FaultyStore.Fault fault, Retry.Pause pause) {
    return Run.backup(job(compare), opener(fault), BackupListener.NONE, pause);
  }

  private Run.Opener opener(FaultyStore.Fault fault) {
    BackupOptions options = job(CompareMode.SIZE_MTIME).options();
    return readOnly -> {
      Store real = Destinations.open(destination, options, readOnly);
      return new FaultyStore(real, fault);
    };
  }

  private void assertWhole() {
    assertThat(Run.verify(job(CompareMode.SIZE_MTIME), BackupListener.NONE).failures()).isEmpty();
  }

  /** Each operation on each path fails so many times, and then no more. */
  private static FaultyStore.Fault failing(EnumSet<Operation> operations, int times) {
    Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();
    return (operation, path) -> {
      int count =
          seen.computeIfAbsent(operation + " " + path, key -> new AtomicInteger())
              .incrementAndGet();
      if (operations.contains(operation) && count <= times) {
        throw new IOException("Input/output error");
      }
    };
  }

  @ParameterizedTest
  @EnumSource(Operation.class)
  void transientFaults_areRetried(Operation failing) {
    BackupReport first = run(failing(EnumSet.of(failing), 2));
    assertThat(first.failures()).isEmpty();
    assertThat(first.exitCode()).isZero();
    assertWhole();
    // Contents are compared, so that all operations are used.
    pauses.set(0);
    BackupReport second = run(CompareMode.CHECKSUM, failing(EnumSet.of(failing), 2), this::pause);
    assertThat(second.failures()).isEmpty();
    assertThat(second.totals().copied()).isZero();
    boolean isMet = EnumSet.of(Operation.STAT, Operation.LIST, Operation.READ).contains(failing);
    assertThat(pauses.get()).matches(count -> isMet ? count > 0 : count == 0);
  }

  @Test
  void randomFaultsEverywhere_areRetried() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    // With six attempts of five operations each, a file fails finally once in 60 million.
    for (int round = 0; round < 30; round++) {
      BackupReport report =
          run(
              CompareMode.ALWAYS,
              (operation, path) -> {
                synchronized (random) {
                  if (random.nextInt(100) < 1) {
                    throw new IOException("Input/output error");
                  }
                }
              },
              pause -> {});
      assertThat(report.failures()).as("seed %d", seed).isEmpty();
      assertThat(report.totals().copied()).isEqualTo(66);
    }
    assertWhole();
  }

  /** Counts pauses. Short ones are for sources that have just been written, and do not count. */
  private void pause(Duration duration) {
    if (duration.toMillis() > 20) {
      int unused = pauses.incrementAndGet();
    }
  }

  @Test
  void oneFileThatAlwaysFails_isNamedWithStageTextAndRemedy_theRestIsSafe() throws IOException {
    Path bad = Path.of("bad");
    RandomTree.write(source.resolve(bad), "content");
    BackupReport report =
        run(
            (operation, path) -> {
              if (path.equals(bad) && operation == Operation.COMMIT) {
                throw new IOException("Input/output error");
              }
            });
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    Failure failure = report.failures().get(0);
    assertThat(failure.path()).isEqualTo(bad);
    assertThat(failure.stage()).isEqualTo(Failure.Stage.COPY);
    assertThat(failure.error())
        .isEqualTo(
            "cannot be written: Input/output error; the disk, or the network behind it, fails;"
                + " the kernel's log (dmesg) tells more (tried 6 times)");
    assertThat(pauses).hasValue(5);
    assertThat(destination.resolve(bad)).doesNotExist();
    assertThat(run((operation, path) -> {}).totals().copied()).isEqualTo(1);
    assertWhole();
  }

  @Test
  void fileThatMayNotBeWritten_isNotTriedAgain() throws IOException {
    Path bad = Path.of("bad");
    RandomTree.write(source.resolve(bad), "content");
    BackupReport report =
        run(
            (operation, path) -> {
              if (path.equals(bad)) {
                throw new AccessDeniedException("bad");
              }
            });
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error())
        .contains("permission denied", "the user that runs MTB");
    assertThat(pauses).hasValue(0);
  }

  @Test
  void everythingFails_endsTheRunEarly() throws IOException {
    for (int file = 0; file < 2000; file++) {
      RandomTree.write(source.resolve("many/f" + file), "x");
    }
    AtomicInteger writes = new AtomicInteger();
    BackupReport report =
        run(
            (operation, path) -> {
              if (operation == Operation.COMMIT || operation == Operation.LINK) {
                writes.incrementAndGet();
                throw new IOException("Input/output error");
              }
            });
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow())
        .contains(destination.toString(), "attempts to write there have all failed")
        .contains("Input/output error");
    // At least 100 in a row fail. There are more before the last directory is made, which succeeds;
    // without a limit there would be 12,000.
    assertThat(writes.get()).isBetween(100, 1000);
    assertThat(report.totals().copied()).isZero();
    assertThat(run((operation, path) -> {}).exitCode()).isZero();
    assertWhole();
  }

  @Test
  void runThatIsStoppedDuringAPause_doesNotWaitForItsEnd() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    AtomicReference<BackupReport> report = new AtomicReference<>();
    Thread runner =
        new Thread(
            () ->
                report.set(
                    Run.backup(
                        job(CompareMode.SIZE_MTIME),
                        opener(
                            (operation, path) -> {
                              if (operation == Operation.WRITE) {
                                failed.countDown();
                                throw new IOException("Input/output error");
                              }
                            }),
                        BackupListener.NONE)));
    runner.start();
    assertThat(failed.await(30, TimeUnit.SECONDS)).isTrue();
    // All threads are in their fifth pause, which lasts more than three seconds.
    Thread.sleep(8000);
    long start = System.nanoTime();
    runner.interrupt();
    runner.join(TimeUnit.SECONDS.toMillis(30));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    assertThat(report.get().outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(report.get().exitCode()).isEqualTo(130);
  }

  /** The first write was done although an error came back, so the earlier look is out of date. */
  @Test
  void writeThatArrivedThoughAnErrorCameBack_isDoneAgainOverIt() throws IOException {
    RandomTree.write(source.resolve("file"), "content");
    Files.createSymbolicLink(source.resolve("link"), Path.of("target"));
    Map<Path, AtomicInteger> attempts = new ConcurrentHashMap<>();
    BackupReport report =
        run(
            (operation, path) -> {
              boolean isOurs = path.equals(Path.of("file")) || path.equals(Path.of("link"));
              boolean isWrite = operation == Operation.COMMIT || operation == Operation.LINK;
              if (isOurs && isWrite) {
                int attempt =
                    attempts.computeIfAbsent(path, p -> new AtomicInteger()).incrementAndGet();
                if (attempt == 1) {
                  Files.copy(
                      source.resolve(path), destination.resolve(path), LinkOption.NOFOLLOW_LINKS);
                  throw new IOException("Input/output error");
                }
              }
            });
    assertThat(report.failures()).isEmpty();
    assertThat(attempts).hasSize(2);
    assertThat(report.totals().copied()).isEqualTo(68);
    assertWhole();
  }

  @Test
  void directoryThatAppearsWhereAFileWasToGo_isNotDeleted() throws IOException {
    RandomTree.write(source.resolve("file"), "content");
    BackupReport report =
        run(
            (operation, path) -> {
              if (path.equals(Path.of("file")) && operation == Operation.COMMIT) {
                Files.createDirectories(destination.resolve("file"));
                Files.writeString(destination.resolve("file/precious"), "of somebody else");
                throw new IOException("Input/output error");
              }
            });
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("a directory of that name appeared");
    assertThat(destination.resolve("file/precious")).hasContent("of somebody else");
  }
}
