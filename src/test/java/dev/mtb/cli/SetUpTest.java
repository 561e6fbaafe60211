package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

final class SetUpTest {
  @TempDir Path temp;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    return Main.run(args, new PrintStream(out, true), new PrintStream(err, true));
  }

  @Test
  void optionsFile_standsForItsLines() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    Files.writeString(source.resolve("a file"), "content");
    Files.createDirectory(temp.resolve("destination"));
    Path options =
        Files.writeString(
            temp.resolve("nightly"),
            "# every night\n\n--threads 4\n  --base   " + source + "  \n-i\na file\n");
    assertThat(run("backup", "@" + options, temp.resolve("destination").toString())).isZero();
    assertThat(temp.resolve("destination/a file")).hasContent("content");
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("a file");
  }

  @Test
  void optionsFile_missing_isWrongUsage() {
    assertThat(run("backup", "@" + temp.resolve("none"), temp.toString())).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("cannot be read", "none");
  }

  @Test
  void nameWithAt_isAFileWhereAShellPutsFiles() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    Files.writeString(source.resolve("@x"), "--no-such-option");
    Files.createDirectory(temp.resolve("destination"));
    assertThat(run("backup", "-b", source.toString(), "@x", temp.resolve("destination").toString()))
        .isZero();
    assertThat(temp.resolve("destination/@x")).hasContent("--no-such-option");
  }

  @Test
  void environment_givesDefaults_thatTheCommandLineOverrides() {
    BackupCommand command = new BackupCommand(System.out, System.err);
    CommandLine line =
        Main.configured(
            new CommandLine(command),
            Map.of("MTB_THREADS", "7", "MTB_CHECKERS", "9", "MTB_FSYNC", "true"));
    CommandLine.ParseResult parsed = line.parseArgs("--checkers", "3", "x");
    assertThat((Integer) parsed.commandSpec().findOption("--threads").getValue()).isEqualTo(7);
    assertThat((Integer) parsed.commandSpec().findOption("--checkers").getValue()).isEqualTo(3);
    assertThat((Boolean) parsed.commandSpec().findOption("--fsync").getValue()).isTrue();
    assertThat((Boolean) parsed.commandSpec().findOption("--dry-run").getValue()).isFalse();
  }

  @Test
  void completion_namesCommandsAndOptions() {
    assertThat(run("completion", "bash")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("backup", "verify", "--files-from", "complete -F");
  }

  /** What is completed must be what can be typed. */
  @ParameterizedTest
  @ValueSource(strings = {"backup", "restore", "verify", "doctor"})
  void completion_offersTheValuesThatAreAccepted(String name) {
    CommandLine command =
        Main.configured(new CommandLine(Main.command(name, System.out, System.err)), Map.of());
    List<OptionSpec> enums =
        command.getCommandSpec().options().stream()
            .filter(option -> option.type().isEnum())
            .toList();
    assertThat(enums).isNotEmpty();
    for (OptionSpec option : enums) {
      CommandLine line =
          Main.configured(new CommandLine(Main.command(name, System.out, System.err)), Map.of());
      for (String value : option.completionCandidates()) {
        assertThat(line.parseArgs(option.longestName(), value, "x").errors()).isEmpty();
        assertThat(option.paramLabel().contains("|"))
            .as("%s %s", option.longestName(), value)
            .isEqualTo(List.of(option.paramLabel().split("[|]")).contains(value));
      }
    }
  }

  @Test
  void completion_writesValuesAsHelpDoes() {
    assertThat(run("completion", "zsh")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "\"size-mtime\" \"checksum\" \"size\" \"always\"", "\"auto\" \"mount\" \"bucket\"")
        .contains("\"bash\" \"zsh\"")
        .doesNotContain("SIZE_MTIME", "AUTO", "BASH\"");
    assertThat(run("backup", "--via", "cable", "a", "b")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("'cable' is none of auto, mount, bucket");
  }

  /** To be made anew with {@code mtb man > src/site/resources/mtb.1} when an option changes. */
  @Test
  void manualPageOnTheSite_isThatOfTheCommand() throws Exception {
    assertThat(run("man")).isZero();

    // The classes alone have no version.
    String page = out.toString(StandardCharsets.UTF_8).replace("mtb (unpackaged)", "mtb 0.1.0");
    assertThat(Path.of("src/site/resources/mtb.1")).hasContent(page);
  }

  @Test
  void manualPage_hasAllThatHelpHas() {
    assertThat(run("man")).isZero();
    String page = out.toString(StandardCharsets.UTF_8);
    assertThat(page).startsWith(".TH MTB 1").doesNotContain("${", "%n", "@|");
    CommandLine line = new CommandLine(new BackupCommand(System.out, System.err));
    line.getCommandSpec()
        .options()
        .forEach(option -> assertThat(page).contains(option.longestName().replace("-", "\\-")));
  }
}
