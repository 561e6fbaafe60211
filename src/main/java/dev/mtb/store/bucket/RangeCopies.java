package dev.mtb.store.bucket;

import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of parts of an object into an upload of the same object, which the server makes. A server
 * may ignore the condition and the range, so that a copy counts only if its tag is the MD5 that is
 * wanted; with that it is right, whatever version of the object it comes from. A server that
 * refuses, or copies something else, is not asked again in this run. Thread-safe.
 */
final class RangeCopies {
  private static final Logger log = LoggerFactory.getLogger(RangeCopies.class);

  private final BucketClient client;

  /** Whether the server has made such a copy. */
  private volatile boolean isProven;

  private volatile boolean isRefused;

  /**
   * Whether the server refuses a copy under the condition that the object has its current tag. For
   * an object that was uploaded in parts, S3Proxy lists another tag than it has answered, and
   * OpenStack Swift accepts no tag.
   */
  private volatile boolean isUnconditional;

  RangeCopies(BucketClient client) {
    this.client = client;
  }

  boolean areRefused() {
    return isRefused;
  }

  /** Notes that no part is copied any more in this run. */
  void refuse(String why) {
    if (!isRefused) {
      isRefused = true;
      log.info(
          "the server copies no parts of objects, and large files are sent as a whole: {}", why);
    }
  }

  /**
   * A part that is wanted.
   *
   * @param from the version of the object
   * @param start where it begins there
   * @param md5 that it must have
   */
  @SuppressWarnings("ArrayRecordComponent") // Made, used and dropped; never compared.
  record Wanted(ContentTag from, long start, long length, byte[] md5) {
    private Map<String, String> headers(boolean isUnconditional) {
      Map<String, String> headers = new HashMap<>();
      headers.put("x-amz-copy-source-range", "bytes=" + start + "-" + (start + length - 1));
      if (!isUnconditional) {
        headers.put("x-amz-copy-source-if-match", from.toHeader());
      }
      return headers;
    }
  }

  /**
   * Copies a part.
   *
   * @param number of the part in the upload
   * @return empty if the server does not do it
   * @throws ChangedException if the object is another version
   */
  Optional<UploadedPart> copy(String key, Wanted part, String uploadId, int number)
      throws IOException {
    if (isProven) {
      return ask(key, part, uploadId, number);
    }
    // Until it is known whether the server copies parts, only one thread asks at a time.
    synchronized (this) {
      return ask(key, part, uploadId, number);
    }
  }

  private Optional<UploadedPart> ask(String key, Wanted part, String uploadId, int number)
      throws IOException {
    if (isRefused) {
      return Optional.empty();
    }
    boolean isWithout = isUnconditional;
    String tag;
    try {
      try {
        tag = send(key, part, uploadId, number, isWithout);
      } catch (IOException e) {
        if (isWithout || !S3Errors.isPreconditionFailed(e)) {
          throw e;
        }
        // Without the condition, the MD5 still tells whether it is the right version.
        isWithout = true;
        tag = send(key, part, uploadId, number, isWithout);
      }
    } catch (DestinationException | InterruptedIOException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new ChangedException(e);
    } catch (IOException e) {
      refuse(e.getMessage());
      return Optional.empty();
    }
    boolean isRight = ContentTag.parse(tag).equals(Optional.of(ContentTag.of(part.md5())));
    if (isRight) {
      isProven = true;
      isUnconditional |= isWithout;
      return Optional.of(new UploadedPart(number, tag));
    }
    String why = "a copy has the tag " + tag + ", and the MD5 of the part is another";
    if (isWithout) {
      throw new ChangedException(new IOException(why));
    }
    refuse(why);
    return Optional.empty();
  }

  private String send(String key, Wanted part, String uploadId, int number, boolean isUnconditional)
      throws IOException {
    return client.send(
        "UploadPartCopy",
        key,
        s3 -> s3.copyPart(key, key, uploadId, number, part.headers(isUnconditional)));
  }
}
