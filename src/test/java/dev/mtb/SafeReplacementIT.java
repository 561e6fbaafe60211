package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.Filters;
import dev.mtb.options.OldVersions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Entries that replace something of another kind, on each kind of destination. */
@RequiresS3fs
class SafeReplacementIT {
  private enum Way {
    FOLDER,
    MOUNT,
    BUCKET
  }

  private static final Instant OLD = Instant.parse("2024-01-01T00:00:00Z");

  @TempDir Path temp;
  private S3fsFixture s3fs;
  private Path source;

  @BeforeEach
  void start() throws Exception {
    s3fs = S3fsFixture.start();
    source = Files.createDirectory(temp.resolve("source"));
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  @AfterEach
  void stop() throws Exception {
    s3fs.close();
  }

  private Path write(String file, String content) throws IOException {
    return RandomTree.write(source.resolve(file), content);
  }

  private void remove(String path) throws IOException {
    MoreFiles.deleteRecursively(source.resolve(path), RecursiveDeleteOption.ALLOW_INSECURE);
  }

  private static BackupOptions.Builder plain() {
    return BackupOptions.builder().threads(4);
  }

  private static BackupOptions.Builder deleting(String limit) {
    Optional<Deletion.Limit> most =
        Optional.of(limit).filter(l -> !l.isEmpty()).map(Deletion.Limit::parse);
    return plain().deletion(new Deletion(true, most, false));
  }

  private static BackupOptions.Builder despiteErrors() {
    return plain().deletion(new Deletion(true, Optional.empty(), /* despiteErrors= */ true));
  }

  private static OldVersions old(String directory, String suffix) {
    return new OldVersions(Optional.of(directory).filter(d -> !d.isEmpty()).map(Path::of), suffix);
  }

  private BackupJob job(Way way, BackupOptions.Builder options, String... entries) {
    options.stateDirectory(temp.resolve("state"));
    BackupJob.Builder job = BackupJob.builder().base(source);
    for (String entry : entries.length == 0 ? new String[] {"."} : entries) {
      job.source(Path.of(entry));
    }
    switch (way) {
      case FOLDER -> job.destination(temp.resolve("backup"));
      case MOUNT -> job.destination(s3fs.root().resolve("backup"));
      case BUCKET -> {
        job.destination(new S3Location(s3fs.server().bucket(), "backup"));
        options.connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                    .withPasswdFile(temp.resolve("passwd")));
      }
    }
    return job.options(
            way == Way.MOUNT
                ? options.connection(c -> c.withVia(Via.MOUNT)).build()
                : options.build())
        .build();
  }

  private BackupReport run(Way way, BackupOptions.Builder options, String... entries) {
    return Mtb.backup(job(way, options, entries));
  }

  /** A path at which the backup can be read without a cache. */
  private Path backup(Way way) throws Exception {
    if (way == Way.FOLDER) {
      return temp.resolve("backup");
    }
    s3fs.freshMount();
    return s3fs.root().resolve("backup");
  }

  private void assertSame(Way way) throws Exception {
    assertThat(Rsync.differences(source, backup(way), "--delete")).isEmpty();
  }

  private static void assertFailed(BackupReport report, String path, String... words) {
    assertThat(report.exitCode()).as("%s", report.failures()).isEqualTo(23);
    assertThat(report.failures())
        .anySatisfy(
            failure -> {
              assertThat(failure.path().toString()).isEqualTo(path);
              assertThat(failure.error()).contains(words);
            });
  }

  // A directory in the place of a file

  private void directoryThatBecomesAFile(Way way) throws Exception {
    write("d/x/a", "old a");
    write("d/x/deep/b", "old b");
    write("d/other", "other");
    assertThat(run(way, plain()).failures()).isEmpty();
    remove("d/x");
    write("d/x", "now a file");
    write("d/other", "other, changed");
  }

  private void assertOldTree(Path backup) {
    assertThat(backup.resolve("d/x/a")).hasContent("old a");
    assertThat(backup.resolve("d/x/deep/b")).hasContent("old b");
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameAFile_staysWithoutDelete_andTheRestGoesOn(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    for (boolean isDry : new boolean[] {true, false}) {
      BackupReport report = run(way, plain().dryRun(isDry));
      assertFailed(report, "d/x", "directory that is not empty", "BackupOptions.deletion");
      assertThat(report.totals().copied()).isEqualTo(1);
    }
    Path backup = backup(way);
    assertOldTree(backup);
    assertThat(backup.resolve("d/other")).hasContent("other, changed");
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameALink_staysWithoutDelete(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    Files.delete(source.resolve("d/x"));
    Files.createSymbolicLink(source.resolve("d/x"), Path.of("other"));
    assertFailed(run(way, plain()), "d/x", "directory that is not empty");
    assertOldTree(backup(way));
    assertThat(run(way, deleting("")).failures()).isEmpty();
    assertSame(way);
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameAFile_withDelete_countsAndIsReplacedLast(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    // The directory, two files, and a directory in it.
    for (String limit : List.of("0", "3")) {
      BackupReport report = run(way, deleting(limit));
      assertThat(report.exitCode()).isEqualTo(25);
      assertThat(report.failures()).extracting(f -> f.path().toString()).contains("d/x");
      assertOldTree(backup(way));
    }
    BackupReport dry = run(way, deleting("4").dryRun(true));
    assertThat(dry.failures()).isEmpty();
    assertThat(dry.totals().deleted()).isEqualTo(2);
    assertThat(dry.totals().copied()).isEqualTo(1);
    assertOldTree(backup(way));
    BackupReport report = run(way, deleting("4"));
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().deleted()).isEqualTo(2);
    assertThat(report.totals().copied()).isEqualTo(1);
    assertSame(way);
    assertThat(run(way, deleting("0")).totals().copied()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameAFile_afterAFailure_isNotDeleted(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    BackupReport report = run(way, deleting(""), ".", "missing");
    assertFailed(report, "d/x", "nothing was deleted");
    assertOldTree(backup(way));
    assertThat(run(way, despiteErrors(), ".", "missing").exitCode()).isEqualTo(23);
    assertThat(backup(way).resolve("d/x")).hasContent("now a file");
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameAFile_withSomethingProtectedInIt_stays(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    for (OldVersions old : List.of(OldVersions.NONE, old("../old", ""), old("", "~"))) {
      BackupOptions.Builder options =
          deleting("").filters(Filters.builder().exclude("/d/x/deep/b").build()).oldVersions(old);
      assertFailed(run(way, options), "d/x", "protects");
      assertOldTree(backup(way));
    }
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameAFile_movesToTheBackupDirectory(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    assertThat(run(way, plain().oldVersions(old("../old", ""))).failures()).isEmpty();
    Path backup = backup(way);
    assertSame(way);
    assertThat(backup.resolveSibling("old/d/x/a")).hasContent("old a");
    assertThat(backup.resolveSibling("old/d/x/deep/b")).hasContent("old b");
    assertThat(backup.resolveSibling("old/d/other")).hasContent("other");
    // Again to the same place, where a directory of that name exists now.
    Files.delete(source.resolve("d/x"));
    write("d/x/a", "a again");
    write("d/x/c", "new c");
    assertThat(run(way, plain()).failures()).isEmpty();
    remove("d/x");
    write("d/x", "a file again");
    assertThat(run(way, plain().oldVersions(old("../old", ""))).failures()).isEmpty();
    backup = backup(way);
    assertThat(backup.resolve("d/x")).hasContent("a file again");
    assertThat(backup.resolveSibling("old/d/x/a")).hasContent("a again");
    assertThat(backup.resolveSibling("old/d/x/c")).hasContent("new c");
    assertThat(backup.resolveSibling("old/d/x/deep/b")).hasContent("old b");
  }

  @ParameterizedTest
  @EnumSource
  void directoryThatBecameAFile_isRenamedWhereThereIsOnlyASuffix(Way way) throws Exception {
    directoryThatBecomesAFile(way);
    assertThat(run(way, plain().oldVersions(old("", ".old"))).failures()).isEmpty();
    Path backup = backup(way);
    assertThat(backup.resolve("d/x")).hasContent("now a file");
    assertThat(backup.resolve("d/x.old/a")).hasContent("old a");
    assertThat(backup.resolve("d/x.old/deep/b")).hasContent("old b");
  }

  @ParameterizedTest
  @EnumSource
  void emptyDirectoryThatBecameAFile_isReplacedAtOnce(Way way) throws Exception {
    for (int size : new int[] {9, 600_000}) {
      Path place = Files.createDirectories(source.resolve("d/" + size));
      assertThat(run(way, plain()).failures()).isEmpty();
      Files.delete(place);
      RandomTree.write(place, RandomTree.bytes(1, size), OLD);
      assertThat(run(way, plain()).failures()).isEmpty();
      assertSame(way);
    }
  }

  // Old versions whose names collide with other files

  @ParameterizedTest
  @EnumSource
  void backupDirectoryInTheDestination_replacesNoFileOfTheSource(Way way) throws Exception {
    write("report", "first");
    write("old/report", "live");
    write("gone", "gone");
    write("old/gone", "live, too");
    write("b/f", "b 1");
    assertThat(run(way, plain()).failures()).isEmpty();
    write("report", "second!");
    write("b/f", "b, second");
    Files.delete(source.resolve("gone"));
    write("old/more", "not backed up");
    for (boolean isDry : new boolean[] {true, false}) {
      BackupReport report = run(way, despiteErrors().dryRun(isDry).oldVersions(old("old", "")));
      assertFailed(report, "old", "old versions are kept");
      assertFailed(report, "report", "old/report", "OldVersions.directory");
      assertFailed(report, "gone", "old/gone");
    }
    Path backup = backup(way);
    assertThat(backup.resolve("report")).hasContent("first");
    assertThat(backup.resolve("old/report")).hasContent("live");
    assertThat(backup.resolve("old/gone")).hasContent("live, too");
    assertThat(backup.resolve("b/f")).hasContent("b, second");
    assertThat(backup.resolve("old/b/f")).hasContent("b 1");
  }

  @ParameterizedTest
  @EnumSource
  void fileInThePlaceOfTheBackupDirectory_orAboveIt_fails(Way way) throws Exception {
    write("a", "first");
    assertThat(run(way, plain()).failures()).isEmpty();
    write("a", "second!");
    write("old", "a file");
    for (String place : List.of("old", "old/today")) {
      BackupReport report = run(way, plain().oldVersions(old(place, "")));
      assertFailed(report, "old", "old versions are kept");
    }
    Path backup = backup(way);
    assertThat(backup.resolve("a")).hasContent("second!");
    assertThat(backup.resolve("old/a")).hasContent("first");
  }

  @ParameterizedTest
  @EnumSource
  void suffix_replacesNoFileOfTheSource(Way way) throws Exception {
    write("a", "a 1");
    write("a~", "live");
    write("b", "b 1");
    write("gone", "gone");
    write("gone~", "live, too");
    write("hidden", "h 1");
    write("hidden~", "live, and excluded");
    assertThat(run(way, plain()).failures()).isEmpty();
    write("a", "a, second");
    write("b", "b, second");
    write("hidden", "h, second");
    Files.delete(source.resolve("gone"));
    for (boolean isDry : new boolean[] {true, false}) {
      BackupReport report =
          run(
              way,
              despiteErrors()
                  .dryRun(isDry)
                  .filters(Filters.builder().exclude("/hidden~").build())
                  .oldVersions(old("", "~")));
      assertFailed(report, "a", "a~", "OldVersions.suffix");
      assertFailed(report, "hidden", "hidden~");
      assertFailed(report, "gone", "gone~");
    }
    Path backup = backup(way);
    assertThat(backup.resolve("a")).hasContent("a 1");
    assertThat(backup.resolve("a~")).hasContent("live");
    assertThat(backup.resolve("gone~")).hasContent("live, too");
    assertThat(backup.resolve("hidden~")).hasContent("live, and excluded");
    assertThat(backup.resolve("b")).hasContent("b, second");
    assertThat(backup.resolve("b~")).hasContent("b 1");
  }

  @ParameterizedTest
  @EnumSource
  void suffix_replacesNoFileThatIsNewInThisRun(Way way) throws Exception {
    write("a", "a 1");
    assertThat(run(way, plain()).failures()).isEmpty();
    write("a", "a, second");
    write("a~", "new");
    assertFailed(run(way, plain().oldVersions(old("", "~"))), "a", "a~");
    Path backup = backup(way);
    assertThat(backup.resolve("a")).hasContent("a 1");
    assertThat(backup.resolve("a~")).hasContent("new");
  }

  @ParameterizedTest
  @EnumSource
  void placesThatHoldTheDestination_areRefused(Way way) throws Exception {
    write("a", "a");
    for (String place : List.of(".", "../backup", "..", "../backup/../backup", "x/..", "../.")) {
      assertThatThrownBy(() -> run(way, plain().oldVersions(old(place, ""))))
          .as(place)
          .isInstanceOf(InvalidJobException.class)
          .hasMessageContaining("old versions cannot be kept");
    }
    assertThatThrownBy(() -> run(way, plain().oldVersions(old("..", "~"))))
        .isInstanceOf(InvalidJobException.class);
    assertThat(Files.exists(backup(way), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void anotherNameOfADirectoryInTheDestination_isRecognised(Way way) throws Exception {
    write("a", "first");
    write("b", "b");
    assertThat(run(way, plain()).failures()).isEmpty();
    write("a", "second!");
    List<String> places = new ArrayList<>(List.of("../backup/old", "x/../old"));
    Path backup = backup(way);
    if (way != Way.BUCKET) {
      Files.createDirectory(backup.resolve("old"));
      Path link = Files.createSymbolicLink(temp.resolve("link"), backup.resolve("old"));
      places.add(link.toString());
    }
    for (String place : places) {
      assertThat(run(way, deleting("").oldVersions(old(place, ""))).failures()).as(place).isEmpty();
      backup = backup(way);
      assertThat(backup.resolve("old/a")).as(place).hasContent("first");
      assertThat(run(way, deleting("0").oldVersions(old(place, ""))).failures()).isEmpty();
    }
  }
}
