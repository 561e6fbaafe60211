package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.place.Destinations;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Store;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mounts that are missing, dead, or go away: nothing is ever written below a bare mount point. */
@RequiresS3fs
class S3fsMountIT {
  /** The guaranteed time within which a run ends. */
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path temp;
  private S3fsFixture s3fs;
  private Path source;
  private Path destination;

  /** How long the run went on after the fault. */
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
                .connection(c -> c.withRequireMount(requireMount).withVia(Via.MOUNT))
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

  /**
   * Changes that were under way when the mount disappeared must not be written to the mount point
   * itself.
   */
  @Test
  void unmountedLazily_everyChangeIsRefused_andTheBareMountPointStaysEmpty() throws Exception {
    try (Store mounted =
        Destinations.open(s3fs.root(), job(true).options(), /* readOnly= */ false)) {
      Metadata file = new Metadata(Kind.FILE, 1, Instant.EPOCH, 0644, 0, 0, -1, -1);
      Metadata directory = new Metadata(Kind.DIRECTORY, 0, Instant.EPOCH, 0755, 0, 0, -1, -1);
      Metadata link = new Metadata(Kind.LINK, 1, Instant.EPOCH, 0777, 0, 0, -1, -1);
      FileWrite begun = mounted.write(Path.of("begun"), file, Optional.empty());
      begun.write(ByteBuffer.allocate(1));
      s3fs.mount().unmountLazily();
      assertThat(s3fs.root()).isEmptyDirectory();

      assertLost(() -> mounted.write(Path.of("f"), file, Optional.empty()).close());
      assertLost(
          () -> mounted.writeLink(Path.of("l"), Path.of("x"), link, Optional.<Metadata>empty()));
      assertLost(() -> mounted.createDirectory(Path.of("d"), directory, Optional.empty()));
      assertLost(() -> mounted.setMetadata(Path.of(""), directory, Set.of(Attribute.MTIME)));
      assertLost(() -> begun.commit(file));
      try {
        begun.close();
      } catch (IOException e) {
        // The close may fail, since the mount is gone.
        assertThat(s3fs.root()).isEmptyDirectory();
      }
    }
    assertThat(s3fs.root()).isEmptyDirectory();
  }

  /** For a second the kernel still shows the attributes of a dead mount. */
  @Test
  void killedS3fs_isReportedByTheFirstFailure() throws Exception {
    try (Store mounted =
        Destinations.open(s3fs.root(), job(true).options(), /* readOnly= */ false)) {
      mounted.check();
      s3fs.mount().kill();
      assertLost(() -> mounted.stat(Path.of("f")));
      assertLost(() -> mounted.list(Path.of("")));
      s3fs.mount().unmount();
    }
  }

  private static void assertLost(ThrowingCallable operation) {
    assertThatThrownBy(operation).isInstanceOf(DestinationException.class);
  }

  @Test
  void mountInUse_isNotUnmountedByAccident() throws Exception {
    BackupReport report =
        duringARun(
            () -> {
              assertThat(unmountLikeAUser()).isNotZero();
              s3fs.proxy().setRoundTrip(Duration.ZERO);
            });
    assertThat(report.outcome()).isEqualTo(Outcome.OK);

    // The unmount is also refused at a moment when no file is open.
    Store mounted = Destinations.open(s3fs.root(), job(true).options(), /* readOnly= */ false);
    assertThat(unmountLikeAUser()).isNotZero();
    mounted.close();
    assertThat(unmountLikeAUser()).isZero();
  }

  private int unmountLikeAUser() throws Exception {
    return new ProcessBuilder("fusermount", "-u", s3fs.root().toString()).start().waitFor();
  }

  private interface Fault {
    void happen() throws Exception;
  }

  /** Runs a slow backup, and causes a fault when the first ten files are copied. */
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
