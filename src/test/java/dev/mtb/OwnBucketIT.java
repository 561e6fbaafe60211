package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Filters;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The destination's bucket is mounted inside the source: it is not backed up into itself. */
@RequiresS3fs
class OwnBucketIT {
  private static final String BUCKET = "own-bucket";
  private static final long LIMIT = TimeUnit.MINUTES.toNanos(2);

  @TempDir Path temp;
  private final Map<Path, Process> mounts = new LinkedHashMap<>();
  private S3Server server;
  private S3Probe probe;
  private Path source;
  private Path passwd;

  @BeforeEach
  void bucket() throws Exception {
    server = S3Server.start(BUCKET);
    probe = S3Probe.of(server);
    source = Files.createDirectory(temp.resolve("source"));
    RandomTree.write(source.resolve("docs/a"), "aaa");
    passwd =
        Secrets.write(temp.resolve("passwd"), server.identity() + ":" + server.credential() + "\n");
  }

  @AfterEach
  void unmount() throws Exception {
    for (Map.Entry<Path, Process> mount : mounts.entrySet()) {
      new ProcessBuilder("fusermount", "-uz", mount.getKey().toString()).start().waitFor();
      mount.getValue().destroyForcibly().waitFor();
      // The mount point is deleted by name and never recursively, since a recursive deletion would
      // empty a bucket that is still mounted.
      Files.delete(mount.getKey());
    }
    probe.close();
    server.close();
  }

  private Path mount(String bucket, Path point) throws Exception {
    Files.createDirectories(point);
    String options =
        "url=http://localhost:" + server.port() + ",use_path_request_style,passwd_file=" + passwd;
    Process process =
        new ProcessBuilder("s3fs", bucket, point.toString(), "-f", "-o", options)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    mounts.put(point, process);
    long deadline = System.nanoTime() + LIMIT;
    while (!Files.readString(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1)
        .contains(" " + point + " ")) {
      assertThat(process.isAlive()).isTrue();
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
    Files.getLastModifiedTime(point);
    return point;
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().stateDirectory(temp.resolve("state"));
  }

  private BackupJob.Builder toBucket(String prefix) {
    return BackupJob.builder()
        .base(source)
        .destination(new S3Location(BUCKET, prefix))
        .options(
            options()
                .connection(
                    c ->
                        c.withEndpoint(URI.create("http://127.0.0.1:" + server.port()))
                            .withPasswdFile(passwd))
                .build());
  }

  /** The backup runs twice, since a backup of itself would grow in the second run. */
  private void assertSkips(BackupJob job, String target, String... keys) {
    for (int run = 1; run <= 2; run++) {
      BackupReport report = Mtb.backup(job);
      assertThat(report.exitCode()).as("run %s: %s", run, report).isEqualTo(23);
      assertThat(report.failures()).as("run %s", run).hasSize(1);
      assertThat(report.failures().get(0).path()).isEqualTo(Path.of(target));
      assertThat(report.failures().get(0).error()).contains("not backed up into itself");
      assertThat(probe.keys("").stream().filter(key -> !key.endsWith("/")))
          .as("run %s", run)
          .containsExactlyInAnyOrder(keys);
    }
  }

  @Test
  void wholeBucket_withOtherData_onlyTheDestinationIsSkipped() throws Exception {
    Path mount = mount(BUCKET, source.resolve("m"));
    RandomTree.write(mount.resolve("other/x"), "x");
    RandomTree.write(mount.resolve("other/deep/backup/y"), "y");
    assertSkips(
        toBucket("deep/backup").source(Path.of(".")).build(),
        "m/deep/backup",
        "other/x",
        "other/deep/backup/y",
        "deep/backup/docs/a",
        "deep/backup/m/other/x",
        "deep/backup/m/other/deep/backup/y");
  }

  @Test
  void wholeBucket_isTheDestination() throws Exception {
    mount(BUCKET, source.resolve("m"));
    assertSkips(toBucket("").source(Path.of(".")).build(), "m", "docs/a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"backup", "backup/docs", "backup/m"})
  void mountOfTheDestination_orOfAPartOfIt_isSkipped(String prefix) throws Exception {
    probe.put("backup/docs/old", "old", Map.of());
    probe.put("backup/m/old", "old", Map.of());
    mount(BUCKET + ":/" + prefix, source.resolve("m"));
    assertSkips(
        toBucket("backup").source(Path.of(".")).build(),
        "m",
        "backup/docs/a",
        "backup/docs/old",
        "backup/m/old");
  }

  @Test
  void mountOfAnotherPrefix_isBackedUp() throws Exception {
    probe.put("backup2/old", "old", Map.of());
    mount(BUCKET + ":/backup2", source.resolve("m"));
    BackupReport report = Mtb.backup(toBucket("backup").source(Path.of(".")).build());
    assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
    assertThat(probe.keys("backup/m/old")).hasSize(1);
  }

  /** The ways to a destination that is itself on a mount. */
  @ParameterizedTest
  @EnumSource(
      value = Via.class,
      names = {"BUCKET", "MOUNT"})
  void otherMountOfAMountedDestination_isSkipped(Via via) throws Exception {
    Path destination = mount(BUCKET, temp.resolve("mounted")).resolve("backup");
    mount(BUCKET, source.resolve("m"));
    Files.createDirectory(destination);
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(destination)
            .options(options().connection(c -> c.withVia(via)).build())
            .build();
    assertSkips(job, "m/backup", "backup/docs/a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"m/backup", "m/backup/docs", "m/backup/docs/old"})
  void listedEntry_thatIsTheDestination_orInIt_isSkipped(String entry) throws Exception {
    probe.put("backup/docs/old", "old", Map.of());
    mount(BUCKET, source.resolve("m"));
    assertSkips(
        toBucket("backup").source(Path.of("docs")).source(Path.of(entry)).build(),
        entry,
        "backup/docs/a",
        "backup/docs/old");
  }

  @ParameterizedTest
  @ValueSource(strings = {"m/backup", "m/backup/docs"})
  void base_thatIsTheDestination_orInIt_isSkipped(String base) throws Exception {
    probe.put("backup/docs/old", "old", Map.of());
    mount(BUCKET, source.resolve("m"));
    // A link in the path makes no difference.
    Path link = Files.createSymbolicLink(temp.resolve("link"), source);
    for (Path start : List.of(source, link)) {
      assertSkips(
          toBucket("backup").base(start.resolve(base)).source(Path.of(".")).build(),
          "",
          "backup/docs/old");
    }
  }

  @Test
  void verify_skipsItToo_andWhatIsExcludedIsNoFailure() throws Exception {
    mount(BUCKET, source.resolve("m"));
    BackupJob.Builder job = toBucket("backup").source(Path.of("."));
    assertThat(Mtb.backup(job.build()).exitCode()).isEqualTo(23);
    BackupReport verified = Mtb.verify(job.build(), BackupListener.NONE);
    assertThat(verified.failures()).hasSize(1);
    assertThat(verified.failures().get(0).path()).isEqualTo(Path.of("m/backup"));
    for (Filters filters :
        List.of(
            Filters.builder().exclude("/m/backup").build(),
            Filters.builder().oneFileSystem(true).build())) {
      BackupJob excluding =
          toBucket("backup")
              .source(Path.of("."))
              .options(
                  options()
                      .connection(
                          c ->
                              c.withEndpoint(URI.create("http://127.0.0.1:" + server.port()))
                                  .withPasswdFile(passwd))
                      .filters(filters)
                      .build())
              .build();
      BackupReport report = Mtb.backup(excluding);
      assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
    }
  }

  @Test
  void restoreIntoTheBackup_byAMountOfIt_isRefused() throws Exception {
    probe.put("backup/docs/a", "aaa", Map.of());
    Path mount = mount(BUCKET, temp.resolve("mounted"));
    for (String target : List.of("backup", "backup/docs", "backup/new")) {
      RestoreJob.Builder job = RestoreJob.builder().to(mount.resolve(target));
      assertThatThrownBy(
              () ->
                  Mtb.restore(
                      job.from(new S3Location(BUCKET, "backup"))
                          .options(toBucket("").source(Path.of(".")).build().options())
                          .build(),
                      BackupListener.NONE))
          .isInstanceOf(InvalidJobException.class)
          .hasMessageContaining("lies inside the backup");
    }
    assertThat(probe.keys("")).containsExactly("backup/docs/a");
  }

  /** The command line of a mount with a prefix has one word more than others. */
  @Test
  void mountOfAPrefix_isReachedDirectly_atTheRightPlace() throws Exception {
    probe.put("deep/er/old", "old", Map.of());
    Path mount = mount(BUCKET + ":/deep/er", temp.resolve("mounted"));
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(mount.resolve("backup"))
                .options(options().connection(c -> c.withVia(Via.BUCKET)).build())
                .build());
    assertThat(report.outcome()).as("%s", report).isEqualTo(Outcome.OK);
    assertThat(probe.keys("deep/er/backup/docs/a")).hasSize(1);
  }
}
