package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The smallest difference of mtimes at which MTB sees a change of a file with the same size. */
@RequiresS3fs
class MtimePrecisionIT {
  private static final Instant TIME = Instant.parse("2024-05-06T07:08:09.123456789Z");

  @TempDir Path temp;
  private Path source;
  private S3fsFixture s3fs;

  @BeforeEach
  void prepare() throws IOException {
    source = Files.createDirectory(temp.resolve("source"));
  }

  @AfterEach
  void unmount() throws Exception {
    if (s3fs != null) {
      s3fs.close();
    }
  }

  private Path mounted() throws Exception {
    s3fs = S3fsFixture.start();
    return s3fs.root().resolve("backup");
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().threads(4).stateDirectory(temp.resolve("state"));
  }

  private BackupReport run(Path destination, BackupOptions.Builder options) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(destination)
            .options(options.build())
            .build());
  }

  private void write(String name, String content, Instant time) throws IOException {
    RandomTree.write(source.resolve(name), content.getBytes(UTF_8), time);
  }

  private void assertCopied(Path destination, BackupOptions.Builder options, long count) {
    BackupReport report = run(destination, options);
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(count);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, -1, 1_000, 300_000_000, -300_000_000})
  void folder_tellsNanosecondsApart(long nanos) throws Exception {
    Path backup = temp.resolve("backup");
    write("f", "one", TIME);
    write("g", "one", Instant.parse("2024-05-06T07:08:09Z"));
    assertCopied(backup, options(), 2);
    assertCopied(backup, options(), 0);

    write("f", "two", TIME.plusNanos(nanos));
    write("g", "two", Instant.parse("2024-05-06T07:08:09Z").plusNanos(nanos));
    assertCopied(backup, options().dryRun(true), 2);
    assertCopied(backup, options().comparison(c -> c.withModifyWindow(Duration.ofSeconds(1))), 0);
    assertCopied(backup, options(), 2);
    assertThat(backup.resolve("f")).hasContent("two");
    assertThat(backup.resolve("g")).hasContent("two");
    assertCopied(backup, options(), 0);
  }

  @Test
  void folder_keepsTimesBefore1970AsFarAsTheJdkDoes() throws Exception {
    Path backup = temp.resolve("backup");
    write("f", "one", TIME);
    new ProcessBuilder("touch", "-d", "1965-01-01 00:00:00.5 UTC", source.resolve("f").toString())
        .start()
        .waitFor();
    assertThat(
            Files.getLastModifiedTime(source.resolve("f"))
                .toInstant()
                .getLong(java.time.temporal.ChronoField.NANO_OF_SECOND))
        .isPositive();
    assertCopied(backup, options(), 1);
    assertCopied(backup, options(), 0);
  }

  @ParameterizedTest
  @EnumSource(
      value = Via.class,
      names = {"MOUNT", "BUCKET"})
  void s3fs_tellsMillisecondsApart(Via via) throws Exception {
    Path backup = mounted();
    write("f", "one", TIME);
    assertCopiedOnce(backup, via);

    write("f", "two", TIME.plusMillis(2));
    assertCopiedOnce(backup, via);
    write("f", "old", TIME.minusMillis(400));
    assertCopiedOnce(backup, via);
    assertThat(backup.resolve("f")).hasContent("old");
  }

  @ParameterizedTest
  @EnumSource(
      value = Via.class,
      names = {"MOUNT", "BUCKET"})
  void whatOthersWrote_isNotCopiedAgain(Via via) throws Exception {
    Path backup = mounted();
    write("whole seconds", "one", TIME);
    write("nanoseconds", "one", TIME);
    Via other = via == Via.MOUNT ? Via.BUCKET : Via.MOUNT;
    write("mtb", "one", TIME);
    assertCopied(backup, options().connection(c -> c.withVia(other)), 3);
    // An old version of s3fs stores whole seconds.
    touch(backup.resolve("whole seconds"), "2024-05-06 07:08:09 UTC");
    touch(backup.resolve("nanoseconds"), "2024-05-06 07:08:09.123456789 UTC");

    BackupOptions.Builder fresh =
        options().connection(c -> c.withVia(via)).stateDirectory(temp.resolve("fresh"));
    assertCopied(backup, fresh, 0);
    assertThat(backup.resolve("mtb")).hasContent("one");
  }

  private void assertCopiedOnce(Path backup, Via via) throws Exception {
    assertCopied(backup, options().connection(c -> c.withVia(via)), 1);
    if (via == Via.MOUNT) {
      Instant time = Files.getLastModifiedTime(source.resolve("f")).toInstant();
      awaitTime(backup.resolve("f"), time.truncatedTo(ChronoUnit.MILLIS));
    }
    assertCopied(backup, options().connection(c -> c.withVia(via)), 0);
  }

  /** The kernel may show the time of the upload for a second. */
  private static void awaitTime(Path file, Instant time) throws Exception {
    while (!Files.getLastModifiedTime(file).toInstant().equals(time)) {
      Thread.sleep(20);
    }
  }

  private static void touch(Path file, String time) throws Exception {
    Process touch = new ProcessBuilder("touch", "-d", time, file.toString()).inheritIO().start();
    assertThat(touch.waitFor()).isZero();
  }

  @Test
  void restore_leavesOriginalsThatTheBackupHasWithFewerDigits() throws Exception {
    Path backup = mounted();
    write("f", "one", TIME);
    write("g", "one", TIME);
    assertCopied(backup, options().connection(c -> c.withVia(Via.MOUNT)), 2);
    touch(backup.resolve("g"), "2024-05-06 07:08:09 UTC");
    awaitTime(backup.resolve("f"), TIME.truncatedTo(ChronoUnit.MILLIS));
    awaitTime(backup.resolve("g"), TIME.truncatedTo(ChronoUnit.SECONDS));

    for (Via via : new Via[] {Via.MOUNT, Via.BUCKET}) {
      BackupReport report =
          Mtb.restore(
              RestoreJob.builder()
                  .from(backup)
                  .to(source)
                  .options(options().connection(c -> c.withVia(via)).build())
                  .build(),
              BackupListener.NONE);

      assertThat(report.failures()).isEmpty();
      assertThat(report.totals().unchanged()).as("%s", via).isEqualTo(2);
    }
    assertThat(Files.getLastModifiedTime(source.resolve("f"))).isEqualTo(FileTime.from(TIME));
  }
}
