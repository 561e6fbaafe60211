package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Replaces the ETags in a response by others of the same form and length, in headers as in XML. A
 * tag that is divided between two chunks is not replaced.
 */
final class WrongTags {
  private static final Pattern TAG =
      Pattern.compile(
          "(etag(?:: *|>)(?:&quot;|&#34;|\")?)([0-9a-f]{32})", Pattern.CASE_INSENSITIVE);

  private WrongTags() {}

  static byte[] in(byte[] message) {
    String text = new String(message, ISO_8859_1);
    return TAG.matcher(text).replaceAll(WrongTags::other).getBytes(ISO_8859_1);
  }

  private static String other(MatchResult found) {
    StringBuilder tag = new StringBuilder(found.group(1));
    found.group(2).chars().forEach(digit -> tag.append(complement((char) digit)));
    return tag.toString();
  }

  private static char complement(char digit) {
    return Character.forDigit(15 - Character.digit(digit, 16), 16);
  }
}
