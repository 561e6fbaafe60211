package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import dev.mtb.cli.setup.OptionLines;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Reads a command line of {@code mtb backup} that picocli has accepted, the way picocli does. */
final class OptionWords {
  private static final String BASE = "--base";

  /** A path that may be relative to the destination. */
  private static final String BACKUP_DIR = "--backup-dir";

  /** Files that a run writes. */
  private static final Set<String> WRITTEN =
      Set.of("--report", "--report-html", "--metrics-file", "--manifest", "--log-file");

  private static final String STANDARD_INPUT = "-";

  private final CommandSpec command;
  private final List<String> words;
  private final ImmutableList.Builder<String> options = ImmutableList.builder();
  private final List<String> others = new ArrayList<>();
  private final ImmutableList.Builder<Path> written = ImmutableList.builder();
  private String oldVersions = "";
  private int next;

  private OptionWords(CommandSpec command, List<String> words) {
    this.command = command;
    this.words = words;
  }

  /**
   * Makes lines of it.
   *
   * @param command whose options these are
   * @param words the command line after the command's name; the last one is the destination
   * @throws InvalidJobException if something in it cannot stand in a file
   */
  static OptionLines lines(CommandSpec command, List<String> words) {
    return new OptionWords(command, words).read();
  }

  private OptionLines read() {
    while (next < words.size()) {
      String word = words.get(next++);
      if (word.equals("--")) {
        others.addAll(words.subList(next, words.size()));
        break;
      }
      if (word.startsWith("--")) {
        longOption(word);
      } else if (word.startsWith("-") && word.length() > 1) {
        shortOptions(word);
      } else {
        others.add(word);
      }
    }
    ImmutableList<String> read = options.build();
    if (read.stream().noneMatch(line -> line.startsWith(BASE + " "))) {
      add(command.findOption(BASE), ".");
    }
    String last = others.remove(others.size() - 1);
    String destination = S3Location.isLocation(last) ? last : absolute(last);
    if (!oldVersions.isEmpty() && !S3Location.isLocation(last)) {
      written.add(PathBytes.parse(destination).resolve(PathBytes.parse(oldVersions)).normalize());
    }
    return new OptionLines(
        options.build(), ImmutableList.copyOf(others), destination, written.build());
  }

  private void longOption(String word) {
    int equals = word.indexOf('=');
    OptionSpec option = command.findOption(equals < 0 ? word : word.substring(0, equals));
    if (equals >= 0) {
      add(option, word.substring(equals + 1));
    } else {
      add(option, takesValue(option) ? words.get(next++) : "");
    }
  }

  /** Several in one word: {@code -vt8} is {@code -v -t 8}. */
  private void shortOptions(String word) {
    for (int i = 1; i < word.length(); i++) {
      OptionSpec option = command.findOption("-" + word.charAt(i));
      if (!takesValue(option)) {
        add(option, "");
        continue;
      }
      String rest = word.substring(i + 1);
      add(option, rest.isEmpty() ? words.get(next++) : rest.replaceFirst("^=", ""));
      return;
    }
  }

  private static boolean takesValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  private void add(OptionSpec option, String value) {
    String name = option.longestName();
    if (!takesValue(option)) {
      options.add(name);
    } else if (value.isEmpty()) {
      options.add(name + "=");
    } else {
      boolean isPath =
          Arrays.asList(option.typeInfo().getAuxiliaryTypes()).contains(Path.class)
              && !name.equals(BACKUP_DIR);
      String text = isPath ? file(name, value) : value;
      if (WRITTEN.contains(name)) {
        written.add(PathBytes.parse(text).getParent());
      } else if (name.equals(BACKUP_DIR)) {
        oldVersions = text;
      }
      options.add(name + " " + OptionLines.line(text));
    }
  }

  private String file(String option, String value) {
    if (value.equals(STANDARD_INPUT)) {
      throw new InvalidJobException(
          option + " - is no file, and a nightly run has neither input nor output; name a file");
    }
    return absolute(value);
  }

  private String absolute(String text) {
    Path path = PathBytes.parse(text).toAbsolutePath();
    // The current directory itself has a dot at its end.
    return PathBytes.toText(path.endsWith(".") ? path.normalize() : path);
  }
}
