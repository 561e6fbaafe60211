package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.mtb.job.Activity;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.Filters;
import dev.mtb.options.OldVersions;
import dev.mtb.store.TemporaryNames;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verification of files that are in the backup and not in the source. */
class VerifyExtraTest {
  private static final Instant TIME = Instant.parse("2024-01-01T00:00:00Z");

  @TempDir Path temp;
  private Path source;
  private Path backup;

  /** The paths that the listener got as not in the source; directories end with a slash. */
  private final Set<String> extra = new ConcurrentSkipListSet<>();

  @BeforeEach
  void backUp() throws IOException {
    source = temp.resolve("source");
    backup = temp.resolve("backup");
    write(source.resolve("a"));
    write(source.resolve("sub/b"));
    assertThat(Mtb.backup(job(options(), ".")).exitCode()).isZero();
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().threads(4).stateDirectory(temp.resolve("state"));
  }

  private BackupJob job(BackupOptions.Builder options, String... entries) {
    BackupJob.Builder job =
        BackupJob.builder().base(source).destination(backup).options(options.build());
    List.of(entries).forEach(entry -> job.source(Path.of(entry)));
    return job.build();
  }

  private static Path write(Path file) throws IOException {
    return RandomTree.write(file, "content".getBytes(UTF_8), TIME);
  }

  private BackupReport verify(BackupOptions.Builder options, String... entries) throws IOException {
    return verify(options, new Listener(), entries);
  }

  private BackupReport verify(BackupOptions.Builder options, Listener listener, String... entries)
      throws IOException {
    settle();
    extra.clear();
    return Mtb.verify(job(options, entries), listener);
  }

  /**
   * Resets the mtimes of directories, which have changed with their contents and would be another
   * difference.
   */
  private void settle() throws IOException {
    try (Stream<Path> all = Files.walk(source)) {
      for (Path path : all.filter(Files::isDirectory).toList()) {
        Path copy = backup.resolve(source.relativize(path));
        if (Files.isDirectory(copy, LinkOption.NOFOLLOW_LINKS)) {
          Files.setLastModifiedTime(copy, Files.getLastModifiedTime(path));
        }
      }
    }
  }

  private class Listener implements BackupListener {
    @Override
    public void decided(Path path, Metadata known, Action action, Reason reason) {
      if (reason == Reason.NOT_IN_SOURCE) {
        assertThat(action).isEqualTo(Action.DELETE);
        extra.add(path + (known.kind() == Kind.DIRECTORY ? "/" : ""));
      }
    }
  }

  @Test
  void extraFiles_areCountedAndNamed_andAreNoFailure() throws Exception {
    assertThat(verify(options(), ".").totals().extra()).isZero();
    write(backup.resolve("sub/old"));
    write(backup.resolve("gone/deep/old"));
    Files.createSymbolicLink(backup.resolve("link"), Path.of("a"));

    BackupReport report = verify(options(), ".");

    assertThat(report.failures()).isEmpty();
    assertThat(report.outcome()).isEqualTo(Outcome.OK);
    assertThat(report.totals().extra()).isEqualTo(3);
    assertThat(report.totals().unchanged()).isEqualTo(2);
    assertThat(report.totals().deleted()).isZero();
    assertThat(extra)
        .containsExactlyInAnyOrder("sub/old", "gone/", "gone/deep/", "gone/deep/old", "link");
    assertThat(backup.resolve("gone/deep/old")).exists();
    assertThat(backup.resolve("link")).isSymbolicLink();
  }

  @Test
  void strict_makesEachAFailure() throws Exception {
    assertThat(verify(options().checks(o -> o.withStrict(true)), ".").exitCode()).isZero();
    write(backup.resolve("sub/old"));
    Files.createDirectory(backup.resolve("empty"));

    BackupReport report = verify(options().checks(o -> o.withStrict(true)), ".");

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures())
        .allMatch(failure -> failure.stage() == Failure.Stage.VERIFY)
        .allMatch(failure -> failure.error().equals("not in source"))
        .extracting(failure -> failure.path().toString())
        .containsExactlyInAnyOrder("sub/old", "empty");
    assertThat(report.totals().extra()).isOne();
  }

  @Test
  void extraFiles_besideADifference_areCountedToo() throws Exception {
    write(source.resolve("missing"));
    write(backup.resolve("old"));

    BackupReport report = verify(options(), ".");

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).extracting(f -> f.path().toString()).containsExactly("missing");
    assertThat(extra).containsExactly("old");
  }

  @Test
  void onlyWhatTheListCovers() throws Exception {
    write(source.resolve("sub/deep/c"));
    write(source.resolve("file"));
    assertThat(Mtb.backup(job(options(), ".")).exitCode()).isZero();
    write(backup.resolve("stranger"));
    write(backup.resolve("other/stranger"));
    write(backup.resolve("sub/stranger"));
    write(backup.resolve("sub/deep/stranger"));

    assertThat(verify(options(), "file", "sub/deep").totals().extra()).isOne();
    assertThat(extra).containsExactly("sub/deep/stranger");
    assertThat(verify(options(), "file", "sub/b").totals().extra()).isZero();
  }

  @Test
  void whatLandsFromOutsideOfTheBase_isNotExtra() throws Exception {
    Path outside = write(temp.resolve("outside/theirs"));
    String entry = outside.toString();
    assertThat(Mtb.backup(job(options(), ".", entry)).exitCode()).isZero();

    assertThat(verify(options(), ".", entry).totals().extra()).isZero();
    assertThat(extra).isEmpty();
    assertThat(verify(options(), ".").totals().extra()).isOne();
  }

  @Test
  void whatFiltersExclude_isNotExtra() throws Exception {
    write(source.resolve("in source.tmp"));
    for (String name : List.of("x.tmp", "in source.tmp", "gone/x.tmp", "old", "gone/old")) {
      write(backup.resolve(name));
    }
    Filters filters = Filters.builder().exclude("*.tmp").build();

    // A deleting backup keeps the directory, since a filter protects something in it.
    assertThat(verify(options().filters(filters), ".").totals().extra()).isEqualTo(2);
    assertThat(extra).containsExactlyInAnyOrder("old", "gone/old");
    Filters directory = Filters.builder().exclude("gone/").build();
    assertThat(verify(options().filters(directory), ".").failures()).hasSize(0);
    assertThat(extra).containsExactlyInAnyOrder("old", "x.tmp");
  }

  @Test
  void temporaryFiles_areNotExtra() throws Exception {
    write(backup.resolve(TemporaryNames.next()));
    write(backup.resolve("sub/.fuse_hidden0123456789abcdef"));
    BackupReport report = verify(options().checks(o -> o.withStrict(true)), ".");
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().extra()).isZero();
  }

  @Test
  void oldVersions_areNotExtra() throws Exception {
    for (OldVersions old :
        List.of(
            new OldVersions(Optional.empty(), "~"),
            new OldVersions(Optional.of(Path.of("old/today")), ""))) {
      write(source.resolve("c"));
      write(source.resolve("gone/d"));
      assertThat(Mtb.backup(job(options(), ".")).exitCode()).isZero();
      Files.delete(source.resolve("c"));
      Files.delete(source.resolve("gone/d"));
      BackupOptions.Builder mirror = options().deletion(Deletion.ALL).oldVersions(old);
      assertThat(Mtb.backup(job(mirror, ".")).failures()).isEmpty();

      BackupReport report = verify(options().oldVersions(old).checks(o -> o.withStrict(true)), ".");
      assertThat(report.failures()).as("%s", old).isEmpty();
      assertThat(report.totals().extra()).as("%s", old).isZero();
      assertThat(verify(options(), ".").totals().extra()).as("%s", old).isPositive();
      try (Stream<Path> left = Files.list(backup)) {
        for (Path path : left.toList()) {
          MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
        }
      }
    }
  }

  @Test
  void whatIsInADirectoryInThePlaceOfAFile_isExtra() throws Exception {
    Files.delete(backup.resolve("a"));
    write(backup.resolve("a/old"));
    BackupReport report = verify(options(), ".");
    assertThat(report.failures()).extracting(f -> f.path().toString()).containsExactly("a");
    assertThat(extra).containsExactly("a/old");
    assertThat(report.totals().extra()).isOne();
  }

  @Test
  void sourceThatCannotBeScanned_makesNothingExtra() throws Exception {
    write(source.resolve("there/c"));
    assertThat(Mtb.backup(job(options(), ".")).exitCode()).isZero();
    write(backup.resolve("sub/old"));
    write(backup.resolve("there/old"));
    BackupReport report =
        verify(
            options(),
            new Listener() {
              @Override
              public void busy(Activity activity, Path path) {
                if (activity == Activity.LISTING && path.toString().equals("sub")) {
                  try {
                    Files.move(source.resolve("sub"), temp.resolve("elsewhere"));
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                }
              }
            },
            ".");
    assertThat(report.failures()).extracting(f -> f.path().toString()).containsExactly("sub");
    assertThat(extra).containsExactly("there/old");
    assertThat(verify(options(), "sub").totals().extra()).isZero();
  }

  @Test
  void sourceThatIsNotMounted_makesNothingExtra() throws Exception {
    write(backup.resolve("mnt/one"));
    Path mountPoint = Files.createDirectory(source.resolve("mnt"));
    assertThat(verify(options(), ".").totals().extra()).isOne();
    Files.createDirectories(temp.resolve("state"));
    Files.writeString(temp.resolve("state/source-mounts"), PathBytes.toUri(mountPoint) + "\n");
    assertThat(verify(options(), ".").totals().extra()).isZero();
  }
}
