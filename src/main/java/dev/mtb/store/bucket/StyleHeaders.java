package dev.mtb.store.bucket;

import com.google.common.net.UrlEscapers;
import dev.mtb.options.ObjectStyle;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The headers that give objects their style, by their names in lower case. */
final class StyleHeaders {
  private StyleHeaders() {}

  /** The headers of each new object. */
  static Map<String, String> ofObject(ObjectStyle style, Instant now) {
    Map<String, String> headers = new HashMap<>();
    style.storageClass().ifPresent(name -> headers.put("x-amz-storage-class", name));
    style.acl().ifPresent(name -> headers.put("x-amz-acl", name));
    style.encryption().ifPresent(name -> headers.put("x-amz-server-side-encryption", name));
    style.kmsKey().ifPresent(id -> headers.put("x-amz-server-side-encryption-aws-kms-key-id", id));
    if (!style.tags().isEmpty()) {
      headers.put("x-amz-tagging", tagging(style.tags()));
    }
    style
        .lock()
        .ifPresent(
            lock -> {
              headers.put("x-amz-object-lock-mode", lock.mode());
              headers.put(
                  "x-amz-object-lock-retain-until-date",
                  now.plus(lock.retain()).truncatedTo(ChronoUnit.SECONDS).toString());
            });
    return headers;
  }

  /**
   * The headers of each copy of an object. S3 gives a copy the bucket's defaults, except for the
   * tags, which it copies unless the request has others (Amazon S3 API reference, "CopyObject").
   */
  static Map<String, String> ofCopy(ObjectStyle style, Instant now) {
    Map<String, String> headers = ofObject(style, now);
    if (!style.tags().isEmpty()) {
      headers.put("x-amz-tagging-directive", "REPLACE");
    }
    return headers;
  }

  /** The headers of each request. */
  static Map<String, String> ofRequest(ObjectStyle style) {
    return style.requesterPays() ? Map.of("x-amz-request-payer", "requester") : Map.of();
  }

  /** The tags in the form of a query. */
  private static String tagging(Map<String, String> tags) {
    return tags.entrySet().stream()
        .map(tag -> encode(tag.getKey()) + "=" + encode(tag.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String encode(String text) {
    // A blank becomes %20 and not a plus sign, since all servers understand %20.
    return UrlEscapers.urlFormParameterEscaper().escape(text).replace("+", "%20");
  }
}
