package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.CommandResult;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** How a user finds out what to type. */
final class HelpTest {
  private String out;
  private String err;

  private int mtb(String... args) {
    CommandResult result = CommandResult.of(args);
    out = result.out();
    err = result.err();
    return result.exitCode();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backup",
        "restore",
        "verify",
        "ls",
        "doctor",
        "init",
        "status",
        "completion",
        "man"
      })
  void help_isTheSameAsTheOption(String command) {
    assertThat(mtb(command, "--help")).isZero();
    String expected = out;
    assertThat(expected).startsWith("Usage: mtb " + command);
    assertThat(mtb("help", command)).isZero();
    assertThat(out).isEqualTo(expected);
    assertThat(err).isEmpty();
  }

  @Test
  void help_withoutACommand_listsThem() {
    assertThat(mtb("--help")).isZero();
    String expected = out;
    assertThat(expected).contains("backup", "restore", "verify", "doctor", "help COMMAND");
    assertThat(mtb("help")).isZero();
    assertThat(out).isEqualTo(expected);
  }

  @Test
  void version_isACommand_too() {
    assertThat(mtb("--version")).isZero();
    String expected = out;
    assertThat(expected).startsWith("mtb ");
    assertThat(mtb("version")).isZero();
    assertThat(out).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bakcup | backup",
        "back | backup",
        "verfy | verify",
        "doktor | doctor",
        "help bakcup | backup",
        "backup --thread 3 a b | --threads",
        "backup --exlcude=x a b | --exclude",
        "backup --dryrun a b | --dry-run",
        "backup --hekp | --help",
        "restore --targt d b | --target",
        "verify --read-dat a b | --read-data",
        "doctor --time-out 3s d | --timeout"
      })
  void mistyped_isAnsweredWithWhatIsSimilar(String line, String meant) {
    assertThat(mtb(line.split(" "))).isEqualTo(2);
    assertThat(err).contains("did you mean '" + meant + "'").contains("Try 'mtb");
    assertThat(out).isEmpty();
  }

  @Test
  void whatIsSimilarToNothing_isAnsweredWithTheCommands_orNothing() {
    assertThat(mtb("frobnicate")).isEqualTo(2);
    assertThat(err)
        .startsWith("mtb: there is no command 'frobnicate'; the commands are backup, restore");
    assertThat(mtb("backup", "--frobnicate", "a", "b")).isEqualTo(2);
    assertThat(err).contains("Unknown option: '--frobnicate'").doesNotContain("mean");
    assertThat(mtb("backup", "--" + "x".repeat(100_000), "a", "b")).isEqualTo(2);
  }

  @Test
  void similar_isWhatDiffersLeast() {
    List<String> names = List.of("--delete", "--digest", "--max-delete", "--max-size");
    assertThat(Suggestions.similar("--delte", names)).containsExactly("--delete");
    assertThat(Suggestions.similar("--max", names)).containsExactly("--max-delete", "--max-size");
    assertThat(Suggestions.similar("--zzz", names)).isEmpty();
    assertThat(Suggestions.distance("abcd", "abdc")).isEqualTo(1);
    assertThat(Suggestions.distance("abc", "")).isEqualTo(3);
  }

  @Test
  void exitCodes_areThoseThatTheCommandHas() {
    mtb("--help");
    assertThat(out).contains("Exit codes:", "  25 ", "--max-delete");
    mtb("backup", "--help");
    assertThat(out).contains("Exit codes:", "  25 ", "  24 ", "  130 ");
    mtb("verify", "--help");
    assertThat(out).contains("differs or is missing", "  130 ").doesNotContain("  25 ");
    mtb("restore", "--help");
    assertThat(out).contains("not in the backup", "  130 ").doesNotContain("  25 ");
    mtb("doctor", "--help");
    assertThat(out).contains("  10 ").doesNotContain("  23 ");
    mtb("man");
    assertThat(out.substring(out.indexOf("EXIT STATUS"))).contains(".B 25\n", ".B 130\n");
  }

  @Test
  void defaultOfTheBase_isTheCurrentDirectory_andLooksLikeIt() {
    mtb("man");
    assertThat(out).contains("relative to it. Default: .\n").doesNotContain("Default: ..");
    mtb("backup", "--help");
    assertThat(out).containsPattern("Default: \\.\\s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"backup", "restore", "verify", "ls", "doctor"})
  void options_areInGroups_eachInOne(String name) {
    CommandLine command =
        Main.configured(new CommandLine(Main.command(name, System.out, System.err)), Map.of());
    List<String> grouped =
        Stream.of(OptionGroup.values())
            .flatMap(group -> group.of(command.getCommandSpec()).stream())
            .map(OptionSpec::longestName)
            .toList();
    assertThat(grouped)
        .containsExactlyInAnyOrderElementsOf(
            command.getCommandSpec().options().stream().map(OptionSpec::longestName).toList());
    mtb(name, "--help");
    for (String option : grouped) {
      String line = Pattern.quote(indented(command, option)) + "([ =,].*)?";
      assertThat(out.lines().filter(text -> text.matches(line))).as(option).hasSize(1);
    }
    mtb("man");
    assertThat(out).contains(".SS \"Where\"", ".SS \"Limits\"", ".SS \"Output\"");
  }

  /** An option as it begins its line of the help. */
  private static String indented(CommandLine command, String option) {
    OptionSpec spec = command.getCommandSpec().findOption(option);
    String first = spec.shortestName();
    return (first.startsWith("--") ? "      " : "  ") + first + (first.startsWith("--") ? "" : ",");
  }

  @Test
  void groups_areInOrder_andTheRulesOfAllOptionsAreSaidOnce() {
    mtb("backup", "--help");
    assertThat(out)
        .containsSubsequence("\nWhat:\n", "\nWhere:\n", "\nHow:\n", "\nLimits:\n", "\nOutput:\n")
        .containsSubsequence("--version", "Exit codes:", "MTB_THREADS for --threads", "@FILE")
        .containsOnlyOnce("MTB_THREADS")
        .containsOnlyOnce("@FILE");
    mtb("doctor", "--help");
    assertThat(out).contains("\nLimits:\n", "MTB_THREADS", "@FILE").doesNotContain("\nWhat:\n");
    mtb("man", "--help");
    assertThat(out).contains("-h, --help").doesNotContain("Output:");
    mtb("man");
    assertThat(out).contains(".SH \"FILE OF OPTIONS\"", "MTB_THREADS for \\-\\-threads");
  }
}
