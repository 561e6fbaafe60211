package dev.mtb.s3;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A page of a list of versions, in the order of the server.
 *
 * @param versions that are listed, delete markers among them
 * @param isTruncated whether there are more pages
 * @param nextKey asks for the next page
 * @param nextVersion asks for it, too; empty if the next page begins with another key
 * @param date the server's clock
 */
public record VersionPage(
    List<ObjectVersion> versions,
    boolean isTruncated,
    Optional<String> nextKey,
    Optional<String> nextVersion,
    Optional<Instant> date) {

  static VersionPage of(Xml xml, Optional<Instant> date) throws MalformedAnswerException {
    try {
      return of(xml, ListPage.decoder(xml), date);
    } catch (IllegalArgumentException e) {
      throw ListPage.wrongEncoding(e);
    }
  }

  private static VersionPage of(Xml xml, UnaryOperator<String> decoder, Optional<Instant> date) {
    List<ObjectVersion> versions =
        xml.children().stream()
            .filter(child -> child.name().equals("Version") || child.name().equals("DeleteMarker"))
            .map(child -> version(child, decoder))
            .toList();
    boolean isTruncated = ListPage.isTrue(xml, "IsTruncated");
    Optional<String> nextKey = xml.text("NextKeyMarker").map(decoder);
    Optional<String> nextVersion = xml.text("NextVersionIdMarker");
    if (isTruncated && nextKey.isEmpty() && !versions.isEmpty()) {
      // Some servers do not send the marker, as in lists of objects. The next page begins after the
      // last version of this one.
      ObjectVersion last = versions.get(versions.size() - 1);
      nextKey = Optional.of(last.key());
      nextVersion = Optional.of(last.id());
    }
    return new VersionPage(versions, isTruncated, nextKey, nextVersion, date);
  }

  private static ObjectVersion version(Xml xml, UnaryOperator<String> decoder) {
    return new ObjectVersion(
        decoder.apply(xml.text("Key").orElse("")),
        xml.text("VersionId").orElse(ObjectVersion.WITHOUT_VERSIONING),
        ListPage.isTrue(xml, "IsLatest"),
        xml.name().equals("DeleteMarker"),
        xml.text("Size").flatMap(ObjectInfo::number),
        xml.text("ETag"),
        xml.text("LastModified").flatMap(ListPage::time));
  }
}
