package dev.mtb.cli.setup;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
import dev.mtb.model.InvalidJobException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line of {@code mtb backup} as lines of a file of options. A nightly run starts in
 * another directory: names of files become absolute, and the base is always there. Options keep
 * their order, since that of filters counts.
 *
 * @param options one a line, by their long names
 * @param sources as they were typed
 * @param destination an absolute path, or {@code s3://bucket/prefix}
 * @param written directories that the run writes to, besides the destination
 */
public record OptionLines(
    ImmutableList<String> options,
    ImmutableList<String> sources,
    String destination,
    ImmutableList<Path> written) {
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
            written);
  }

  /**
   * A text that can be a line: the file of options takes away blanks at both ends.
   *
   * @throws InvalidJobException if it cannot
   */
  public static String line(String text) {
    if (text.indexOf('\n') >= 0 || !CharMatcher.whitespace().trimFrom(text).equals(text)) {
      throw new InvalidJobException(
          "'"
              + text
              + "' cannot stand in a file of options, since it has a line feed in it or a blank at"
              + " one of its ends; write it into a list of files");
    }
    return text;
  }
}
