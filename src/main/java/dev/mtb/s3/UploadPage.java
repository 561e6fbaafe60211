package dev.mtb.s3;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A page of a list of unfinished uploads.
 *
 * @param uploads in the order of the server
 * @param isTruncated whether there are more pages
 */
public record UploadPage(List<UnfinishedUpload> uploads, boolean isTruncated) {
  static UploadPage of(Xml xml) throws MalformedAnswerException {
    try {
      return of(xml, ListPage.decoder(xml));
    } catch (IllegalArgumentException e) {
      throw ListPage.wrongEncoding(e);
    }
  }

  private static UploadPage of(Xml xml, UnaryOperator<String> decoder) {
    return new UploadPage(
        xml.children("Upload").stream()
            .map(
                upload ->
                    new UnfinishedUpload(
                        decoder.apply(upload.text("Key").orElse("")),
                        upload.text("UploadId").orElse("")))
            .toList(),
        ListPage.isTrue(xml, "IsTruncated"));
  }
}
