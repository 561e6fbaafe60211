package dev.mtb.cli;

import dev.mtb.model.PathBytes;
import java.nio.file.Path;

/** How things look on a terminal. */
final class Text {
  private Text() {}

  /**
   * A path in which nothing can act on the terminal: control characters and bytes that are not
   * UTF-8 are escaped as in C.
   */
  static String path(Path path) {
    String text = PathBytes.toText(path);
    return text.isEmpty() ? "." : printable(text);
  }

  /** The same for other text that may hold file names. */
  static String printable(String text) {
    return withoutControls(text.replace("\\", "\\\\"));
  }

  /**
   * The same for text in which some names may be escaped already: doing it twice makes no
   * difference.
   */
  static String withoutControls(String text) {
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
          result.append(c < 0x100 ? String.format("\\x%02x", c) : String.format("\\u%04x", c));
        } else {
          result.appendCodePoint(c);
        }
      }
    }
  }

  /** Whether a terminal does something else with it than to show it. */
  static boolean isActive(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          // What turns the direction of text around, among others.
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  static String files(long count) {
    return count == 1 ? "1 file" : count + " files";
  }
}
