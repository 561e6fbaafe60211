package dev.mtb.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.cli.Main;
import dev.mtb.job.BackupJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.testing.RandomTree;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFileTest {
  @TempDir Path temp;
  private Path source;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = RandomTree.write(temp.resolve("source/a"), "precious").getParent();
  }

  private int backup(OutputStream out, String report) {
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    int code =
        Main.run(
            new String[] {
              "backup",
              "-b",
              source.toString(),
              "--report",
              report,
              "a",
              temp.resolve("backup").toString()
            },
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  private int backup(Path report) {
    return backup(OutputStream.nullOutputStream(), report.toString());
  }

  private void assertRefused(Path report, String message) {
    assertThat(backup(report)).as(err).isEqualTo(2);
    assertThat(err).contains("the report ").contains(message);
    assertThat(temp.resolve("backup")).as("nothing was begun").doesNotExist();
  }

  private static void assertIsReport(Path file) throws IOException {
    assertThat(new ObjectMapper().readTree(file.toFile()).at("/status").asText()).isEqualTo("ok");
  }

  @Test
  void placesWhereNoReportCanBe_areRefusedBeforeTheRun() throws Exception {
    assertRefused(Files.createDirectory(temp.resolve("folder")), "is a directory");
    assertRefused(temp.resolve("none/report"), "there is no directory");
    assertRefused(source.resolve("a/report"), "there is no directory");
    Path dangling = Files.createSymbolicLink(temp.resolve("dangling"), temp.resolve("nowhere"));
    assertRefused(dangling, "leads nowhere");
    assertThat(temp.resolve("folder")).isEmptyDirectory();
  }

  @Test
  void whatIsToBeBackedUp_isNeverReplaced() throws Exception {
    assertRefused(source.resolve("a"), "would take the place of");
    assertRefused(source.resolve("../source/a"), "would take the place of");
    Path link = Files.createSymbolicLink(temp.resolve("link"), source.resolve("a"));
    assertRefused(link, "would take the place of");
    Path hard = Files.createLink(temp.resolve("hard"), source.resolve("a"));
    assertRefused(hard, "would take the place of");
    assertThat(source.resolve("a")).hasContent("precious");
  }

  @Test
  void list_isNeverReplaced() throws Exception {
    Path list = Files.writeString(temp.resolve("list"), "a\n");
    BackupJob job = BackupJob.builder().base(source).filesFrom(list).destination(temp).build();
    assertThatThrownBy(() -> ReportFile.check(list, Subject.of(job, List.of()).outputs()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("would take the place of " + list);
  }

  @Test
  void insideTheSource_isFine() throws Exception {
    Path report = source.resolve("report.json");
    assertThat(backup(report)).as(err).isZero();
    assertIsReport(report);
  }

  @Test
  void linkInAFolderOfOnesOwn_staysALink() throws Exception {
    Path real = RandomTree.write(temp.resolve("real"), "old");
    Path link = Files.createSymbolicLink(temp.resolve("link"), Path.of("real"));
    assertThat(backup(link)).as(err).isZero();
    assertThat(link).isSymbolicLink();
    assertIsReport(real);
  }

  @Test
  void linkOfSomebodyElse_inASharedFolder_isNotFollowed() throws Exception {
    Path victim = RandomTree.write(temp.resolve("victim"), "precious");
    Path shared = Files.createDirectory(temp.resolve("shared"));
    Files.setAttribute(shared, "unix:mode", 01777);
    Path link = Files.createSymbolicLink(shared.resolve("report"), victim);
    try {
      Files.setAttribute(link, "unix:uid", 12345, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      assumeThat(true).as("needs root").isFalse();
    }
    assertRefused(link, "another user");
    assertThat(victim).hasContent("precious");
  }

  @Test
  void olderReport_isReplacedWhole_andOthersMayReadIt() throws Exception {
    Path report = RandomTree.write(temp.resolve("report"), "an older one");
    assertThat(backup(report)).as(err).isZero();
    assertIsReport(report);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(report)))
        .isEqualTo(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(Files.createFile(temp.resolve("usual")))));
    try (var files = Files.list(temp)) {
      assertThat(files.map(f -> f.getFileName().toString())).noneMatch(n -> n.startsWith("."));
    }
  }

  @Test
  void whatCannotBeWrittenInTheEnd_leavesTheOlderOne() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("folder"));
    Path file = folder.resolve("report");
    BackupJob job = BackupJob.builder().base(source).source(Path.of("a")).destination(temp).build();
    ReportFile report = ReportFile.check(file, Subject.of(job, List.of()).outputs());
    RandomTree.write(file.resolve("in its place"), "a directory meanwhile");
    assertThatThrownBy(() -> report.write("{}", System.out)).isInstanceOf(IOException.class);
    assertThat(file.resolve("in its place")).hasContent("a directory meanwhile");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void devicesAndPipes_areWrittenToAndStay() throws Exception {
    assumeThat(Files.isWritable(Path.of("/dev/full"))).isTrue();
    assertThat(backup(Path.of("/dev/null"))).as(err).isZero();
    assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
  }

  @Test
  void fullDisk_isSaid_andIsNoSuccess() throws Exception {
    assumeThat(Files.isWritable(Path.of("/dev/full"))).isTrue();
    assertThat(backup(Path.of("/dev/full"))).isEqualTo(23);
    assertThat(err).contains("the report /dev/full cannot be written").contains("No space left");
    assertThat(temp.resolve("backup/a")).hasContent("precious");
    try (OutputStream full = new FileOutputStream("/dev/full")) {
      assertThat(backup(full, "-")).isEqualTo(23);
    }
    assertThat(err).contains("standard output is closed or full");
    assertThat(Files.exists(Path.of("/dev/full"))).isTrue();
  }
}
