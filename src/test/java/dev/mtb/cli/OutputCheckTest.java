package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No file that MTB writes for its user costs a file of the source, a list, or one of the backup.
 */
class OutputCheckTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private Path list;
  private Path rules;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = Files.createDirectories(temp.resolve("source/sub")).getParent();
    destination = temp.resolve("backup");
    Files.writeString(source.resolve("a.prom"), "a source");
    Files.writeString(source.resolve("sub/b.prom"), "another source");
    list = Files.writeString(temp.resolve("list.prom"), "a.prom\nsub\n");
    rules = Files.writeString(temp.resolve("rules.prom"), "*.tmp\n");
    assertThat(mtb("backup", "-l", list.toString())).as(() -> err).isZero();
  }

  private int mtb(String command, String... args) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of(args));
    all.addAll(List.of("-b", source.toString(), destination.toString()));
    return run(all.toArray(String[]::new));
  }

  private int run(String... args) {
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int code =
        Main.run(
            args,
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8));
    err = errors.toString(StandardCharsets.UTF_8);
    return code;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--report", "--manifest", "--report-html", "--metrics-file", "--log-file"})
  void output_takesThePlaceOfNothingElse(String option) throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("link.prom"), source.resolve("sub/b.prom"));
    List<Path> precious =
        List.of(
            source.resolve("a.prom"),
            source.resolve("sub/b.prom"),
            list,
            rules,
            destination.resolve("a.prom"),
            destination.resolve("sub/b.prom"),
            link);
    for (Path file : precious) {
      String before = Files.readString(file);
      for (String dry : List.of("-n", "-q")) {
        int code =
            mtb(
                "backup",
                dry,
                "-l",
                list.toString(),
                "--exclude-from",
                rules.toString(),
                option,
                file.toString());
        assertThat(code).as("%s %s %s: %s", option, file, dry, err).isEqualTo(2);
        assertThat(file).hasContent(before);
      }
    }
    // Nothing is there yet, but a copy would land there.
    Files.delete(destination.resolve("a.prom"));
    assertThat(mtb("backup", "-l", list.toString(), option, destination + "/a.prom")).isEqualTo(2);
    assertThat(destination.resolve("a.prom")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--report", "--manifest", "--report-html", "--metrics-file", "--log-file"})
  void output_takesThePlaceOfNoFileThatWasReadForTheJob(String option) throws Exception {
    Path inner = Files.writeString(temp.resolve("inner.prom"), "- *.tmp\n");
    Path outer = Files.writeString(temp.resolve("outer.prom"), ". " + inner + "\n!\n");
    Path sizes = Files.writeString(temp.resolve("sizes.prom"), "10\ta.prom\n");
    Path options = Files.writeString(temp.resolve("options.prom"), "--retries 1\n");
    for (Path file : List.of(inner, outer, sizes, options)) {
      String before = Files.readString(file);
      int code =
          mtb(
              "backup",
              "@" + options,
              "--filter",
              ". " + outer,
              "--shard",
              "1/1",
              "--shard-sizes",
              sizes.toString(),
              "-l",
              list.toString(),
              option,
              file.toString());
      assertThat(code).as("%s %s: %s", option, file, err).isEqualTo(2);
      assertThat(err).contains(file + " would take the place of");
      assertThat(file).hasContent(before);
    }
    boolean isOfBackupsOnly = option.equals("--manifest") || option.equals("--metrics-file");
    String restored = temp.resolve("restored").toString();
    for (Path file : isOfBackupsOnly ? List.<Path>of() : List.of(inner, outer, options)) {
      String before = Files.readString(file);
      int code =
          run(
              "restore",
              "@" + options,
              "--filter",
              ". " + outer,
              option,
              file.toString(),
              destination.toString(),
              restored);
      assertThat(code).as("restore %s %s: %s", option, file, err).isEqualTo(2);
      assertThat(file).hasContent(before);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--report", "--manifest", "--report-html", "--metrics-file", "--log-file"})
  void earlierOutputOfTheSameKind_isReplaced_whereverItLies(String option) throws Exception {
    for (Path directory : List.of(temp, source.resolve("sub"), destination)) {
      String file = directory.resolve("out.prom").toString();
      for (int run = 1; run <= 2; run++) {
        assertThat(mtb("backup", "-l", list.toString(), option, file))
            .as("%s %s, run %s: %s", option, file, run, err)
            .isZero();
      }
      Files.delete(Path.of(file));
    }
  }

  @Test
  void reportOfAnotherKind_isNotReplacedInTheSource() throws Exception {
    String file = source.resolve("sub/report.json").toString();
    assertThat(mtb("backup", "-l", list.toString(), "--report", file)).isZero();
    assertThat(mtb("backup", "-l", list.toString(), "--manifest", file)).isEqualTo(2);
    assertThat(Path.of(file)).content().startsWith("{");
  }

  @Test
  void restore_neverReplacesWhatIsInTheBackup_orInTheTarget() throws Exception {
    Path target = Files.createDirectories(temp.resolve("target"));
    Path mine = Files.writeString(target.resolve("mine"), "mine");
    for (Path file : List.of(destination.resolve("a.prom"), mine)) {
      String before = Files.readString(file);
      int code =
          run("restore", "--report", file.toString(), destination.toString(), target.toString());
      assertThat(code).as(err).isEqualTo(2);
      assertThat(file).hasContent(before);
    }
    assertThat(target.resolve("a.prom")).doesNotExist();
  }

  @Test
  void restoreOfAPath_withoutTarget_isRefused_andSaysHowToWriteIt() throws Exception {
    int code = run("restore", destination.toString(), "sub");
    assertThat(code).isEqualTo(2);
    assertThat(err).contains("restore BACKUP sub TARGET").contains("--target sub");
    assertThat(Path.of("sub")).doesNotExist();

    Path target = temp.resolve("target");
    code = run("restore", destination.toString(), "sub", "--target", target.toString());
    assertThat(code).as(err).isZero();
    assertThat(target.resolve("sub/b.prom")).hasContent("another source");
    assertThat(target.resolve("a.prom")).doesNotExist();
    code = run("restore", destination.toString(), "--target", target.toString());
    assertThat(code).as(err).isZero();
    assertThat(target.resolve("a.prom")).hasContent("a source");
  }
}
