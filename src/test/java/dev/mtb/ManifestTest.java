package dev.mtb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.model.Action;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The manifest, checked by the programs that it is written for. */
class ManifestTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private Path manifest;

  @BeforeEach
  void folders() throws IOException {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
    manifest = temp.resolve("manifest");
  }

  private BackupReport backUp(BackupOptions.Builder options, BackupListener listener) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(destination)
            .options(options.stateDirectory(temp.resolve("state")).build())
            .build(),
        listener);
  }

  private BackupReport backUp() {
    return backUp(BackupOptions.builder().manifest(manifest), BackupListener.NONE);
  }

  /** The output of {@code md5sum -c} or the like in the destination, and its exit code last. */
  private List<String> check(String program, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(options));
    command.addAll(List.of("-c", manifest.toString()));
    Process process =
        new ProcessBuilder(command)
            .directory(destination.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    // Not lines(): md5sum shows a carriage return as it is.
    return Stream.concat(Stream.of(output.split("\n")), Stream.of("exit " + process.waitFor()))
        .toList();
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(manifest, ISO_8859_1);
  }

  private long entries() throws IOException {
    return lines().stream().filter(line -> !line.startsWith("#")).count();
  }

  @ParameterizedTest
  @CsvSource({"MD5, md5sum", "SHA1, sha1sum", "SHA256, sha256sum", "SHA512, sha512sum"})
  void awkwardTree_isCheckedByTheRealProgram(DigestAlgorithm algorithm, String program)
      throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(10)
            .files(60)
            .sizes(0, 600_000)
            .links(8)
            .awkwardNames()
            .rawNames()
            .build(source.resolve("tree"));
    int own = 0;
    for (String name :
        List.of(
            "-", "--check", "# comment", "\\", "\n", "a\rb", "end\r", " *x", "tail \\n", "d/-")) {
      RandomTree.write(RandomTree.child(source, name.getBytes(UTF_8)), "content of " + name);
      own++;
    }
    int files = tree.files().size() + own;

    for (String state : List.of("new", "unchanged")) {
      BackupReport report =
          backUp(
              BackupOptions.builder().manifest(manifest).comparison(c -> c.withDigest(algorithm)),
              BackupListener.NONE);
      assertThat(report.failures()).as("%s", tree).isEmpty();
      assertThat(report.totals().copied() > 0).isEqualTo(state.equals("new"));
      assertThat(entries()).as("%s, %s", state, tree).isEqualTo(files);
      // Strict: a line that is neither a digest nor a comment fails, too.
      List<String> checked = check(program, "--strict", "--warn");
      assertThat(checked).as("%s, %s", state, tree).hasSize(files + 1).last().isEqualTo("exit 0");
      assertThat(lines()).last().isEqualTo("# complete: " + files + " files");
    }
    RandomTree.write(destination.resolve("-"), "other");
    assertThat(check(program, "--quiet")).contains("./-: FAILED", "exit 1");
  }

  @Test
  void eachKindOfThing_isListedAsWhatItIs() throws Exception {
    RandomTree.write(source.resolve("d/copied"), "1");
    RandomTree.write(source.resolve("d/unchanged"), "22");
    RandomTree.write(
        source.resolve("d/metadata"), "333".getBytes(UTF_8), Instant.ofEpochSecond(1_600_000_000));
    Files.createSymbolicLink(source.resolve("d/link"), Path.of("copied"));
    backUp();
    RandomTree.write(source.resolve("d/copied"), "changed");
    Files.setAttribute(source.resolve("d/metadata"), "unix:mode", 0600);
    Path list = Files.writeString(temp.resolve("list"), "d\nmissing\n");

    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .filesFrom(list)
                .destination(destination)
                .options(
                    BackupOptions.builder()
                        .manifest(manifest)
                        .stateDirectory(temp.resolve("state"))
                        .build())
                .build());

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().unchanged()).isEqualTo(2);
    assertThat(lines())
        .contains(
            "# destination: " + destination,
            "# algorithm: MD5",
            "# directory: d",
            "# link: d/link",
            "# size: 3, mtime: 2020-09-13T12:26:40Z",
            "# failed: missing: no such file or directory",
            "# INCOMPLETE (partial): 3 files, 1 failures");
    assertThat(check("md5sum", "--strict"))
        .containsExactlyInAnyOrder("d/copied: OK", "d/unchanged: OK", "d/metadata: OK", "exit 0");
  }

  @Test
  void unchangedFile_thatChangesMeanwhile_isNotListedWithAnotherDigest() throws Exception {
    for (int f = 0; f < 5; f++) {
      RandomTree.write(
          source.resolve("f" + f), RandomTree.bytes(f, 1000), Instant.ofEpochSecond(f + 1));
    }
    backUp();
    AtomicInteger unchanged = new AtomicInteger();
    BackupListener meddler =
        new BackupListener() {
          @Override
          public void decided(Path path, Metadata metadata, Action action, Reason reason) {
            if (action == Action.NONE && unchanged.incrementAndGet() == 1) {
              try {
                for (int f = 0; f < 5; f++) {
                  Files.write(source.resolve("f" + f), new byte[1000]);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        };

    BackupReport report = backUp(BackupOptions.builder().manifest(manifest).threads(1), meddler);

    // A file that changed between comparison and reading is not in the manifest, and is reported.
    assertThat(report.totals().unchanged()).isEqualTo(1);
    assertThat(report.totals().failed() + report.totals().copied()).isEqualTo(4);
    assertThat(report.exitCode()).isEqualTo(report.totals().failed() == 0 ? 0 : 24);
    assertThat(entries()).isEqualTo(1 + report.totals().copied());
    assertThat(check("md5sum", "--strict")).last().isEqualTo("exit 0");
  }

  @Test
  void dryRun_writesNone() throws Exception {
    RandomTree.write(source.resolve("f"), "x");
    Files.createDirectory(destination);

    backUp(BackupOptions.builder().manifest(manifest).dryRun(true), BackupListener.NONE);

    assertThat(manifest).doesNotExist();
  }

  @Test
  void folderThatIsMissing_isReportedBeforeAnythingIsDone() throws Exception {
    RandomTree.write(source.resolve("f"), "x");
    manifest = temp.resolve("no/manifest");

    assertThatThrownBy(this::backUp)
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("there is no directory " + temp.resolve("no"));
    assertThat(destination).doesNotExist();
    manifest = Files.createDirectory(temp.resolve("directory"));
    assertThatThrownBy(this::backUp)
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("it is a directory");
  }

  @Test
  void manifestThatCannotBeWrittenInTheEnd_isAFailure_andTheOldOneStays() throws Exception {
    RandomTree.write(source.resolve("f"), "x");
    BackupListener meddler =
        new BackupListener() {
          @Override
          public void copied(Path path, Metadata metadata) {
            try (var files = Files.list(temp)) {
              // A directory that is not empty has the manifest's name.
              RandomTree.write(manifest.resolve("in the way"), "old");
              assertThat(files).isNotEmpty();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };

    BackupReport report = backUp(BackupOptions.builder().manifest(manifest), meddler);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).path()).isEqualTo(manifest);
    assertThat(report.failures().get(0).error()).contains("manifest cannot be written");
    assertThat(report.totals().copied()).isEqualTo(1);
    assertThat(manifest.resolve("in the way")).hasContent("old");
    assertNothingLeft();
  }

  @Test
  void destinationThatCannotBeUsed_leavesTheOldManifest() throws Exception {
    RandomTree.write(source.resolve("f"), "x");
    Files.writeString(manifest, "old");
    destination = temp.resolve("no/backup");

    assertThat(backUp().outcome()).isEqualTo(Outcome.FAILED);

    assertThat(manifest).hasContent("old");
    assertNothingLeft();
  }

  @Test
  void interruptedRun_saysThatItIsIncomplete_andStaysInterrupted() throws Exception {
    for (int f = 0; f < 300; f++) {
      RandomTree.write(source.resolve("f" + f), RandomTree.bytes(f, 10_000), Instant.now());
    }
    Thread runner = Thread.currentThread();
    BackupReport report =
        backUp(
            BackupOptions.builder().manifest(manifest).threads(1),
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata metadata) {
                runner.interrupt();
              }
            });

    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(lines()).last().asString().startsWith("# INCOMPLETE (interrupted)");
    assertThat(entries()).isEqualTo(report.totals().copied());
    assertThat(check("md5sum", "--strict")).last().isEqualTo("exit 0");
    assertNothingLeft();
  }

  @Test
  void withReadingBack_manifestAndBackupAgree() throws Exception {
    RandomTree.smallFiles(source, 2, 5, 1000);
    Files.setLastModifiedTime(source.resolve("d0/f1"), FileTime.fromMillis(0));

    BackupReport report =
        backUp(
            BackupOptions.builder()
                .manifest(manifest)
                .checks(c -> c.withVerifyAfter(true))
                .comparison(c -> c.withDigest(DigestAlgorithm.SHA256)),
            BackupListener.NONE);

    assertThat(report.outcome()).isEqualTo(Outcome.OK);
    assertThat(check("sha256sum", "--strict")).hasSize(11).last().isEqualTo("exit 0");
  }

  private void assertNothingLeft() throws IOException {
    try (var files = Files.list(temp)) {
      assertThat(files.map(p -> p.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".mtb"));
    }
    assertThat(Files.exists(manifest, LinkOption.NOFOLLOW_LINKS)).isTrue();
  }
}
