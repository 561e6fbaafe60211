package dev.mtb.s3;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A page of a list, in the order of the server.
 *
 * @param objects whose keys are listed
 * @param commonPrefixes of keys that are not listed one by one
 * @param isTruncated whether there are more pages
 * @param nextToken asks for the next page
 * @param date the server's clock
 */
public record ListPage(
    List<ListedObject> objects,
    List<String> commonPrefixes,
    boolean isTruncated,
    Optional<String> nextToken,
    Optional<Instant> date) {

  static ListPage of(Xml xml, Optional<Instant> date) throws MalformedAnswerException {
    try {
      return of(xml, decoder(xml), date);
    } catch (IllegalArgumentException e) {
      throw wrongEncoding(e);
    }
  }

  private static ListPage of(Xml xml, UnaryOperator<String> decoder, Optional<Instant> date) {
    return new ListPage(
        xml.children("Contents").stream().map(object -> object(object, decoder)).toList(),
        xml.children("CommonPrefixes").stream()
            .map(prefix -> decoder.apply(prefix.text("Prefix").orElse("")))
            .toList(),
        isTrue(xml, "IsTruncated"),
        xml.text("NextContinuationToken"),
        date);
  }

  static boolean isTrue(Xml xml, String child) {
    return xml.text(child).filter(text -> text.trim().equals("true")).isPresent();
  }

  static MalformedAnswerException wrongEncoding(IllegalArgumentException e) {
    return new MalformedAnswerException("the server's list has a key that is not encoded", e);
  }

  /**
   * The decoder of keys. A server that does not support the encoding does not name it in its
   * answer. An {@link IllegalArgumentException} comes from it if a text is not encoded.
   */
  static UnaryOperator<String> decoder(Xml xml) {
    boolean isEncoded = xml.text("EncodingType").filter(type -> type.equals("url")).isPresent();
    return isEncoded ? ListPage::decode : UnaryOperator.identity();
  }

  private static String decode(String text) {
    boolean isPlain = text.indexOf('%') < 0 && text.indexOf('+') < 0;
    return isPlain ? text : URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static ListedObject object(Xml xml, UnaryOperator<String> decoder) {
    return new ListedObject(
        decoder.apply(xml.text("Key").orElse("")),
        xml.text("Size").flatMap(ObjectInfo::number),
        xml.text("ETag"),
        xml.text("LastModified").flatMap(ListPage::time));
  }

  static Optional<Instant> time(String text) {
    try {
      return Optional.of(Instant.parse(text.trim()));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
