package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.OldVersions;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.text.Normalizer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Destinations that take two different names of the source for the same name. */
class FoldedNamesTest {
  private static final Instant OLD = Instant.parse("2024-01-01T00:00:00Z");

  enum Place {
    MAC(Configuration.osX(), "/Users/backup"),
    WINDOWS(Configuration.windows(), "C:\\backup");

    @SuppressWarnings("ImmutableEnumChecker")
    private final Configuration configuration;

    private final String path;

    Place(Configuration configuration, String path) {
      this.configuration = configuration;
      this.path = path;
    }
  }

  @TempDir Path state;
  private FileSystem exact;
  private FileSystem folding;
  private Path source;
  private Path backup;

  @BeforeEach
  void makeSource() throws IOException {
    exact = Jimfs.newFileSystem(Configuration.unix());
    source = Files.createDirectory(exact.getPath("/source"));
  }

  private void makeBackup(Place place) throws IOException {
    folding = Jimfs.newFileSystem(place.configuration);
    backup = folding.getPath(place.path);
    Files.createDirectories(backup.getParent());
  }

  @AfterEach
  void close() throws IOException {
    exact.close();
    if (folding != null) {
      folding.close();
    }
  }

  private Path write(String path, String content) throws IOException {
    Path file = source.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    Files.setLastModifiedTime(file, FileTime.from(OLD));
    return file;
  }

  private BackupReport run(BackupOptions.Builder options, String... entries) {
    return Mtb.backup(job(options, entries).build());
  }

  private BackupJob.Builder job(BackupOptions.Builder options, String... entries) {
    BackupJob.Builder job =
        BackupJob.builder()
            .base(source)
            .destination(backup)
            .options(options.stateDirectory(state).build());
    for (String entry : entries) {
      job.source(exact.getPath(entry));
    }
    return job;
  }

  private static BackupOptions.Builder options() {
    return BackupOptions.builder().threads(4).checkers(4);
  }

  private static BackupOptions.Builder mirroring() {
    return options().deletion(Deletion.ALL);
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(backup)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = backup.relativize(file).toString().replace('\\', '/');
        contents.put(Normalizer.normalize(name, Normalizer.Form.NFC), Files.readString(file));
      }
    }
    return contents;
  }

  private static List<String> failed(BackupReport report) {
    List<String> paths = new ArrayList<>();
    report.failures().forEach(failure -> paths.add(failure.path().toString()));
    return paths;
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void twoFiles_endAsOneAndAFailure_inEveryRun(Place place) throws IOException {
    makeBackup(place);
    write("d/README", "the first");
    write("d/Readme", "another");
    write("d/other", "x");
    for (int run = 0; run < 3; run++) {
      BackupReport report = run(run == 2 ? mirroring() : options(), ".");

      assertThat(report.exitCode()).isEqualTo(23);
      assertThat(report.failures()).hasSize(1);
      String error = report.failures().get(0).error();
      String loser = report.failures().get(0).path().getFileName().toString();
      String winner = loser.equals("README") ? "Readme" : "README";
      assertThat(error).contains(winner).contains("ignores case").contains("rename one of them");
      assertThat(contents())
          .isEqualTo(
              Map.of(
                  "d/" + winner,
                  winner.equals("README") ? "the first" : "another",
                  "d/other",
                  "x"));
      assertThat(report.totals().copied()).isEqualTo(run == 0 ? 2 : 0);
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void dryRunAndVerify_sayTheSame(Place place) throws IOException {
    makeBackup(place);
    write("README", "the first");
    write("Readme", "another");
    List<String> losers = failed(run(options(), "."));
    assertThat(losers).hasSize(1);

    assertThat(failed(run(options().dryRun(true), "."))).isEqualTo(losers);
    assertThat(failed(Mtb.verify(job(options(), ".").build(), BackupListener.NONE)))
        .isEqualTo(losers);
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void linksAndDirectories_meetEachOtherToo(Place place) throws IOException {
    makeBackup(place);
    write("photos/a", "a");
    write("Photos/b", "b");
    write("PHOTOS", "a file");
    Files.createSymbolicLink(source.resolve("photoS"), exact.getPath("photos"));

    BackupReport report = run(options(), ".");

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(3);
    // The contents of two directories are not mixed.
    assertThat(contents().size()).isLessThanOrEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void listedEntries_thatComeSeparately_meetEachOther_andTheFirstWins(Place place)
      throws IOException {
    makeBackup(place);
    write("d/report", "1");
    write("d/REPORT", "2");
    write("e/x", "between");
    write("D/other", "3");

    BackupReport report = run(options(), "d/report", "e/x", "d/REPORT", "D/other");

    assertThat(failed(report)).containsExactlyInAnyOrder("d/REPORT", "D");
    assertThat(contents()).isEqualTo(Map.of("d/report", "1", "e/x", "between"));
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void listedFile_fromElsewhere_isNotReplacedByOneThatIsFoundByWalking(Place place)
      throws IOException {
    makeBackup(place);
    write("etc/Hosts", "walked");
    Files.createDirectory(exact.getPath("/etc"));
    Files.writeString(exact.getPath("/etc/hosts"), "listed");

    BackupReport report = run(options(), "etc", "/etc/hosts");

    assertThat(failed(report)).containsExactly("etc/Hosts");
    assertThat(contents()).isEqualTo(Map.of("etc/hosts", "listed"));
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void renamedInCaseOnly_isNeverDeleted(Place place) throws IOException {
    makeBackup(place);
    write("report.txt", "kept");
    write("folder/in it", "kept too");
    write("gone", "x");
    assertThat(run(mirroring(), ".").exitCode()).isZero();
    Files.move(source.resolve("report.txt"), source.resolve("Report.txt"));
    Files.move(source.resolve("folder"), source.resolve("Folder"));
    Files.delete(source.resolve("gone"));

    for (int run = 0; run < 2; run++) {
      BackupReport report = run(mirroring(), ".");

      assertThat(report.failures()).isEmpty();
      assertThat(report.totals().deleted()).isEqualTo(run == 0 ? 1 : 0);
      assertThat(report.totals().copied()).as("its content is there").isZero();
      assertThat(contents().values()).containsExactlyInAnyOrder("kept", "kept too");
    }

    write("Report.txt", "changed");
    assertThat(run(mirroring(), ".").exitCode()).isZero();
    assertThat(contents().values()).containsExactlyInAnyOrder("changed", "kept too");
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void dryRun_deletesNothingThatIsOnlyRenamedInCase(Place place) throws IOException {
    makeBackup(place);
    write("report.txt", "kept");
    assertThat(run(mirroring(), ".").exitCode()).isZero();
    Files.move(source.resolve("report.txt"), source.resolve("Report.txt"));

    BackupReport report = run(mirroring().dryRun(true), ".");

    assertThat(report.totals().deleted()).isZero();
    assertThat(report.totals().copied()).isZero();
  }

  @ParameterizedTest
  @EnumSource(value = Place.class, names = "MAC")
  void accents_inTwoForms_areOneName(Place place) throws IOException {
    makeBackup(place);
    String composed = Normalizer.normalize("résumé", Normalizer.Form.NFC);
    String decomposed = Normalizer.normalize("résumé", Normalizer.Form.NFD);
    write(composed, "1");
    assertThat(run(mirroring(), ".").exitCode()).isZero();
    Files.move(source.resolve(composed), source.resolve(decomposed));
    assertThat(run(mirroring(), ".").exitCode()).isZero();
    assertThat(contents().values()).containsExactly("1");

    write(composed, "2");
    BackupReport both = run(mirroring(), ".");

    assertThat(both.exitCode()).isEqualTo(23);
    assertThat(both.failures()).hasSize(1);
    assertThat(contents()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void oldVersions_neverReplaceAFileOfTheSourceInAnotherCase(Place place) throws IOException {
    makeBackup(place);
    write("a", "old");
    write("A.OLD", "live");
    assertThat(run(options(), ".").exitCode()).isZero();
    write("a", "newer");

    BackupReport report =
        run(options().oldVersions(new OldVersions(Optional.empty(), ".old")), ".");

    assertThat(failed(report)).containsExactly("a");
    assertThat(contents()).isEqualTo(Map.of("a", "old", "A.OLD", "live"));
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void restore_toAFoldingPlace_failsForOneOfTwo(Place place) throws IOException {
    makeBackup(place);
    write("README", "the first");
    write("Readme", "another");

    BackupReport report =
        Mtb.restore(
            RestoreJob.builder()
                .from(source)
                .to(backup)
                .options(options().stateDirectory(state).build())
                .build(),
            BackupListener.NONE);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(contents()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void probe_leavesNoFile(Place place) throws IOException {
    makeBackup(place);
    write("a", "x");
    assertThat(run(options(), "a").exitCode()).isZero();
    FileTime before = Files.getLastModifiedTime(backup);

    assertThat(run(options(), "a").exitCode()).isZero();

    assertThat(contents().keySet()).containsExactly("a");
    assertThat(Files.getLastModifiedTime(backup)).isEqualTo(before);
  }
}
