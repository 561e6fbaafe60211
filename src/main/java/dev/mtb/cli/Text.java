package dev.mtb.cli;

import dev.mtb.PathBytes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.apache.commons.io.FileUtils;

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

  /** A number of bytes, rounded down, such as {@code 12 MB}. */
  static String bytes(long count) {
    return FileUtils.byteCountToDisplaySize(count);
  }

  /** A number of bytes in a time, with a decimal, such as {@code 1.9 MB/s}. */
  static String rate(long bytes, Duration time) {
    double seconds = Math.max(time.toNanos(), 1) / 1e9;
    return String.format(Locale.ROOT, "%.1f MB/s", bytes / 1e6 / seconds);
  }

  /**
   * A time as precise as it is of interest, such as {@code 7 s}, {@code 3m 07s}, {@code 2h 05m}.
   */
  static String duration(Duration time) {
    if (time.toMinutes() < 1) {
      return time.toSeconds() + " s";
    }
    return time.toHours() < 1
        ? String.format("%dm %02ds", time.toMinutes(), time.toSecondsPart())
        : String.format("%dh %02dm", time.toHours(), time.toMinutesPart());
  }

  static String files(long count) {
    return count == 1 ? "1 file" : count + " files";
  }
}
