package dev.mtb.s3;

import java.nio.charset.StandardCharsets;

/** The percent-encoding that signatures are made with (Amazon S3 API reference, "UriEncode"). */
final class Encoding {
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private Encoding() {}

  /** Encodes all but letters, digits and {@code -._~}. */
  static String encode(String text) {
    return encode(text, /* keepSlashes= */ false);
  }

  /** Encodes the key of an object; its slashes stay. */
  static String encodePath(String key) {
    return encode(key, /* keepSlashes= */ true);
  }

  private static String encode(String text, boolean keepSlashes) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      if (isUnreserved(c) || (keepSlashes && c == '/')) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX[c >> 4]).append(HEX[c & 0xF]);
      }
    }
    return encoded.toString();
  }

  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }
}
