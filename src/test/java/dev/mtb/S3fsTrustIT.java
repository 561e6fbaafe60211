package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Processes that look like the s3fs of a mount and name another bucket. MTB must always use the
 * bucket that is really mounted.
 */
@RequiresS3fs
class S3fsTrustIT {
  private static final int NOBODY = 65534;
  private static final Instant TIME = Instant.ofEpochSecond(1_600_000_000);

  @TempDir Path temp;
  private final List<Process> started = new ArrayList<>();
  private S3fsFixture s3fs;
  private S3Server otherServer;
  private CountingProxy other;

  /** A directory that other users can read. */
  private Path open;

  private Path source;
  private Path target;

  @BeforeEach
  void twoBuckets() throws Exception {
    s3fs = S3fsFixture.start();
    otherServer = S3Server.start("other");
    other = CountingProxy.start(otherServer.port());
    open = Files.createTempDirectory("mtb-open-");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    // A program of the shell by the name of the bucket: its command line begins like that of s3fs.
    Files.writeString(open.resolve("other"), "read -r line\n");
    Secrets.write(passwd(), otherServer.identity() + ":" + otherServer.credential() + "\n");
    source = backup("good", s3fs.server().bucket(), s3fs.server().port());
    // The files have the same name, size and mtime.
    backup("evil", "other", otherServer.port());
    target = temp.resolve("target");
    s3fs.freshMount();
    s3fs.proxy().reset();
    other.reset();
  }

  @AfterEach
  void stop() throws Exception {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
    s3fs.close();
    other.close();
    otherServer.close();
    Files.deleteIfExists(open.resolve("other"));
    Files.deleteIfExists(open.resolve("passwd"));
    Files.deleteIfExists(open);
  }

  private Path passwd() {
    return open.resolve("passwd");
  }

  private Path backup(String content, String bucket, int port) throws Exception {
    Path folder = Files.createDirectory(temp.resolve(content));
    RandomTree.write(folder.resolve("file"), content.getBytes(StandardCharsets.UTF_8), TIME);
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(folder)
                .source(Path.of("."))
                .destination(new S3Location(bucket, "backup"))
                .options(
                    options()
                        .connection(
                            c ->
                                c.withEndpoint(URI.create("http://127.0.0.1:" + port))
                                    .withPasswdFile(passwd()))
                        .build())
                .build());
    assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
    return folder;
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .waiting(w -> w.withRetries(0));
  }

  private String otherMountOptions() {
    return "url=http://127.0.0.1:"
        + other.port()
        + ",use_path_request_style,passwd_file="
        + passwd();
  }

  /** Starts something whose command line is that of an s3fs of the other bucket. */
  private void lookAlike(int user) throws Exception {
    List<String> command = new ArrayList<>();
    if (user != 0) {
      command.addAll(List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"));
    }
    command.addAll(
        List.of(
            "bash",
            "-c",
            "exec -a s3fs bash other \"$0\" -o \"$1\"",
            s3fs.root().toString(),
            otherMountOptions()));
    Process process = new ProcessBuilder(command).directory(open.toFile()).start();
    started.add(process);
    Path line = Path.of("/proc/" + process.pid() + "/cmdline");
    await(() -> Files.readString(line).startsWith("s3fs\0other\0" + s3fs.root()));
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  /** The runs that only read. */
  enum Reading {
    RESTORE,
    VERIFY,
    DRY_RUN
  }

  private void readsTheRightBucket(Reading reading, Via via) throws Exception {
    Path mounted = s3fs.root().resolve("backup");
    BackupJob.Builder job =
        BackupJob.builder().base(source).source(Path.of(".")).destination(mounted);
    BackupReport report =
        switch (reading) {
          case RESTORE ->
              Mtb.restore(
                  RestoreJob.builder()
                      .from(mounted)
                      .to(target)
                      .options(options().connection(c -> c.withVia(via)).build())
                      .build(),
                  BackupListener.NONE);
          case VERIFY ->
              Mtb.verify(
                  job.options(
                          options()
                              .connection(c -> c.withVia(via))
                              .checks(c -> c.withReadData(true))
                              .build())
                      .build(),
                  BackupListener.NONE);
          case DRY_RUN ->
              Mtb.backup(
                  job.options(
                          options()
                              .connection(c -> c.withVia(via))
                              .dryRun(true)
                              .compare(CompareMode.CHECKSUM)
                              .build())
                      .build());
        };
    assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
    assertThat(other.snapshot().total()).as("requests to the other bucket").isZero();
    if (reading == Reading.RESTORE) {
      assertThat(target.resolve("file")).hasContent("good");
    } else {
      assertThat(report.totals().unchanged()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void lookAlikeOfAnotherUser_isNotTakenForTheMount(Reading reading) throws Exception {
    assumeThat(ProcessHandle.current().info().user()).contains("root");
    lookAlike(NOBODY);
    // The process id of the look-alike is lower than that of the real s3fs, so that it is found
    // first.
    s3fs.freshMount();
    // The look-alike does not keep MTB from going directly to the bucket.
    readsTheRightBucket(reading, Via.BUCKET);
  }

  @ParameterizedTest
  @EnumSource
  void lookAlikeThatIsNoS3fs_isNotTakenForTheMount(Reading reading) throws Exception {
    lookAlike(/* user= */ 0);
    s3fs.freshMount();
    readsTheRightBucket(reading, Via.BUCKET);
  }

  @Test
  void lookAlike_isNotWrittenTo() throws Exception {
    lookAlike(/* user= */ 0);
    s3fs.freshMount();
    RandomTree.write(source.resolve("new"), "new");
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(s3fs.root().resolve("backup"))
                .options(options().connection(c -> c.withVia(Via.BUCKET)).build())
                .build());
    assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
    assertThat(other.snapshot().total()).as("requests to the other bucket").isZero();
    s3fs.freshMount();
    assertThat(s3fs.root().resolve("backup/new")).hasContent("new");
  }

  /** A lazy unmount leaves s3fs running for as long as a file is open there. */
  @ParameterizedTest
  @EnumSource
  void staleS3fsOfTheSamePlace_isNotTakenForTheMount(Reading reading) throws Exception {
    s3fs.mount().unmount();
    Process stale =
        new ProcessBuilder("s3fs", "other", s3fs.root().toString(), "-f", "-o", otherMountOptions())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    started.add(stale);
    Path file = s3fs.root().resolve("backup/file");
    await(() -> s3fs.mount().isMounted() && Files.exists(file));
    try (InputStream held = Files.newInputStream(file)) {
      assertThat(held.read()).isEqualTo('e');
      s3fs.mount().unmountLazily();
      s3fs.mount().remount();
      assertThat(stale.isAlive()).isTrue();
      other.reset();
      // If the kernel does not tell the connections, MTB goes through the mount.
      readsTheRightBucket(reading, Via.AUTO);
    }
  }

  /** A bind mount shows a part of the file system that s3fs mounts. */
  @Test
  void partOfAMount_boundElsewhere_isThatPartOfTheBucket() throws Exception {
    assumeThat(ProcessHandle.current().info().user()).contains("root");
    Path bound = Files.createDirectory(temp.resolve("bound"));
    run("mount", "--bind", s3fs.root().resolve("backup").toString(), bound.toString());
    try {
      RandomTree.write(s3fs.root().resolve("file"), "evil");
      for (Via via : List.of(Via.BUCKET, Via.MOUNT)) {
        BackupReport report =
            Mtb.restore(
                RestoreJob.builder()
                    .from(bound)
                    .to(temp.resolve("target-" + via))
                    .options(options().connection(c -> c.withVia(via)).build())
                    .build(),
                BackupListener.NONE);
        assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
        assertThat(temp.resolve("target-" + via).resolve("file")).hasContent("good");
      }
    } finally {
      run("umount", bound.toString());
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
