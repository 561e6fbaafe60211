package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.CommandResult;
import dev.mtb.testing.RandomTree;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --on-failure}: a user hears of each run that did not exit with 0. */
class FailureCommandTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private Path told;
  private String err;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    destination = temp.resolve("backup");
    told = temp.resolve("told");
    RandomTree.write(source.resolve("a"), "aaa");
  }

  private int backup(String command, String... more) {
    List<String> args =
        new ArrayList<>(List.of("backup", "--on-failure", command, "-b", source.toString()));
    args.addAll(List.of(more));
    CommandResult result = CommandResult.of(args.toArray(String[]::new));
    err = result.err();
    return result.exitCode();
  }

  private String tell(String what) {
    return "echo \"" + what + "\" > '" + told + "'";
  }

  @Test
  void success_isNotTold() {
    assertThat(backup(tell("x"), "a", destination.toString())).isZero();
    assertThat(told).doesNotExist();
  }

  @Test
  void failure_isTold_withAReport() throws Exception {
    String all = "$MTB_RUN_EXIT_CODE,$MTB_RUN_STATUS,$MTB_RUN_DESTINATION,$MTB_RUN_MESSAGE";
    String copy =
        "; cp \"$MTB_RUN_REPORT\" '" + temp.resolve("copy") + "'; echo \"$MTB_RUN_REPORT\"";
    assertThat(backup(tell(all) + copy + " >> '" + told + "'", "a", "gone", destination.toString()))
        .isEqualTo(23);

    List<String> lines = Files.readAllLines(told);
    assertThat(lines.get(0)).startsWith("23,partial," + destination + ",INCOMPLETE: 1 file copied");
    JsonNode json = new ObjectMapper().readTree(temp.resolve("copy").toFile());
    assertThat(json.path("exitCode").asInt()).isEqualTo(23);
    assertThat(json.at("/failures/0/path").asText()).isEqualTo("gone");
    assertThat(Path.of(lines.get(1))).doesNotExist();
  }

  @Test
  void reportThatIsKept_isTheOneThatIsNamed() throws Exception {
    Path report = temp.resolve("report.json");
    assertThat(
            backup(
                tell("$MTB_RUN_REPORT"),
                "--report",
                report.toString(),
                "gone",
                destination.toString()))
        .isEqualTo(23);

    assertThat(told).hasContent(report + "\n");
    assertThat(report).exists();
  }

  @Test
  void destinationThatIsLost_isTold() {
    assertThat(
            backup(
                tell("$MTB_RUN_EXIT_CODE $MTB_RUN_MESSAGE"),
                "--require-mount",
                "a",
                destination.toString()))
        .isEqualTo(10);
    assertThat(told)
        .content()
        .startsWith("10 FAILED: 0 files copied")
        .contains("; " + destination + ": ", "is not on a mounted S3FS");
  }

  @Test
  void runThatCannotBegin_isTold() {
    assertThat(
            backup(
                tell("$MTB_RUN_EXIT_CODE $MTB_RUN_MESSAGE") + " < \"$MTB_RUN_REPORT\"",
                "--max-delete=1",
                "a",
                "s3://b/x"))
        .isEqualTo(2);
    assertThat(told).content().startsWith("2 --max-delete says how to delete");
  }

  @Test
  void commandThatFails_changesNothing() {
    assertThat(backup("exit 7", "gone", destination.toString())).isEqualTo(23);
    assertThat(err).contains("the command of --on-failure failed with exit code 7");
  }

  /** The command may be MTB itself: no variable is the default of one of its options. */
  @Test
  void variables_areNoDefaultsOfOptions() throws Exception {
    assertThat(
            backup(
                "env | grep -o '^MTB_RUN_[A-Z_]*' > '" + told + "'",
                "gone",
                destination.toString()))
        .isEqualTo(23);
    List<String> variables = Files.readAllLines(told);
    assertThat(variables).hasSize(5);
    picocli.CommandLine line =
        new picocli.CommandLine(
            Main.command(
                "backup",
                new PrintStream(PrintStream.nullOutputStream()),
                new PrintStream(PrintStream.nullOutputStream())));
    assertThat(line.getCommandSpec().options())
        .noneMatch(option -> variables.contains(EnvironmentDefaults.variable(option)));
  }

  /** A signal interrupts the run's thread, and the command runs all the same. */
  @Test
  void interruptedRun_isTold() {
    Thread.currentThread().interrupt();
    try {
      assertThat(backup(tell("$MTB_RUN_STATUS"), "a", destination.toString())).isEqualTo(130);
      assertThat(Thread.interrupted()).isTrue();
    } finally {
      boolean unused = Thread.interrupted();
    }
    assertThat(told).hasContent("interrupted\n");
  }
}
