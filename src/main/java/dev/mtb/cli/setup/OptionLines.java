package dev.mtb.cli.setup;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
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

/**
 * A command line of {@code mtb backup} as lines of a file of options. A nightly run starts in
 * another directory: names of files become absolute, and the base is always there. Options keep
 * their order, since that of filters counts.
 *
 * @param options one a line, by their long names
 * @param sources as they were typed
 * @param destination an absolute path, or {@code s3://bucket/prefix}
 * @param paths all files and directories that the options name
 */
public record OptionLines(
    ImmutableList<String> options,
    ImmutableList<String> sources,
    String destination,
    ImmutableList<Path> paths) {
  private static final String BASE = "--base";

  /** Paths that are relative to the destination. */
  private static final Set<String> OF_DESTINATION = Set.of("--backup-dir");

  private static final String STANDARD_INPUT = "-";

  /**
   * Reads a command line that picocli has accepted, the way picocli does.
   *
   * @param command whose options these are
   * @param words the command line after the command's name; the last one is the destination
   * @throws InvalidJobException if something in it cannot stand in a file
   */
  public static OptionLines of(CommandSpec command, List<String> words) {
    return new Reader(command, words).read();
  }

  /** All lines, the destination last. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(options);
    // A line that begins with a dash is an option, one that begins with # a comment.
    sources.forEach(
        source -> lines.add(line(source.matches("(?s)[-#].*") ? "./" + source : source)));
    lines.add(line(destination));
    return lines;
  }

  /** Whether an option is there. */
  public boolean has(String option) {
    return options.stream().anyMatch(line -> line.equals(option) || line.startsWith(option + " "));
  }

  /** The same with one more option, which has no value. */
  public OptionLines with(String option) {
    return has(option)
        ? this
        : new OptionLines(
            ImmutableList.<String>builder().add(option).addAll(options).build(),
            sources,
            destination,
            paths);
  }

  /** The file of options takes away blanks at both ends of a line. */
  private static String line(String text) {
    if (text.indexOf('\n') >= 0 || !CharMatcher.whitespace().trimFrom(text).equals(text)) {
      throw new InvalidJobException(
          "'"
              + text
              + "' cannot stand in a file of options, since it has a line feed in it or a blank at"
              + " one of its ends; write it into a list of files");
    }
    return text;
  }

  /** Reads one command line. */
  private static final class Reader {
    private final CommandSpec command;
    private final List<String> words;
    private final ImmutableList.Builder<String> options = ImmutableList.builder();
    private final List<String> others = new ArrayList<>();
    private final ImmutableList.Builder<Path> paths = ImmutableList.builder();
    private int next;

    Reader(CommandSpec command, List<String> words) {
      this.command = command;
      this.words = words;
    }

    OptionLines read() {
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
      others.forEach(source -> paths.add(PathBytes.parse(source)));
      return new OptionLines(
          options.build(), ImmutableList.copyOf(others), destination, paths.build());
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
                && !OF_DESTINATION.contains(name);
        options.add(name + " " + line(isPath ? file(name, value) : value));
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
      Path clean = path.endsWith(".") ? path.normalize() : path;
      paths.add(clean);
      return PathBytes.toText(clean);
    }
  }
}
