package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, and one that turns read-only. Whoever may mount S3FS may mount these. */
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
    BackupJob job =
        BackupJob.builder()
            .base(source)
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
    assertThat(report.elapsed().toSeconds()).isLessThan(20);
    assertThat(report.failures().size()).isBetween(90, 120);
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
    assertThat(report.failures()).isEmpty();
  }
}
