package dev.mtb.s3;

import java.util.List;
import java.util.Optional;

/**
 * A page of a list of the parts of an unfinished upload.
 *
 * @param parts in the order of the server
 * @param isTruncated whether there are more pages
 */
public record PartPage(List<ListedPart> parts, boolean isTruncated) {
  static PartPage of(Xml xml) {
    return new PartPage(
        xml.children("Part").stream().map(ListedPart::of).flatMap(Optional::stream).toList(),
        ListPage.isTrue(xml, "IsTruncated"));
  }
}
