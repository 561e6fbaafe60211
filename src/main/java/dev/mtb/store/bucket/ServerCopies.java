package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.s3.UploadedPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies of objects that the server makes: their content stays on the server. Thread-safe. */
final class ServerCopies {
  private static final Logger log = LoggerFactory.getLogger(ServerCopies.class);

  /** S3 copies no larger object in one request. */
  private static final long MOST_COPIED = 5L << 30;

  /**
   * The size of the parts of a copy. Large parts need few requests, and {@code ContentTag} can
   * check the tag of the result.
   */
  private static final long PART = 1L << 30;

  private final BucketClient client;
  private final Requests requests;

  ServerCopies(BucketClient client, Requests requests) {
    this.client = client;
    this.requests = requests;
  }

  /**
   * Copies an object with its metadata.
   *
   * @param knownSize its size, if that is known
   */
  boolean copy(String from, String to, Optional<Long> knownSize) throws IOException {
    if (knownSize.isEmpty() || knownSize.get() > MOST_COPIED) {
      Optional<Requests.Head> head = requests.head(from);
      if (head.isEmpty()) {
        return false;
      }
      Metadata old = head.get().metadata();
      if (old.size() > MOST_COPIED) {
        StoredVersion unused = copyInParts(from, to, old, Optional.of(head.get().rawTag()));
        return true;
      }
    }
    StoredVersion unused = copyWhole(from, to, Map.of());
    return true;
  }

  /**
   * Gives an object other metadata.
   *
   * @param ifMatch the version that was looked at; empty for the current one
   */
  StoredVersion replaceMetadata(String key, Metadata source, Optional<String> ifMatch)
      throws IOException {
    if (source.size() > MOST_COPIED) {
      return copyInParts(key, key, source, ifMatch);
    }
    return underCondition(
        key,
        ifMatch,
        condition ->
            copyWhole(key, key, with(condition, replacement(client.headers(key, source)))));
  }

  private static Map<String, String> replacement(Map<String, String> headers) {
    headers.put("x-amz-metadata-directive", "REPLACE");
    return headers;
  }

  private static Map<String, String> with(Optional<String> ifMatch, Map<String, String> headers) {
    ifMatch.ifPresent(tag -> headers.put("x-amz-copy-source-if-match", tag));
    return headers;
  }

  /** A copy of an object; if a tag is given, only of this version. */
  private interface Copy {
    StoredVersion send(Optional<String> ifMatch) throws IOException;
  }

  /**
   * Copies an object if it is the version that was looked at. OpenStack Swift refuses the condition
   * for an object that was uploaded in parts although its tag is the one that a HEAD tells: if a
   * second look finds the same tag, the copy is sent without the condition.
   */
  private StoredVersion underCondition(String key, Optional<String> ifMatch, Copy copy)
      throws IOException {
    try {
      return copy.send(ifMatch);
    } catch (IOException e) {
      if (ifMatch.isEmpty() || !S3Errors.isPreconditionFailed(e)) {
        throw e;
      }
      Optional<Requests.Head> now = requests.head(key);
      if (now.isEmpty() || !ifMatch.get().equals(now.get().rawTag())) {
        throw e;
      }
      log.info("the server refuses a copy of {} by its current tag; it is copied without", key);
      return copy.send(Optional.empty());
    }
  }

  private StoredVersion copyWhole(String from, String to, Map<String, String> more)
      throws IOException {
    Map<String, String> headers = new HashMap<>(client.styleHeaders());
    headers.putAll(more);
    long start = System.nanoTime();
    return client.stored(client.send("CopyObject", from, s3 -> s3.copy(from, to, headers)), start);
  }

  private StoredVersion copyInParts(
      String from, String to, Metadata source, Optional<String> ifMatch) throws IOException {
    return underCondition(from, ifMatch, condition -> copyEachPart(from, to, source, condition));
  }

  private StoredVersion copyEachPart(
      String from, String to, Metadata source, Optional<String> ifMatch) throws IOException {
    MultipartUploads uploads = requests.uploads();
    String uploadId = uploads.start(to, client.headers(to, source));
    try {
      List<UploadedPart> parts = new ArrayList<>();
      for (long start = 0; start < source.size(); start += PART) {
        int number = parts.size() + 1;
        String range = "bytes=" + start + "-" + (Math.min(start + PART, source.size()) - 1);
        Map<String, String> headers = new HashMap<>(Map.of("x-amz-copy-source-range", range));
        String tag =
            client.send(
                "UploadPartCopy",
                to,
                s3 -> s3.copyPart(from, to, uploadId, number, with(ifMatch, headers)));
        parts.add(new UploadedPart(number, tag));
      }
      return uploads.complete(to, uploadId, parts, Map.of());
    } catch (IOException | RuntimeException e) {
      try {
        uploads.abort(to, uploadId);
      } catch (IOException e2) {
        e.addSuppressed(e2);
      }
      throw e;
    }
  }
}
