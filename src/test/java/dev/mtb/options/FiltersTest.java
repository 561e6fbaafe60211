package dev.mtb.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.model.Action;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.testing.RandomTree;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that filters exclude from a run; FilterRsyncTest tests the patterns. */
class FiltersTest {
  @TempDir Path temp;
  private Path source;

  @BeforeEach
  void makeSource() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
  }

  private void files(String... names) throws Exception {
    for (String name : names) {
      RandomTree.write(source.resolve(name), name);
    }
  }

  /** The targets of the files that are backed up. */
  private Set<String> kept(Filters.Builder filters, String... entries) throws Exception {
    Set<String> files = new ConcurrentSkipListSet<>();
    BackupReport report = Mtb.backup(job(filters, entries), files(files));
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().scanned()).isEqualTo(files.size());
    assertThat(Mtb.verify(job(filters, entries), BackupListener.NONE).failures())
        .filteredOn(failure -> !isAboveTemp(failure.path()))
        .isEmpty();
    return new TreeSet<>(files);
  }

  /** Other programs change directories such as /tmp, which the backup of a full path has. */
  private boolean isAboveTemp(Path target) {
    return !target.toString().isEmpty() && temp.startsWith(Path.of("/").resolve(target));
  }

  private static BackupListener files(Set<String> files) {
    return new BackupListener() {
      @Override
      public void decided(Path path, Metadata metadata, Action action, Reason reason) {
        if (metadata.kind() != Kind.DIRECTORY) {
          files.add(path.toString());
        }
      }
    };
  }

  private BackupJob job(Filters.Builder filters, String... entries) {
    BackupJob.Builder job =
        BackupJob.builder()
            .base(source)
            .destination(temp.resolve("backup"))
            .options(BackupOptions.builder().filters(filters.build()).build());
    for (String entry : entries) {
      job.source(Path.of(entry));
    }
    return job.build();
  }

  private static List<String> rules(Filters.Builder filters) {
    return filters.build().rules().stream().map(Filters.Rule::toString).toList();
  }

  @Test
  void rules_keepTheirOrder_whateverTheyAreGivenBy() throws Exception {
    Path excludes =
        Files.writeString(temp.resolve("e"), "# no\n; no\n\nfrom-file\n+ but\n- x y\n#\n");
    Path rules = Files.writeString(temp.resolve("r"), "- merged\ninclude,! other\n");
    assertThat(
            rules(
                Filters.builder()
                    .include("first")
                    .exclude("+ second")
                    .excludeFrom(excludes)
                    .filter(". " + rules)
                    .filter("-_last one")
                    .filter("hide,/ /etc")
                    .includeFrom(excludes)))
        .containsExactly(
            "+ first",
            "+ second",
            "- from-file",
            "+ but",
            "- x y",
            "- merged",
            "+! other",
            "- last one",
            "-/ /etc",
            "+ from-file",
            "+ but",
            "- x y");
  }

  @Test
  void exclamationMark_forgetsAllSoFar() throws Exception {
    Path file = Files.writeString(temp.resolve("e"), "a\n!\nb\n");
    assertThat(rules(Filters.builder().exclude("x").excludeFrom(file))).containsExactly("- b");
    assertThat(rules(Filters.builder().exclude("x").filter("!"))).isEmpty();
    assertThat(rules(Filters.builder().exclude("x").exclude("!").include("!y")))
        .containsExactly("+ !y");
  }

  @Test
  void fileWithNul_holdsWhatIsBetween() throws Exception {
    Path file = temp.resolve("e");
    Files.write(file, "a\nb\0c\0".getBytes(StandardCharsets.UTF_8));
    assertThat(rules(Filters.builder().from0(true).excludeFrom(file)))
        .containsExactly("- a\nb", "- c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "foo",
        "-",
        "- ",
        "+",
        "! x",
        "-z foo",
        ": .rules",
        "dir-merge .rules",
        "P foo",
        "risk foo",
        ".",
        ". /no/such/file",
        ".x file",
        "excluded foo"
      })
  void ruleThatIsNone_isRefused(String rule) {
    assertThatThrownBy(() -> Filters.builder().filter(rule))
        .isInstanceOf(InvalidJobException.class);
  }

  @Test
  void rulesThatNameEachOther_areRefused() throws Exception {
    Path file = temp.resolve("circle");
    Files.writeString(file, ". " + file + "\n");
    assertThatThrownBy(() -> Filters.builder().filter(". " + file))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("circle");
  }

  @Test
  void excludedDirectory_isNotLookedInto() throws Exception {
    files("keep/a", "cache/b");
    assertThat(kept(Filters.builder().exclude("cache/"), ".")).containsExactly("keep/a");
    assertThat(temp.resolve("backup/cache")).doesNotExist();
  }

  @Test
  void listedEntryInAnExcludedDirectory_isBackedUp() throws Exception {
    files("keep/a", "cache/b", "cache/deep/c", "cache/deep/d");
    assertThat(kept(Filters.builder().exclude("cache"), ".", "cache/b", "cache/deep"))
        .containsExactly("cache/b", "cache/deep/c", "cache/deep/d", "keep/a");
  }

  @Test
  void listedEntryThatARuleMatches_isExcluded_butNotTheBase() throws Exception {
    files("a.o", "a.c");
    assertThat(kept(Filters.builder().exclude("*.o"), "a.o", "a.c")).containsExactly("a.c");
    assertThat(kept(Filters.builder().exclude("*.o").exclude("source").exclude("."), "."))
        .containsExactly("a.c");
  }

  @Test
  void entryOutsideOfTheBase_isMatchedByItsFullPath() throws Exception {
    Path other = RandomTree.write(temp.resolve("other/a"), "x");
    RandomTree.write(temp.resolve("other/b"), "x");
    String full = other.toAbsolutePath().toString();
    assertThat(kept(Filters.builder().exclude(full), other.getParent().toString()))
        .containsExactly(full.substring(1).replace("/a", "/b"));
  }

  @Test
  void absoluteRule_seesTheSourcesFullPath() throws Exception {
    files("a", "b");
    assertThat(kept(Filters.builder().filter("-/ " + source.resolve("a")), "."))
        .containsExactly("b");
  }

  @Test
  void cacheDirectory_isExcluded_ifItHasTheSignature() throws Exception {
    files("real/x", "fake/x", "a");
    Files.writeString(
        source.resolve("real/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# me\n");
    Files.writeString(source.resolve("fake/CACHEDIR.TAG"), "Signature: something else");
    assertThat(kept(Filters.builder().excludeCaches(true), "."))
        .containsExactly("a", "fake/CACHEDIR.TAG", "fake/x");
  }

  @Test
  void markedDirectory_isExcluded_butNotTheBase() throws Exception {
    files("no/.nobackup", "no/x", "yes/x", ".nobackup");
    assertThat(kept(Filters.builder().excludeIfPresent(".nobackup"), "."))
        .containsExactly(".nobackup", "yes/x");
    assertThatThrownBy(() -> Filters.builder().excludeIfPresent("a/b"))
        .isInstanceOf(InvalidJobException.class);
  }

  @Test
  void sizesAndTimes_areInclusive_andOnlyForFiles() throws Exception {
    for (int size : new int[] {9, 10, 20, 21}) {
      RandomTree.write(source.resolve("d/" + size), RandomTree.bytes(1, size), Instant.EPOCH);
    }
    assertThat(kept(Filters.builder().minSize(10).maxSize(20), "."))
        .containsExactly("d/10", "d/20");
    Instant limit = Instant.ofEpochSecond(1_000_000);
    Files.setLastModifiedTime(source.resolve("d/9"), FileTime.from(limit.minusNanos(1000)));
    Files.setLastModifiedTime(source.resolve("d/10"), FileTime.from(limit));
    Files.setLastModifiedTime(source.resolve("d"), FileTime.from(limit.minusSeconds(9)));
    assertThat(kept(Filters.builder().newerThan(limit), ".")).containsExactly("d/10");
  }

  @Test
  void specialFileThatIsExcluded_isNotCounted_norAreItsFailures() throws Exception {
    files("a", "locked/b");
    Process process = new ProcessBuilder("mkfifo", source.resolve("p.o").toString()).start();
    assertThat(process.waitFor()).isZero();
    assertThat(Mtb.backup(job(Filters.builder().exclude("*.o"), ".")).totals().skipped()).isZero();
    assertThat(Mtb.backup(job(Filters.builder(), ".")).totals().skipped()).isOne();
  }

  @Test
  void verify_excludesTheSame() throws Exception {
    files("a.c", "a.o");
    kept(Filters.builder().exclude("*.o"), ".");

    BackupReport unfiltered = Mtb.verify(job(Filters.builder(), "."), BackupListener.NONE);

    assertThat(unfiltered.failures()).extracting(f -> f.path().toString()).containsExactly("a.o");
  }

  @Test
  void oneFileSystem_keepsMountPointsEmpty_unlessTheyAreListed() throws Exception {
    files("a", "mounted/hidden", "deep/er/x");
    Path mounted = source.resolve("mounted");
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "none", mounted.toString()) == 0);
    try {
      files("mounted/b", "mounted/sub/c");
      Filters.Builder filters = Filters.builder().oneFileSystem(true);
      assertThat(kept(filters, ".")).containsExactly("a", "deep/er/x");
      assertThat(temp.resolve("backup/mounted")).isEmptyDirectory();
      assertThat(kept(filters, ".", "mounted/sub"))
          .containsExactly("a", "deep/er/x", "mounted/sub/c");
      assertThat(kept(filters, ".", "mounted"))
          .containsExactly("a", "deep/er/x", "mounted/b", "mounted/sub/c");
      assertThat(kept(filters, "mounted")).containsExactly("mounted/b", "mounted/sub/c");
      assertThat(kept(Filters.builder(), "."))
          .containsExactly("a", "deep/er/x", "mounted/b", "mounted/sub/c");
    } finally {
      assertThat(run("umount", mounted.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
