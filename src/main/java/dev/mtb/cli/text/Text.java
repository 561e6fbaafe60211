package dev.mtb.cli.text;

import dev.mtb.model.Kind;
import dev.mtb.model.PathBytes;
import java.nio.file.Path;
import java.util.Locale;

/** Text for a terminal, and for reports and logs that may be shown on one. */
public final class Text {
  private Text() {}

  /**
   * A path in which nothing can act on the terminal: control characters and bytes that are not
   * UTF-8 are escaped as in C.
   */
  public static String path(Path path) {
    String text = PathBytes.toText(path);
    return text.isEmpty() ? "." : printable(text);
  }

  /** The same, with a slash at the end of a directory. */
  public static String path(Path path, Kind kind) {
    return kind == Kind.DIRECTORY ? path(path) + "/" : path(path);
  }

  /** Escapes other text that may hold file names. */
  public static String printable(String text) {
    return withoutControls(text.replace("\\", "\\\\"));
  }

  /** Escapes a message of the library, in which options have the names that a user types. */
  public static String message(String message) {
    return printable(OptionNames.inFlags(message));
  }

  /** Escapes text in which names may be escaped already: a second time makes no difference. */
  public static String withoutControls(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints().forEach(c -> append(result, c));
    return result.toString();
  }

  private static void append(StringBuilder result, int c) {
    switch (c) {
      case '\n' -> result.append("\\n");
      case '\r' -> result.append("\\r");
      case '\t' -> result.append("\\t");
      default -> {
        if (c >= 0xDC80 && c <= 0xDCFF) {
          result.append(String.format("\\x%02x", c - 0xDC00));
        } else if (isActive(c)) {
          result.append(String.format(c < 0x100 ? "\\x%02x" : "\\u%04x", c));
        } else {
          result.appendCodePoint(c);
        }
      }
    }
  }

  /** Whether a terminal does something else with a character than to show it. */
  public static boolean isActive(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          // Among others what turns the direction of text around.
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  public static String files(long count) {
    return count == 1 ? "1 file" : count + " files";
  }

  /** Such as {@code 1,234,567}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A rate of files, such as {@code 12.3/s}. */
  public static String rate(double perSecond) {
    if (perSecond >= 999.5) {
      return count(Math.round(perSecond)) + "/s";
    }
    boolean isWhole = perSecond == Math.rint(perSecond);
    int decimals = isWhole || perSecond >= 99.95 ? 0 : perSecond >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f/s", perSecond);
  }

  /** A constant as JSON and Prometheus have it. */
  public static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
