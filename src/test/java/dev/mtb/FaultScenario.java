package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.Aftermath;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.S3fsMount;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * A backup on which something goes wrong, through a mount or straight to the bucket, and a judge
 * whom no fault reaches. Several may run beside each other. For one thread.
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
  private final Path state;
  private final Path passwd;

  private FaultScenario(Way way, Path folder, S3fsFixture s3fs) throws IOException {
    this.way = way;
    this.s3fs = s3fs;
    probe = S3Probe.of(s3fs.server());
    source = Files.createDirectories(folder.resolve("source"));
    before = Files.createDirectories(folder.resolve("before"));
    state = folder.resolve("state");
    passwd = folder.resolve("passwd");
    Files.writeString(passwd, s3fs.server().identity() + ":" + s3fs.server().credential());
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
   * Files of all the kinds that are written in different ways: backed up without trouble, and then
   * changed, or not; and new ones.
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
    assertThat(backUp().exitCode()).isZero();
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

  BackupReport backUp() {
    return backUp(BackupListener.NONE);
  }

  BackupReport backUp(BackupListener listener) {
    BackupOptions.Builder options = BackupOptions.builder().threads(16).stateDirectory(state);
    BackupJob.Builder job = BackupJob.builder().base(source).source(Path.of("."));
    if (way == Way.MOUNT) {
      job.destination(s3fs.root().resolve("backup"));
      options.via(Via.MOUNT);
    } else {
      job.destination(S3Location.parse("s3://" + s3fs.server().bucket() + "/backup"));
      options.passwdFile(passwd).endpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()));
    }
    return Mtb.backup(job.options(options.build()).build(), listener);
  }

  /** Old or new, never a mixture, and what the report does not name is new. */
  void check(BackupReport report, String description) throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    try (S3fsMount truth = s3fs.direct()) {
      new Aftermath(before, source)
          .check(truth.mountPoint().resolve("backup"), report, description);
    }
  }

  /** Without faults, and with a mount that remembers none, the next run makes it whole. */
  void assertNextRunIsWhole(String description) throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    BackupReport report = backUp();
    assertThat(report.exitCode()).as("%s%n%s", description, report).isZero();
    try (S3fsMount truth = s3fs.direct()) {
      Path backup = truth.mountPoint().resolve("backup");
      assertThat(Rsync.differences(source, backup, "--delete")).as(description).isEmpty();
    }
    assertThat(probe.unfinishedUploads()).as(description).isEmpty();
  }

  @Override
  public void close() throws IOException {
    probe.close();
    s3fs.close();
  }
}
