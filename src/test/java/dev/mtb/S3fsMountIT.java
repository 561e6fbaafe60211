package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.BackupReport.Outcome;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mounts that are missing, dead, or go away: nothing is ever written below a bare mount point. */
@RequiresS3fs
class S3fsMountIT {
  /** What a user is promised. */
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path temp;
  private S3fsFixture s3fs;
  private Path source;
  private Path destination;

  /** How long a run went on when something had happened to it. */
  private Duration afterwards;

  @BeforeEach
  void mount() throws Exception {
    s3fs = S3fsFixture.start();
    source = Files.createDirectory(temp.resolve("source"));
    destination = s3fs.root().resolve("backup");
  }

  @AfterEach
  void unmount() throws Exception {
    s3fs.close();
  }

  private BackupJob job(boolean requireMount) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(destination)
        .options(
            BackupOptions.builder()
                .threads(8)
                .requireMount(requireMount)
                .via(Via.MOUNT)
                .stateDirectory(temp.resolve("state"))
                .build())
        .build();
  }

  private void files(int directories, int each) throws Exception {
    for (int d = 0; d < directories; d++) {
      for (int f = 0; f < each; f++) {
        RandomTree.write(source.resolve("d" + d + "/f" + f), "content " + d + " " + f);
      }
    }
  }

  @Test
  void neverMounted_withRequireMount_isRefused() throws Exception {
    files(1, 1);
    s3fs.mount().unmount();
    BackupReport report = Mtb.backup(job(true));
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("not on a mounted S3FS");
    assertThat(s3fs.root()).isEmptyDirectory();
  }

  @Test
  void mountedOnce_thenNot_isRefusedWithoutAFlag() throws Exception {
    files(1, 1);
    assertThat(Mtb.backup(job(true)).outcome()).isEqualTo(Outcome.OK);
    s3fs.mount().unmount();
    BackupReport report = Mtb.backup(job(false));
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow())
        .contains("not mounted")
        .contains(s3fs.root().toString())
        .contains("mount it first");
    assertThat(s3fs.root()).isEmptyDirectory();
    s3fs.mount().remount();
    assertThat(Mtb.backup(job(false)).totals().unchanged()).isEqualTo(1);
  }

  @Test
  void deadMount_isRefused() throws Exception {
    files(1, 1);
    s3fs.mount().kill();
    BackupReport report = Mtb.backup(job(false));
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow())
        .contains("does not answer")
        .contains("fusermount -u " + s3fs.root());
  }

  @Test
  void killedDuringTheRun_endsItSoon() throws Exception {
    BackupReport report = duringARun(() -> s3fs.mount().kill());
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains(s3fs.root().toString());
    assertThat(afterwards).isLessThan(SOON);
    s3fs.mount().unmount();
    assertThat(s3fs.root()).isEmptyDirectory();
  }

  @Test
  void unmountedLazilyDuringTheRun_writesNothingBelowTheBareMountPoint() throws Exception {
    BackupReport report = duringARun(() -> s3fs.mount().unmountLazily());
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow())
        .contains("unmounted while MTB wrote to it")
        .contains(s3fs.root().toString());
    assertThat(afterwards).isLessThan(SOON);
    assertThat(s3fs.root()).isEmptyDirectory();
  }

  @Test
  void mountInUse_isNotUnmountedByAccident() throws Exception {
    BackupReport report =
        duringARun(
            () -> {
              int code =
                  new ProcessBuilder("fusermount", "-u", s3fs.root().toString()).start().waitFor();
              assertThat(code).isNotZero();
              s3fs.proxy().setRoundTrip(Duration.ZERO);
            });
    assertThat(report.outcome()).isEqualTo(Outcome.OK);
  }

  private interface Fault {
    void happen() throws Exception;
  }

  /** Runs a slow backup, and lets something happen when the first ten files are safe. */
  private BackupReport duringARun(Fault fault) throws Exception {
    files(10, 20);
    s3fs.proxy().setRoundTrip(Duration.ofMillis(20));
    CountDownLatch tenCopied = new CountDownLatch(10);
    AtomicReference<BackupReport> report = new AtomicReference<>();
    Thread run =
        new Thread(
            () ->
                report.set(
                    Mtb.backup(
                        job(false),
                        new BackupListener() {
                          @Override
                          public void copied(Path path, Metadata copied) {
                            tenCopied.countDown();
                          }
                        })));
    run.start();
    assertThat(tenCopied.await(60, TimeUnit.SECONDS)).isTrue();
    fault.happen();
    long happened = System.nanoTime();
    run.join(Duration.ofMinutes(2).toMillis());
    afterwards = Duration.ofNanos(System.nanoTime() - happened);
    return report.get();
  }
}
