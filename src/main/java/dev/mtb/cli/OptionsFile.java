package dev.mtb.cli;

import com.google.common.base.CharMatcher;
import dev.mtb.cli.startup.RawArguments;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * {@code mtb backup @FILE}: a file of options and arguments.
 *
 * <p>Only the word right after the command is such a file. Later words that begin with {@code @}
 * may come from a shell's wildcard: a user who can name a file must not be able to give options.
 */
final class OptionsFile {
  /** For help and manual. */
  static final String RULE =
      "@FILE right after the command stands for the options in FILE, one a line with its value"
          + " behind a blank, and arguments; lines that begin with # are comments.";

  private OptionsFile() {}

  /** The file that the arguments of a command name, if they do. */
  static Optional<Path> named(String[] args) {
    return args.length == 0 || !args[0].startsWith("@") || args[0].length() == 1
        ? Optional.empty()
        : Optional.of(PathBytes.parse(args[0].substring(1)));
  }

  /**
   * Replaces the name of the file by what is in the file.
   *
   * @param args of a command, without its name, in the form of {@link RawArguments}
   * @throws InvalidJobException if the file cannot be read
   */
  static String[] expand(String[] args) {
    Optional<Path> named = named(args);
    if (named.isEmpty()) {
      return args;
    }
    Path file = named.get();
    List<String> words = new ArrayList<>();
    try {
      for (String line : PathBytes.toText(Files.readAllBytes(file)).split("\n", -1)) {
        addWords(CharMatcher.whitespace().trimFrom(line), words);
      }
    } catch (IOException e) {
      throw new InvalidJobException(
          "the file of options " + file + " cannot be read: " + ErrorText.of(e));
    }
    words.addAll(Arrays.asList(args).subList(1, args.length));
    return words.toArray(String[]::new);
  }

  private static void addWords(String line, List<String> words) {
    if (line.isEmpty() || line.startsWith("#")) {
      return;
    }
    int blank = line.startsWith("-") ? CharMatcher.whitespace().indexIn(line) : -1;
    if (blank < 0) {
      words.add(line);
    } else {
      words.add(line.substring(0, blank));
      words.add(CharMatcher.whitespace().trimFrom(line.substring(blank)));
    }
  }
}
