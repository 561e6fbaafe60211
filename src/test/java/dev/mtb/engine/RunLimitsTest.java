package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Limits;
import dev.mtb.options.UpdateRules;
import dev.mtb.place.Destinations;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import dev.mtb.testing.RandomTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that rules and limits keep from being copied, and the reports about them. */
class RunLimitsTest {
  private static final Instant OLD = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant NEW = Instant.parse("2024-01-01T00:00:00Z");

  @TempDir Path temp;
  private Path source;
  private Path destination;
  private final ConcurrentLinkedQueue<String> copied = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void folders() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = Files.createDirectory(temp.resolve("backup"));
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().threads(1).checkers(1).stateDirectory(temp.resolve("state"));
  }

  private BackupJob job(BackupOptions.Builder options) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(destination)
        .options(options.build())
        .build();
  }

  private BackupReport run(BackupOptions.Builder options) {
    return run(options, (operation, path) -> {});
  }

  private BackupReport run(BackupOptions.Builder options, FaultyStore.Fault fault) {
    BackupJob job = job(options);
    return Run.backup(
        job,
        readOnly -> new FaultyStore(Destinations.open(destination, job.options(), readOnly), fault),
        new BackupListener() {
          @Override
          public void copied(Path path, Metadata file) {
            copied.add(path.toString());
          }
        });
  }

  private BackupReport run(Limits limits) {
    return run(options().limits(limits));
  }

  private static void assertSumsUp(Totals totals) {
    assertThat(totals.scanned()).isEqualTo(totals.copied() + totals.unchanged() + totals.skipped());
  }

  @Test
  void maxTransfer_skipsWhatWouldExceedIt_andTheNextRunGoesOn() throws Exception {
    for (int i = 0; i < 10; i++) {
      RandomTree.write(source.resolve("d/f" + i), RandomTree.bytes(i, 1000), OLD);
    }
    RandomTree.write(source.resolve("empty"), new byte[0], OLD);
    BackupReport first = run(Limits.NONE.withMaxTransfer(3500));
    assertThat(first.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(first.exitCode()).isEqualTo(23);
    assertThat(first.totals().bytesCopied()).isEqualTo(3000);
    assertThat(first.totals().copied()).isEqualTo(4);
    assertThat(first.totals().skipped()).isEqualTo(7);
    assertSumsUp(first.totals());
    assertThat(first.failures()).hasSize(1);
    assertThat(first.failures().get(0).stage()).isEqualTo(Failure.Stage.COPY);
    assertThat(first.failures().get(0).error())
        .contains("Limits.maxTransfer", "7 more files", "7.0 kB");
    try (Stream<Path> files = Files.list(destination.resolve("d"))) {
      assertThat(files).hasSize(3);
    }
    assertThat(run(Limits.NONE.withMaxTransfer(7000)).exitCode()).isZero();
    assertThat(Run.verify(job(options()), BackupListener.NONE).exitCode()).isZero();
    // There is nothing to copy, so that the limit has no effect.
    assertThat(run(Limits.NONE.withMaxTransfer(1)).exitCode()).isZero();
  }

  @Test
  void maxTransfer_isKept_byManyThreads_andSmallFilesFillIt() throws Exception {
    RandomTree.smallFiles(source, 8, 20, 100);
    RandomTree.write(source.resolve("large"), RandomTree.bytes(1, 1_000_000), OLD);
    BackupReport report =
        run(options().threads(16).checkers(4).limits(Limits.NONE.withMaxTransfer(9950)));
    assertThat(report.totals().bytesCopied()).isEqualTo(9900);
    assertThat(report.totals().skipped()).isEqualTo(62);
    assertThat(destination.resolve("large")).doesNotExist();
    assertSumsUp(report.totals());
  }

  @Test
  void maxTransfer_inADryRun_tellsWhatWouldNotBeCopied() throws Exception {
    RandomTree.smallFiles(source, 1, 5, 100);
    BackupReport report = run(options().dryRun(true).limits(Limits.NONE.withMaxTransfer(250)));
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().copied()).isEqualTo(2);
    assertThat(report.totals().skipped()).isEqualTo(3);
  }

  @Test
  void maxDuration_thatIsOverAtOnce_beginsNothing_andSaysSo() throws Exception {
    RandomTree.smallFiles(source, 3, 5, 100);
    BackupReport report = run(Limits.NONE.withMaxDuration(Duration.ofNanos(1)));
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    // The stage is SCAN, since a file that was not scanned must not be deleted at the destination.
    assertThat(report.failures().get(0).stage()).isEqualTo(Failure.Stage.SCAN);
    assertThat(report.failures().get(0).error()).contains("Limits.maxDuration");
    assertThat(destination).isEmptyDirectory();
  }

  @Test
  void maxDuration_finishesWhatIsInFlight_andTheDirectoriesOfThat() throws Exception {
    for (int i = 0; i < 5; i++) {
      RandomTree.write(source.resolve("d/f" + i), RandomTree.bytes(i, 600_000), OLD);
    }
    Files.setLastModifiedTime(source.resolve("d"), FileTime.from(OLD));
    Duration limit = Duration.ofSeconds(3);
    long start = System.nanoTime();
    BackupReport report =
        run(
            options().limits(Limits.NONE.withMaxDuration(limit)),
            (operation, path) -> {
              // The first write lasts until the run's time is over, and a second longer, since the
              // run
              // began later than this clock.
              while (operation == Operation.CONTENT
                  && System.nanoTime() - start < limit.plusSeconds(1).toNanos()) {
                Thread.onSpinWait();
              }
            });
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().copied()).isOne();
    assertThat(report.totals().skipped()).isEqualTo(4);
    String name = copied.poll();
    assertThat(destination.resolve(name)).hasSameBinaryContentAs(source.resolve(name));
    assertThat(Files.getLastModifiedTime(destination.resolve("d")).toInstant()).isEqualTo(OLD);
    assertThat(run(Limits.NONE.withMaxDuration(Duration.ofDays(1_000_000))).exitCode()).isZero();
    assertThat(Run.verify(job(options()), BackupListener.NONE).exitCode()).isZero();
  }

  @Test
  void limitsOfWork_doNotConcernVerify() throws Exception {
    RandomTree.smallFiles(source, 2, 2, 10);
    assertThat(run(options()).exitCode()).isZero();
    RandomTree.write(source.resolve("missing"), "there");
    BackupReport report =
        Run.verify(
            job(
                options()
                    .limits(Limits.NONE.withMaxTransfer(1).withMaxDuration(Duration.ofNanos(1)))
                    .updateRules(new UpdateRules(true, true, true))),
            BackupListener.NONE);
    assertThat(report.totals().unchanged()).isEqualTo(4);
    // There is one more difference: the directory's mtime, which the new file has changed.
    assertThat(report.failures()).extracting(Failure::error).contains("missing");
  }

  @Test
  void mayBegin_endsWithTheTime() {
    AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    Stop stop =
        new Stop(
            new Ticker() {
              @Override
              public long read() {
                return now.get();
              }
            },
            // The nanoseconds of a JVM may overflow.
            OptionalLong.of(Long.MAX_VALUE + 5));
    assertThat(stop.mayBegin()).isTrue();
    now.addAndGet(9);
    assertThat(stop.mayBegin()).isTrue();
    assertThat(stop.ranOutOfTime()).isFalse();
    now.addAndGet(1);
    assertThat(stop.mayBegin()).isFalse();
    assertThat(stop.ranOutOfTime()).isTrue();
    assertThat(stop.stopping()).isFalse();
  }

  @Test
  void order_holdsForWhatWaits() throws Exception {
    for (int size : List.of(500, 100, 900, 300, 700)) {
      RandomTree.write(source.resolve("f" + size), RandomTree.bytes(size, size), OLD);
    }
    Files.createDirectory(source.resolve("last"));
    Files.createDirectory(destination.resolve("last"));
    // The single checker reads the whole root before it enters a directory.
    CountDownLatch allWait = new CountDownLatch(1);
    BackupReport report =
        run(
            options().limits(Limits.NONE.withOrder(new Limits.Order(Limits.Key.SIZE, true))),
            (operation, path) -> {
              if (operation == Operation.LIST && path.endsWith("last")) {
                allWait.countDown();
              } else if (operation == Operation.WRITE) {
                try {
                  allWait.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            });
    assertThat(report.exitCode()).isZero();
    // The first file did not wait for others.
    List<String> others = copied.stream().skip(1).toList();
    assertThat(others).isSortedAccordingTo((a, b) -> b.compareTo(a)).hasSize(4);
  }

  @Test
  void manyFilesInOrder_allArrive() throws Exception {
    RandomTree.smallFiles(source, 20, 50, 10);
    for (Limits.Key key : Limits.Key.values()) {
      Limits limits = Limits.NONE.withOrder(new Limits.Order(key, true));
      Path here = Files.createDirectory(temp.resolve(key.name()));
      destination = here;
      BackupReport report = run(options().threads(8).checkers(4).limits(limits));
      assertThat(report.totals().copied()).isEqualTo(1000);
      assertThat(Run.verify(job(options()), BackupListener.NONE).exitCode()).isZero();
    }
  }

  @Test
  void filesThatTheRulesSkip_areCounted_andInNoManifest() throws Exception {
    RandomTree.write(source.resolve("newer"), RandomTree.bytes(1, 10), OLD);
    RandomTree.write(destination.resolve("newer"), RandomTree.bytes(2, 20), NEW);
    RandomTree.write(source.resolve("older"), RandomTree.bytes(3, 10), NEW);
    RandomTree.write(destination.resolve("older"), RandomTree.bytes(4, 20), OLD);
    Path manifest = temp.resolve("manifest");
    BackupReport report =
        run(options().updateRules(UpdateRules.NONE.withUpdate(true)).manifest(manifest));
    assertThat(report.exitCode()).isZero();
    assertThat(report.totals().skipped()).isOne();
    assertThat(report.totals().copied()).isOne();
    assertThat(report.totals().bytesCopied()).isEqualTo(10);
    assertThat(destination.resolve("newer")).hasBinaryContent(RandomTree.bytes(2, 20));
    assertThat(destination.resolve("older")).hasBinaryContent(RandomTree.bytes(3, 10));
    assertThat(Files.readString(manifest)).contains("older").doesNotContain("newer");
  }

  @Test
  void verifyAfter_doesNotApplyTheUpdateRules() throws Exception {
    RandomTree.write(source.resolve("f"), RandomTree.bytes(1, 10), OLD);
    // The copy gets a later mtime before it is read back. In a backup, the rule would skip it.
    BackupReport report =
        run(
            options()
                .checks(c -> c.withVerifyAfter(true))
                .updateRules(UpdateRules.NONE.withUpdate(true)),
            (operation, path) -> {
              if (operation == Operation.READ) {
                Files.setLastModifiedTime(destination.resolve(path), FileTime.from(NEW));
              }
            });
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).stage()).isEqualTo(Failure.Stage.VERIFY);
  }

  @Test
  void existing_doesNotLookIntoNewDirectories_alsoIfTheyAreListed() throws Exception {
    RandomTree.write(source.resolve("new/a/f"), "new");
    RandomTree.write(source.resolve("old/f"), "new");
    RandomTree.write(destination.resolve("old/f"), RandomTree.bytes(1, 1), OLD);
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("new/a/f"))
            .source(Path.of("new"))
            .source(Path.of("old"))
            .destination(destination)
            .options(options().updateRules(UpdateRules.NONE.withExisting(true)).build())
            .build();
    BackupReport report = Run.backup(job, BackupListener.NONE);
    assertThat(report.exitCode()).isZero();
    assertThat(destination.resolve("new")).doesNotExist();
    assertThat(destination.resolve("old/f")).hasContent("new");
    assertThat(report.totals().copied()).isOne();
    assertThat(report.totals().directoriesCreated()).isZero();
  }
}
