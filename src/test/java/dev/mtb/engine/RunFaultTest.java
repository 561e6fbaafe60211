package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.MoreFiles;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.Destinations;
import dev.mtb.store.DestinationException;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The engine with a destination that fails. */
class RunFaultTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;

  @BeforeEach
  void tree() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
    RandomTree.seeded(11)
        .directories(8)
        .files(60)
        .links(6)
        .sizes(1, 400_000)
        .build(source.resolve("t"));
  }

  private BackupJob job() {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(destination)
        .options(
            BackupOptions.builder()
                .threads(8)
                .checkers(4)
                .waiting(w -> w.withRetries(0))
                .stateDirectory(temp.resolve("state"))
                .build())
        .build();
  }

  private BackupReport run(FaultyStore.Fault fault) {
    return run(fault, BackupListener.NONE);
  }

  private BackupReport run(FaultyStore.Fault fault, BackupListener listener) {
    BackupJob job = job();
    return Run.backup(
        job,
        readOnly -> new FaultyStore(Destinations.open(destination, job.options(), readOnly), fault),
        listener);
  }

  @Test
  void extraDirectoryThatCannotBeListed_isAFailureOfVerify() throws Exception {
    assertThat(run(none()).failures()).isEmpty();
    RandomTree.write(destination.resolve("t/gone/one"), "1");
    RandomTree.write(destination.resolve("t/other/two"), "2");
    FileTime time = Files.getLastModifiedTime(source.resolve("t"));
    Files.setLastModifiedTime(destination.resolve("t"), time);
    BackupReport report =
        Run.verify(
            job(),
            readOnly ->
                new FaultyStore(
                    Destinations.open(destination, job().options(), readOnly),
                    (operation, path) -> {
                      if (operation == Operation.LIST && path.endsWith("gone")) {
                        throw new IOException("injected");
                      }
                    }),
            BackupListener.NONE);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).stage()).isEqualTo(Failure.Stage.VERIFY);
    assertThat(report.failures().get(0).error())
        .isEqualTo("the directory cannot be listed: injected; it was not counted as extra");
    assertThat(report.totals().extra()).isOne();
  }

  private static FaultyStore.Fault none() {
    return (operation, path) -> {};
  }

  @ParameterizedTest
  @EnumSource(Operation.class)
  void oneFailure_isReported_theRestIsSafe_andTheNextRunConverges(Operation failing) {
    AtomicInteger left = new AtomicInteger(1);
    // The first run makes the files, since reading and comparing needs existing ones.
    run(none());
    touchAll();
    BackupReport report =
        run(
            (operation, path) -> {
              if (operation == failing
                  && !path.toString().isEmpty()
                  && left.getAndDecrement() > 0) {
                throw new IOException("injected");
              }
            });
    boolean happens = left.get() <= 0;
    assertThat(report.outcome()).isEqualTo(happens ? Outcome.PARTIAL : Outcome.OK);
    if (happens) {
      assertThat(report.exitCode()).isEqualTo(23);
      assertThat(report.failures()).hasSize(1);
      assertThat(report.failures().get(0).error()).contains("injected");
    }
    BackupReport next = run(none());
    assertThat(next.outcome()).isEqualTo(Outcome.OK);
    assertThat(run(none()).totals().copied()).isZero();
  }

  private void touchAll() {
    try (var files = Files.walk(source)) {
      for (Path path : files.toList()) {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(1_000_000_000)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void destinationLost_endsTheRunAtOnce() {
    AtomicInteger writes = new AtomicInteger();
    BackupReport report =
        run(
            (operation, path) -> {
              if (operation == Operation.WRITE && writes.incrementAndGet() >= 5) {
                throw new DestinationException("the mount is gone");
              }
            });
    assertThat(report.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal()).contains("the mount is gone");
    // One more for each thread that had begun already.
    assertThat(writes.get()).isLessThanOrEqualTo(5 + 8);
    assertThat(run(none()).outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void directories_areFinishedSoonAfterTheirFiles_notAllAtTheEnd() throws Exception {
    RandomTree.smallFiles(Files.createDirectory(source.resolve("many")), 300, 1, 10);
    AtomicInteger filesDone = new AtomicInteger();
    AtomicInteger directoriesDone = new AtomicInteger();
    AtomicInteger longestLine = new AtomicInteger();
    run(
        (operation, path) -> {
          if (operation == Operation.COMMIT && path.toString().contains("many")) {
            // The destination is so slow that there is always a file waiting.
            LockSupport.parkNanos(500_000);
            int line = filesDone.incrementAndGet() - directoriesDone.get();
            longestLine.accumulateAndGet(line, Math::max);
          } else if (operation == Operation.METADATA && path.toString().contains("many/d")) {
            directoriesDone.incrementAndGet();
          }
        });
    assertThat(directoriesDone.get()).isEqualTo(300);
    assertThat(longestLine.get()).as("directories that wait for their metadata").isLessThan(50);
  }

  @Test
  void destinationLost_whileAllCheckersHang_endsTheRun() throws Exception {
    // More groups than may wait, so that the calling thread itself waits for a checker.
    RandomTree.smallFiles(Files.createDirectory(source.resolve("many")), 600, 1, 10);
    Path list = temp.resolve("list");
    try (var files = Files.walk(source.resolve("many"))) {
      Files.write(list, files.filter(Files::isRegularFile).map(Path::toString).toList());
    }
    CountDownLatch hung = new CountDownLatch(1);
    AtomicInteger stats = new AtomicInteger();
    Set<Thread> before = RunStressTest.workers();
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .filesFrom(list)
            .destination(destination)
            .options(BackupOptions.builder().threads(1).checkers(1).build())
            .build();
    Files.createDirectories(destination.resolve("many"));
    try {
      BackupReport report =
          Run.backup(
              job,
              readOnly ->
                  new FaultyStore(
                      Destinations.open(destination, job.options(), readOnly),
                      (operation, path) -> {
                        if (operation == Operation.STAT && stats.incrementAndGet() == 30) {
                          Uninterruptibles.awaitUninterruptibly(hung);
                        } else if (operation == Operation.WRITE) {
                          // The pause lets the calling thread reach its wait.
                          LockSupport.parkNanos(300_000_000);
                          throw new DestinationException("the mount is gone");
                        }
                      }),
              BackupListener.NONE,
              Duration.ofMillis(100));
      assertThat(report.outcome()).isEqualTo(Outcome.FAILED);
    } finally {
      hung.countDown();
      // The run has abandoned the thread, which must end before the test's folder is deleted.
      RunStressTest.noneLeft(before);
    }
  }

  @Test
  void randomFaults_nothingIsCalledSafeThatIsNot() throws Exception {
    for (int round = 0; round < 40; round++) {
      long seed = System.nanoTime();
      System.out.println("seed " + seed);
      Random random = new Random(seed);
      Set<Path> safe = ConcurrentHashMap.newKeySet();
      BackupReport report =
          run(
              (operation, path) -> {
                double dice;
                synchronized (random) {
                  dice = random.nextDouble();
                }
                if (dice < 0.05) {
                  throw new IOException("injected");
                }
              },
              new BackupListener() {
                @Override
                public void copied(Path path, Metadata metadata) {
                  assertThat(safe.add(path)).as("copied twice: %s", path).isTrue();
                }
              });
      Set<Path> failed = report.failures().stream().map(Failure::path).collect(Collectors.toSet());
      assertThat(safe).as("seed %d", seed).noneMatch(failed::contains);
      for (Path path : safe) {
        Path from = source.resolve(path);
        Path to = destination.resolve(path);
        if (Files.isSymbolicLink(from)) {
          assertThat(Files.readSymbolicLink(to)).isEqualTo(Files.readSymbolicLink(from));
        } else {
          assertThat(Files.mismatch(from, to)).as("%s, seed %d", path, seed).isEqualTo(-1);
        }
      }
      assertThat(report.totals().scanned())
          .as("seed %d", seed)
          .isGreaterThanOrEqualTo(report.totals().copied() + report.totals().unchanged());
      if (round % 8 == 7) {
        assertThat(run(none()).outcome()).isEqualTo(Outcome.OK);
        MoreFiles.deleteRecursively(destination);
      }
    }
  }
}
