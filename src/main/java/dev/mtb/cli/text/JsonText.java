package dev.mtb.cli.text;

import java.nio.charset.StandardCharsets;

/** Text in JSON that may be shown on a terminal. */
public final class JsonText {
  private JsonText() {}

  /**
   * Jackson escapes what JSON wants escaped. This escapes other characters that act on a terminal,
   * which may show the report: they stand only in strings, where an escape means the same.
   */
  public static String escaped(String json) {
    StringBuilder result = new StringBuilder(json.length());
    json.codePoints()
        .forEach(
            c -> {
              if (c < ' ' || !Text.isActive(c)) {
                result.appendCodePoint(c);
              } else {
                for (char unit : Character.toChars(c)) {
                  result.append(String.format("\\u%04x", (int) unit));
                }
              }
            });
    return result.toString();
  }

  /** JSON has no lone surrogates: bytes that are not UTF-8 are shown escaped. */
  public static String readable(String text) {
    return isUnicode(text) ? text : Text.printable(text);
  }

  /** A message of the library, in which options have the names that a user types. */
  public static String message(String message) {
    return readable(OptionNames.inFlags(message));
  }

  public static boolean isUnicode(String text) {
    return StandardCharsets.UTF_16.newEncoder().canEncode(text);
  }
}
