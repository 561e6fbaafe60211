package dev.mtb.s3;

import java.util.Optional;

/**
 * A part of an unfinished upload, as a list shows it.
 *
 * @param number from 1
 * @param tag as the server writes it
 * @param size in bytes
 */
public record ListedPart(int number, String tag, long size) {
  static Optional<ListedPart> of(Xml part) {
    Optional<Long> number = part.text("PartNumber").flatMap(ObjectInfo::number);
    Optional<Long> size = part.text("Size").flatMap(ObjectInfo::number);
    Optional<String> tag = part.text("ETag");
    return number.isPresent() && size.isPresent() && tag.isPresent()
        ? Optional.of(new ListedPart(number.get().intValue(), tag.get(), size.get()))
        : Optional.empty();
  }
}
