package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.BackupAfterFaults;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.S3fsMount;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A backup with faults, through a mount or directly to the bucket, and a check of the result that
 * the faults do not affect. Several scenarios may run in parallel. For one thread.
 */
final class FaultScenario implements AutoCloseable {
  /** How the backup gets to the server. */
  enum Way {
    MOUNT,
    BUCKET
  }

  static final Instant LAST_YEAR = Instant.parse("2025-01-01T00:00:00Z");
  static final Instant THIS_YEAR = Instant.parse("2026-01-01T00:00:00.123Z");

  /** s3fs and MTB upload files of 25 MiB and more in parts. */
  static final int MULTIPART = 26 << 20;

  final S3fsFixture s3fs;
  final S3Probe probe;
  final Way way;
  final Path source;
  private final Path before;
  private final Path folder;
  private final Path passwd;

  private FaultScenario(Way way, Path folder, S3fsFixture s3fs) throws IOException {
    this.way = way;
    this.s3fs = s3fs;
    probe = S3Probe.of(s3fs.server());
    source = Files.createDirectories(folder.resolve("source"));
    before = Files.createDirectories(folder.resolve("before"));
    this.folder = folder;
    passwd = folder.resolve("passwd");
    Secrets.write(passwd, s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  /** Starts server, proxy and mount. */
  static FaultScenario start(Way way, Path folder, String... mountOptions) throws Exception {
    S3fsFixture s3fs = S3fsFixture.start(mountOptions);
    try {
      return new FaultScenario(way, folder, s3fs);
    } catch (IOException | RuntimeException e) {
      s3fs.close();
      throw e;
    }
  }

  static void file(Path file, long seed, int size, Instant modified) throws IOException {
    RandomTree.write(file, RandomTree.bytes(seed, size), modified);
  }

  /**
   * Makes files of all kinds that MTB writes in different ways, and backs them up without faults.
   * Then changes some of them, and adds new ones.
   */
  void firstBackup(int directories, int large) throws Exception {
    for (Path tree : new Path[] {source, before}) {
      for (int d = 0; d < directories; d++) {
        Path directory = tree.resolve("d" + d);
        file(directory.resolve("unchanged"), d, 3_000, LAST_YEAR);
        file(directory.resolve("same-size"), d + 10, 5_000, LAST_YEAR);
        file(directory.resolve("grown"), d + 20, 5_000, LAST_YEAR);
        file(directory.resolve("shrunk"), d + 30, 9_000, LAST_YEAR);
        file(directory.resolve("touched"), d + 40, 2_000, LAST_YEAR);
        file(directory.resolve("medium"), d + 50, 300_000, LAST_YEAR);
      }
      file(tree.resolve("large"), 60, large, LAST_YEAR);
    }
    // The first backup uses long timeouts, since a mount with short ones fails on a busy machine.
    try (S3fsMount withLongTimeouts = s3fs.direct()) {
      assertThat(end(start(withLongTimeouts.mountPoint())).exitCode()).isZero();
    }
    for (int d = 0; d < directories; d++) {
      Path directory = source.resolve("d" + d);
      file(directory.resolve("same-size"), d + 100, 5_000, THIS_YEAR);
      file(directory.resolve("grown"), d + 110, 70_000, THIS_YEAR);
      file(directory.resolve("shrunk"), d + 120, 100, THIS_YEAR);
      file(directory.resolve("touched"), d + 40, 2_000, THIS_YEAR);
      file(directory.resolve("medium"), d + 130, 300_000, THIS_YEAR);
      file(directory.resolve("new"), d + 140, 4_000, THIS_YEAR);
      file(directory.resolve("below/new"), d + 150, 4_000, THIS_YEAR);
    }
    file(source.resolve("large"), 160, large, THIS_YEAR);
    if (way == Way.MOUNT) {
      s3fs.freshMount();
    }
  }

  /** The exit code and the report of a run. */
  record Ended(int exitCode, JsonNode report) {
    @Override
    public String toString() {
      return "%d, %s copied, %s"
          .formatted(exitCode, report.at("/files/copied"), report.at("/failures"));
    }
  }

  /**
   * Runs MTB in its own process. In the test's process, other scenarios start programs. These child
   * processes close the files that they inherit, and s3fs takes each close for that of the writer.
   */
  MtbProcess start() throws IOException {
    return start(s3fs.root());
  }

  private MtbProcess start(Path mount) throws IOException {
    List<String> command = new ArrayList<>(List.of("backup", "-q", "-t", "16", "--report", "-"));
    command.addAll(List.of("-b", source.toString()));
    if (way == Way.MOUNT) {
      command.addAll(List.of("--via", "mount", ".", mount.resolve("backup").toString()));
    } else {
      command.addAll(List.of("--endpoint-url", "http://127.0.0.1:" + s3fs.proxy().port()));
      command.addAll(List.of("--passwd-file", passwd.toString()));
      command.addAll(List.of(".", "s3://" + s3fs.server().bucket() + "/backup"));
    }
    return MtbProcess.start(folder, Map.of(), List.of(), command.toArray(String[]::new));
  }

  static Ended end(MtbProcess mtb) throws Exception {
    int exitCode = mtb.exitCode();
    assertThat(mtb.err()).doesNotContain("Exception");
    return new Ended(exitCode, new ObjectMapper().readTree(mtb.out()));
  }

  Ended backUp() throws Exception {
    return end(start());
  }

  /**
   * Checks that each file is the old or the new one, never a mixture, and that each file that the
   * report does not name is the new one.
   */
  void check(Ended ended, String description) throws Exception {
    check(new BackupAfterFaults(before, source), ended, description);
  }

  /** Checks the same after s3fs was killed, which may leave a part of a new file. */
  void checkAfterKill(Ended ended, String description) throws Exception {
    check(new BackupAfterFaults(before, source, /* wasKilled= */ true), ended, description);
  }

  private void check(BackupAfterFaults backup, Ended ended, String description) throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    try (S3fsMount truth = s3fs.direct()) {
      backup.check(
          truth.mountPoint().resolve("backup"), ended.exitCode(), ended.report(), description);
    }
  }

  /** Checks that the next run, without faults and with a fresh mount, makes the backup complete. */
  void assertNextRunIsWhole(String description) throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMountWithDefaultTimeouts();
    Ended ended = backUp();
    assertThat(ended.exitCode()).as("%s%n%s", description, ended).isZero();
    try (S3fsMount truth = s3fs.direct()) {
      Path backup = truth.mountPoint().resolve("backup");
      String ofTheServer = "--exclude=" + BackupAfterFaults.OF_THE_SERVER;
      assertThat(Rsync.differences(source, backup, "--delete", ofTheServer))
          .as(description)
          .isEmpty();
    }
    if (way == Way.BUCKET) {
      // An upload that s3fs has begun and not ended cannot be seen through the mount, so only MTB's
      // own uploads are checked.
      assertThat(probe.unfinishedUploads()).as(description).isEmpty();
    }
  }

  @Override
  public void close() throws IOException {
    probe.close();
    s3fs.close();
  }
}
