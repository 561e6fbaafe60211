package dev.mtb.cli.report;

import com.google.common.collect.ImmutableList;
import dev.mtb.cli.text.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a user has typed.
 *
 * @param command {@code backup}, {@code verify} and so on
 * @param words the command line after that
 * @param environment variables that were defaults of options, with their values
 * @param subject what the command works on
 */
public record Invocation(
    String command,
    ImmutableList<String> words,
    ImmutableList<String> environment,
    Subject subject) {
  /** In characters. A longer command line has a list of files, which would hide the rest. */
  private static final int LONGEST_SHOWN = 4000;

  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  /** Of a command; {@code variables} are those that were defaults of its options. */
  public static Invocation of(
      String command, List<String> words, Map<String, String> variables, Subject subject) {
    List<String> environment = new ArrayList<>();
    variables.forEach((name, value) -> environment.add(name + "=" + shown(value)));
    return new Invocation(
        command, ImmutableList.copyOf(words), ImmutableList.copyOf(environment), subject);
  }

  /** The command line, as it could be typed again. */
  String commandLine() {
    StringBuilder line = new StringBuilder("mtb " + command);
    for (int i = 0; i < words.size(); i++) {
      if (line.length() > LONGEST_SHOWN) {
        return line.append(" … (").append(words.size() - i).append(" words more)").toString();
      }
      line.append(' ').append(shown(words.get(i)));
    }
    return line.toString();
  }

  /** A word quoted for a shell, in which nothing can act on a terminal. */
  private static String shown(String word) {
    if (HARMLESS.matcher(word).matches()) {
      return word;
    }
    String printable = Text.printable(word);
    return printable.equals(word)
        ? "'" + word.replace("'", "'\\''") + "'"
        // The shell's own form for what cannot be typed.
        : "$'" + printable.replace("'", "\\'") + "'";
  }
}
