package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.testing.CommandResult;
import dev.mtb.testing.Exposition;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --report-html} and {@code --metrics-file}, from the command line. */
class ReportOptionsTest {
  private static final String LAST_SUCCESS = "mtb_last_success_timestamp_seconds";

  @TempDir Path temp;
  private Path source;
  private Path page;
  private Path metrics;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    page = temp.resolve("page.html");
    metrics = temp.resolve("nightly.prom");
    RandomTree.write(source.resolve("a"), "precious");
  }

  private int mtb(String command, String... more) {
    List<String> args = new ArrayList<>(List.of(command, "-b", source.toString()));
    args.addAll(List.of(more));
    args.add(temp.resolve("backup").toString());
    CommandResult result = CommandResult.of(args.toArray(String[]::new));
    err = result.err();
    return result.exitCode();
  }

  private int backup(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("--report-html", page.toString(), "--metrics-file", metrics.toString()));
    args.addAll(List.of(more));
    return mtb("backup", args.toArray(String[]::new));
  }

  private Exposition metrics() throws IOException {
    return Exposition.parse(Files.readString(metrics));
  }

  private double lastSuccess() throws IOException {
    return Double.parseDouble(metrics().value(LAST_SUCCESS));
  }

  private void assertRefused(String message, String... options) {
    List<String> args = new ArrayList<>(List.of(options));
    args.add("a");
    assertThat(mtb("backup", args.toArray(String[]::new))).as(err).isEqualTo(2);
    assertThat(err).contains(message);
    assertThat(temp.resolve("backup")).as("nothing was begun").doesNotExist();
  }

  @Test
  void bothAreWritten_andTellTheSame() throws Exception {
    double before = Instant.now().toEpochMilli() / 1000.0;
    assertThat(backup("a")).as(err).isZero();
    assertThat(page)
        .content()
        .contains("<h1>Backup complete</h1>")
        .contains("<b>1</b><span>files copied</span>")
        .contains("Slowest files");
    assertThat(metrics().value("mtb_last_run_files", Map.of("outcome", "copied"))).isEqualTo("1");
    assertThat(metrics().value("mtb_last_run_copied_bytes")).isEqualTo("8");
    assertThat(metrics().value("mtb_last_run_exit_code")).isEqualTo("0");
    assertThat(metrics().samples().get(0).labels())
        .isEqualTo(
            Map.of(
                "backup",
                "nightly",
                "command",
                "backup",
                "destination",
                temp.resolve("backup").toString()));
    assertThat(lastSuccess())
        .isBetween(before, Instant.now().toEpochMilli() / 1000.0)
        .isGreaterThanOrEqualTo(
            Double.parseDouble(metrics().value("mtb_last_run_start_timestamp_seconds")));
  }

  @Test
  void runsThatFail_writeBoth_andLeaveTheLastSuccess() throws Exception {
    assertThat(backup("a")).isZero();
    double success = lastSuccess();
    assertThat(backup("a", "missing")).isEqualTo(23);
    assertThat(page).content().contains("<h1>Backup incomplete</h1>").contains(">missing<");
    assertThat(lastSuccess()).isEqualTo(success);
    assertThat(metrics().value("mtb_last_run_failures", Map.of("stage", "scan"))).isEqualTo("1");
    assertThat(backup("--require-mount", "a")).isEqualTo(10);
    assertThat(page).content().contains("<h1>Backup failed</h1>").contains("Why it was given up");
    assertThat(lastSuccess()).isEqualTo(success);
    assertThat(metrics().value("mtb_last_run_exit_code")).isEqualTo("10");
    assertThat(backup("a")).isZero();
    assertThat(lastSuccess()).isGreaterThan(success);
  }

  @Test
  void dryRun_hasAPage_butIsNoBackup() throws Exception {
    assertThat(backup("-n", "a")).isZero();
    assertThat(page).content().contains("<h1>Dry run complete</h1>").contains("files to copy");
    assertThat(metrics).doesNotExist();
    assertThat(backup("a")).isZero();
    String written = Files.readString(metrics);
    RandomTree.write(source.resolve("b"), "new");
    assertThat(backup("-n", "b")).isZero();
    assertThat(metrics).hasContent(written);
  }

  @Test
  void whatIsThere_isReplacedWhole_andNothingIsLeftBesideIt() throws Exception {
    Files.createFile(
        metrics,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    RandomTree.write(page, "an older page, " + "longer than the new one".repeat(10_000));
    assertThat(backup("a")).isZero();
    assertThat(page).content().endsWith("</html>\n").doesNotContain("older page");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(metrics)))
        .isEqualTo("rw-r--r--");
    try (var files = Files.list(temp)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("source", "backup", "page.html", "nightly.prom");
    }
  }

  @Test
  void placesWhereTheyCannotBe_areRefusedBeforeTheRun() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("folder.prom"));
    Path list = Files.writeString(temp.resolve("list.prom"), "a\n");
    for (String option : List.of("--report-html", "--metrics-file")) {
      assertRefused("is a directory", option, folder.toString());
      assertRefused("there is no directory", option, temp.resolve("none/x.prom").toString());
      assertRefused("would take the place of", option, source.resolve("a").toString());
      assertRefused("would take the place of", "-l", list.toString(), option, list.toString());
      assertRefused("only --report can go to standard output", option, "-");
    }
    assertThat(source.resolve("a")).hasContent("precious");
    assertThat(list).hasContent("a");
  }

  @Test
  void twoReportsInOnePlace_areRefused() {
    String one = temp.resolve("x.prom").toString();
    assertRefused("would take the place of the report", "--report", one, "--report-html", one);
    assertRefused("would take the place of the report", "--report", one, "--metrics-file", one);
    assertRefused("would take the place of the page", "--report-html", one, "--metrics-file", one);
  }

  @Test
  void nameThatTheCollectorDoesNotRead_isRefused() {
    assertRefused("ends in .prom", "--metrics-file", temp.resolve("nightly.txt").toString());
  }

  @Test
  void metricsOfAnotherCommand_areNotForgotten() throws Exception {
    assertThat(backup("a")).isZero();
    String written = Files.readString(metrics);
    assertThat(mtb("verify", "--metrics-file", metrics.toString(), "a")).isEqualTo(2);
    assertThat(err).contains("holds those of 'mtb backup'").contains("name another file");
    assertThat(metrics).hasContent(written);
    metrics = temp.resolve("verify.prom");
    assertThat(mtb("verify", "--metrics-file", metrics.toString(), "a")).isZero();
    assertThat(metrics().samples().get(0).labels()).containsEntry("command", "verify");
  }

  @Test
  void fullDisk_isSaid_andIsNoSuccess() throws Exception {
    assumeThat(Files.isWritable(Path.of("/dev/full"))).isTrue();
    assertThat(mtb("backup", "--metrics-file", "/dev/full", "a")).isEqualTo(23);
    assertThat(err).contains("the file of metrics /dev/full cannot be written");
    // What is written after it knows.
    page = Path.of("/dev/full");
    assertThat(backup("a")).isEqualTo(23);
    assertThat(err).contains("the page /dev/full cannot be written").contains("No space left");
    assertThat(metrics().value("mtb_last_run_exit_code")).isEqualTo("23");
    assertThat(lastSuccess()).isZero();
    page = temp.resolve("page.html");
    assertThat(backup("--report", "/dev/full", "a")).isEqualTo(23);
    assertThat(page).content().contains("exit code 23");
    assertThat(temp.resolve("backup/a")).hasContent("precious");
    assertThat(mtb("backup", "--metrics-file", "/dev/null", "--report-html", "/dev/null", "a"))
        .isZero();
  }
}
