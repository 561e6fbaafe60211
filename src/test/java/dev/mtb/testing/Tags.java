package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Changes the ETags in a response, whose length stays the same. A tag that is divided between two
 * chunks is not changed.
 */
final class Tags {
  private static final Pattern TAG =
      Pattern.compile(
          "(etag(?:: *|>)(?:&quot;|&#34;|\")?)([0-9a-f]{32})", Pattern.CASE_INSENSITIVE);

  private static final Pattern ELEMENT = Pattern.compile("<ETag>[^<]*</ETag>");

  private Tags() {}

  /** Replaces each by another of the same form, in headers as in XML. */
  static byte[] wrong(byte[] message) {
    String text = new String(message, ISO_8859_1);
    return TAG.matcher(text).replaceAll(Tags::other).getBytes(ISO_8859_1);
  }

  /** Takes them out of the XML, as Ceph 16 does when it completes an upload in parts. */
  static byte[] empty(byte[] message) {
    String empty = "<ETag></ETag>";
    return ELEMENT
        .matcher(new String(message, ISO_8859_1))
        .replaceAll(found -> empty + " ".repeat(found.group().length() - empty.length()))
        .getBytes(ISO_8859_1);
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
