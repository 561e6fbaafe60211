package dev.mtb.cli;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Suggests the right name for a mistyped command or option. picocli compares only the first two
 * letters of options, which does not find {@code --exclude} for {@code --exlcude}.
 */
final class Suggestions {
  /** A user does not search through more. */
  private static final int MOST = 3;

  /** No name is longer, and the time to compare grows with the length. */
  private static final int LONGEST = 40;

  private Suggestions() {}

  /** The message, with a suggestion if the user typed a name that does not exist. */
  static String message(ParameterException e) {
    List<String> unmatched =
        e instanceof UnmatchedArgumentException u ? u.getUnmatched() : List.of();
    if (unmatched.isEmpty()) {
      return e.getMessage();
    }
    String typed = unmatched.get(0).replaceFirst("=.*", "");
    CommandSpec spec = e.getCommandLine().getCommandSpec();
    if (typed.startsWith("-")) {
      List<String> names =
          spec.options().stream()
              .filter(option -> !option.hidden())
              .flatMap(option -> Stream.of(option.names()))
              .filter(name -> name.startsWith("--"))
              .toList();
      return e.getMessage() + question(typed, names);
    }
    Collection<String> commands = spec.subcommands().keySet();
    if (commands.isEmpty()) {
      return e.getMessage();
    }
    String question = question(typed, commands);
    return "there is no command '"
        + typed
        + "'"
        + (question.isEmpty() ? "; the commands are " + String.join(", ", commands) : question);
  }

  /** For a word that should be a command. */
  static UnmatchedArgumentException unknownCommand(CommandLine root, String typed) {
    return new UnmatchedArgumentException(root, List.of(typed));
  }

  /** Empty if no name is similar. */
  private static String question(String typed, Collection<String> names) {
    List<String> similar = similar(typed, names);
    return similar.isEmpty()
        ? ""
        : similar.stream().collect(Collectors.joining("' or '", "; did you mean '", "'?"));
  }

  /** The names that differ least, if that is little, or those that begin with what was typed. */
  static List<String> similar(String typed, Collection<String> names) {
    if (typed.length() > LONGEST) {
      return List.of();
    }
    int most = Math.max(1, typed.replaceFirst("^-+", "").length() / 3);
    int least =
        Math.min(most, names.stream().mapToInt(name -> distance(typed, name)).min().orElse(most));
    List<String> near = names.stream().filter(name -> distance(typed, name) <= least).toList();
    List<String> found =
        near.isEmpty() ? names.stream().filter(name -> name.startsWith(typed)).toList() : near;
    return found.subList(0, Math.min(MOST, found.size()));
  }

  /** The number of letters that are missing, too many, wrong, or exchanged with the next one. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int wrong = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(cost[i - 1][j - 1] + wrong, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        boolean isExchanged =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (isExchanged) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
