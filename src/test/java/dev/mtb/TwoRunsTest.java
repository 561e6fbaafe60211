package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.model.Action;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.testing.RandomTree;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs of one program on one destination; TwoRunsIT has two programs. */
class TwoRunsTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private final CountDownLatch started = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    destination = temp.resolve("backup");
    RandomTree.write(source.resolve("a"), "aaa");
  }

  private BackupJob job(Path to, Duration wait, boolean dryRun) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("a"))
        .destination(to)
        .options(
            BackupOptions.builder()
                .stateDirectory(temp.resolve("state"))
                .waiting(w -> w.withLockWait(wait))
                .dryRun(dryRun)
                .build())
        .build();
  }

  private BackupReport run(Path to) {
    return Mtb.backup(job(to, Duration.ZERO, false));
  }

  /** Starts a run that stays in the middle until it is released. */
  private CompletableFuture<BackupReport> longRun(Path to) throws InterruptedException {
    CompletableFuture<BackupReport> run =
        CompletableFuture.supplyAsync(
            () ->
                Mtb.backup(
                    job(to, Duration.ZERO, false),
                    new BackupListener() {
                      @Override
                      public void decided(Path p, Metadata m, Action action, Reason reason) {
                        started.countDown();
                        try {
                          release.await();
                        } catch (InterruptedException e) {
                          Thread.currentThread().interrupt();
                        }
                      }
                    }));
    started.await();
    return run;
  }

  @Test
  void secondRun_isRefusedWith10_andChangesNothing_whileOthersMayLook() throws Exception {
    CompletableFuture<BackupReport> first = longRun(destination);
    Path alias = Files.createSymbolicLink(temp.resolve("alias"), destination);
    for (Path same : new Path[] {destination, alias, destination.resolve("../backup")}) {
      BackupReport second = run(same);
      assertThat(second.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(second.exitCode()).isEqualTo(10);
      assertThat(second.fatal().orElseThrow()).contains("another run of MTB is writing to");
    }
    assertThat(destination.resolve("a")).doesNotExist();
    assertThat(run(destination.resolve("new")).exitCode()).isEqualTo(10);
    assertThat(destination.resolve("new")).doesNotExist();
    assertThat(Mtb.backup(job(destination, Duration.ZERO, true)).totals().copied()).isEqualTo(1);
    assertThat(Mtb.verify(job(destination, Duration.ZERO, false), BackupListener.NONE).failures())
        .hasSize(1);
    assertThat(run(temp.resolve("elsewhere")).outcome()).isEqualTo(Outcome.OK);

    release.countDown();
    assertThat(first.get().outcome()).isEqualTo(Outcome.OK);
    assertThat(run(destination).totals().unchanged()).isEqualTo(1);
  }

  @Test
  void secondRun_waitsAsLongAsTheOptionSays() throws Exception {
    CompletableFuture<BackupReport> first = longRun(destination);
    CompletableFuture<BackupReport> second =
        CompletableFuture.supplyAsync(
            () -> Mtb.backup(job(destination, Duration.ofSeconds(50), false)));
    Thread.sleep(500);
    assertThat(second).isNotDone();
    release.countDown();
    assertThat(first.get().totals().copied()).isEqualTo(1);
    assertThat(second.get().totals().unchanged()).isEqualTo(1);
  }

  @Test
  void waitingRun_interrupted_endsWith130() throws Exception {
    CompletableFuture<BackupReport> first = longRun(destination);
    Thread waiting = Thread.currentThread();
    CompletableFuture<Void> unused =
        CompletableFuture.runAsync(
            waiting::interrupt, CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
    BackupReport second = Mtb.backup(job(destination, Duration.ofHours(1), false));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(second.exitCode()).isEqualTo(130);
    release.countDown();
    assertThat(first.get().outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void destinationsThatAreNoDisk_areLockedInMemory() throws Exception {
    try (FileSystem one = Jimfs.newFileSystem(Configuration.unix());
        FileSystem other = Jimfs.newFileSystem(Configuration.unix())) {
      Path inOne = Files.createDirectory(one.getPath("/backup"));
      CompletableFuture<BackupReport> first = longRun(inOne);
      assertThat(run(inOne).exitCode()).isEqualTo(10);
      assertThat(run(Files.createDirectory(other.getPath("/backup"))).exitCode()).isZero();
      assertThat(temp.resolve("state")).doesNotExist();
      release.countDown();
      assertThat(first.get().outcome()).isEqualTo(Outcome.OK);
    }
  }

  @Test
  void failedRun_releasesTheLock() throws Exception {
    Path file = RandomTree.write(temp.resolve("file"), "x");
    assertThat(run(file).exitCode()).isEqualTo(10);
    Files.delete(file);
    assertThat(run(file).exitCode()).isZero();
  }
}
