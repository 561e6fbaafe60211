package dev.mtb.cli;

import com.google.common.base.CharMatcher;
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
 * {@code mtb backup @FILE}: options from a file, one a line, the value behind a blank, blank lines
 * and those that begin with {@code #} skipped; a line that begins with no dash is an argument.
 *
 * <p>Only the word right after the command is one, and no other that begins with {@code @}: where a
 * shell puts the names of files, a user who can name a file must not be able to give options.
 */
final class OptionsFile {
  /** For help and manual. */
  static final String RULE =
      "@FILE right after the command stands for the options in FILE, one a line with its value"
          + " behind a blank, and arguments; lines that begin with # are comments.";

  private OptionsFile() {}

  /**
   * The file that is named.
   *
   * @param args of a command, without its name
   * @return empty if none is
   */
  static Optional<Path> named(String[] args) {
    return args.length == 0 || !args[0].startsWith("@") || args[0].length() == 1
        ? Optional.empty()
        : Optional.of(PathBytes.parse(args[0].substring(1)));
  }

  /**
   * Puts what is in the file in its place.
   *
   * @param args of a command, without its name, in the form of {@link RawArguments}
   * @throws InvalidJobException if it cannot be read
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
        words(CharMatcher.whitespace().trimFrom(line), words);
      }
    } catch (IOException e) {
      throw new InvalidJobException(
          "the file of options " + file + " cannot be read: " + ErrorText.of(e));
    }
    words.addAll(Arrays.asList(args).subList(1, args.length));
    return words.toArray(String[]::new);
  }

  private static void words(String line, List<String> words) {
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
