package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.store.Store;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full, and a disk that becomes read-only. A user who may mount S3FS may mount these
 * disks, too.
 */
@RequiresS3fs
class DiskFaultIT {
  private static final int FILES = 400;

  @TempDir Path temp;
  private Path source;
  private Path disk;

  @BeforeEach
  void mount() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    for (int f = 0; f < FILES; f++) {
      RandomTree.write(source.resolve("f" + f), "x".repeat(10_000));
    }
    disk = Files.createDirectory(temp.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=1m", "mtb-test", disk.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", disk.toString());
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      assertThat(process.waitFor()).as("%s", List.of(command)).isZero();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private BackupReport backUp(int threads, BackupListener listener) {
    return backUp(source, threads, listener);
  }

  private BackupReport backUp(Path base, int threads, BackupListener listener) {
    BackupJob job =
        BackupJob.builder()
            .base(base)
            .source(Path.of("."))
            .destination(disk)
            .options(
                BackupOptions.builder()
                    .threads(threads)
                    .checkers(2)
                    .stateDirectory(temp.resolve("state"))
                    .build())
            .build();
    return Mtb.backup(job, listener);
  }

  @Test
  void fullDisk_endsTheRun_withoutRetries_andWhatWasCopiedIsWhole() throws Exception {
    Set<Path> safe = ConcurrentHashMap.newKeySet();
    BackupReport report =
        backUp(
            4,
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata metadata) {
                if (metadata.kind() == Kind.FILE) {
                  safe.add(path);
                }
              }
            });
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow())
        .contains(disk.toString(), "No space left on device", "make room there");
    // 100 files with five retries each would take minutes.
    assertThat(report.elapsed().toSeconds()).isLessThan(20);
    // The run ends after 100 failures in a row. The exact number depends on which files still fit.
    // Without this limit there would be 310.
    assertThat(report.failures().size()).isBetween(90, 250);
    assertThat(report.failures().get(0).error())
        .contains("the destination is full")
        .doesNotContain("tried");
    assertThat(safe).hasSizeBetween(50, 110);
    for (Path path : safe) {
      assertThat(Files.mismatch(source.resolve(path), disk.resolve(path))).isEqualTo(-1);
    }
    try (var left = Files.list(disk)) {
      assertThat(left).as("no temporary files").hasSize(safe.size());
    }
  }

  /** The system writes only a part of the buffer, which is no error yet. */
  @Test
  void fileWhoseLastPieceFitsInPartOnly_isNotCalledCopied() throws Exception {
    Path base = Files.createDirectory(temp.resolve("base"));
    byte[] content = RandomTree.bytes(1, Store.SMALL_FILE + 60_000);
    RandomTree.write(base.resolve("f"), content, Instant.EPOCH);
    long filler = Files.getFileStore(disk).getUsableSpace() - Store.SMALL_FILE - 30_000;
    Files.write(disk.resolve("filler"), RandomTree.bytes(2, (int) filler));

    BackupReport report = backUp(base, 1, BackupListener.NONE);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).error()).contains("the destination is full");
    try (var left = Files.list(disk)) {
      assertThat(left).containsExactly(disk.resolve("filler"));
    }
  }

  @Test
  void diskThatTurnsReadOnly_endsTheRunAtOnce() {
    BackupReport report =
        backUp(
            1,
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata metadata) {
                try {
                  run("mount", "-o", "remount,ro", disk.toString());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }
            });
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("mounted read-only", "remount,rw");
    assertThat(report.totals().copied()).isEqualTo(1);
    assertThat(report.failures())
        .extracting(Failure::cause)
        .containsExactly(Failure.Cause.GIVEN_UP);
  }

  /** The local folder is full in which s3fs keeps files before it uploads them. */
  @Test
  void fullBufferOfS3fs_isReported_andOldFilesStayWhole() throws Exception {
    run("mount", "-o", "remount,size=120m", disk.toString());
    Path few = Files.createDirectory(temp.resolve("few"));
    for (int f = 0; f < 4; f++) {
      RandomTree.write(
          few.resolve("f" + f), RandomTree.bytes(f, 200_000), Instant.ofEpochSecond(5));
    }
    try (S3fsFixture s3fs = S3fsFixture.start("tmpdir=" + disk)) {
      BackupJob job =
          BackupJob.builder()
              .base(few)
              .source(Path.of("."))
              .destination(s3fs.root().resolve("backup"))
              .options(
                  BackupOptions.builder()
                      .connection(c -> c.withVia(Via.MOUNT))
                      .waiting(w -> w.withRetries(0))
                      .stateDirectory(temp.resolve("state"))
                      .build())
              .build();
      assertThat(Mtb.backup(job).exitCode()).isZero();
      // One 128 KiB of a file may fit, two do not.
      Files.write(disk.resolve("filler"), new byte[119 << 20]);
      Files.write(disk.resolve("more"), new byte[(1 << 20) - 160_000]);
      for (int f = 0; f < 4; f++) {
        RandomTree.write(
            few.resolve("f" + f), RandomTree.bytes(50 + f, 200_000), Instant.ofEpochSecond(9));
      }
      RandomTree.write(few.resolve("new"), RandomTree.bytes(60, 200_000), Instant.ofEpochSecond(5));
      BackupReport report = Mtb.backup(job);
      assertThat(report.exitCode()).isEqualTo(23);
      assertThat(report.failures()).isNotEmpty();
      assertThat(report.failures().get(0).error())
          .contains("not the bucket is full", "tmpdir=FOLDER");
      Set<Path> failed = report.failures().stream().map(Failure::path).collect(Collectors.toSet());
      Files.delete(disk.resolve("filler"));
      Files.delete(disk.resolve("more"));
      s3fs.freshMount();
      for (int f = 0; f < 4; f++) {
        int seed = failed.contains(Path.of("f" + f)) ? f : 50 + f;
        assertThat(s3fs.root().resolve("backup/f" + f))
            .hasBinaryContent(RandomTree.bytes(seed, 200_000));
      }
      assertThat(Mtb.backup(job).totals().copied()).isEqualTo(failed.size());
      s3fs.freshMount();
      assertThat(Mtb.verify(job, BackupListener.NONE).failures()).isEmpty();
    }
  }
}
