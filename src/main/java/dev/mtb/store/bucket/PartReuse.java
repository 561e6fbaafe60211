package dev.mtb.store.bucket;

import dev.mtb.s3.ListedPart;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ContentTag;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of one file that need not be sent: those that its unfinished upload has already, and
 * those that are the same in the object that it replaces. A part is used only if its MD5 equals
 * that of the same part of the source. Thread-safe.
 */
final class PartReuse {
  private static final Logger log = LoggerFactory.getLogger(PartReuse.class);

  private final RangeCopies copies;
  private final String key;
  private final String uploadId;

  /** By their numbers. */
  private final Map<Integer, ListedPart> sent;

  /**
   * The parts of the replaced object. Empty if they cannot be used, or if the object has changed.
   */
  private volatile Optional<PartDigests.OfObject> old;

  private final AtomicLong bytes = new AtomicLong();

  /**
   * Makes one.
   *
   * @param sent the parts that the upload has, by their numbers
   * @param old the parts of the object, in the grid of the file
   */
  PartReuse(
      RangeCopies copies,
      String key,
      String uploadId,
      Map<Integer, ListedPart> sent,
      Optional<PartDigests.OfObject> old) {
    this.copies = copies;
    this.key = key;
    this.uploadId = uploadId;
    this.sent = sent;
    this.old = old;
  }

  /** How many bytes were not sent. */
  long bytes() {
    return bytes.get();
  }

  /** Finds a part of the upload without sending it; empty if it has to be sent. */
  Optional<UploadedPart> find(int index, long start, ContentBody body) throws IOException {
    int number = index + 1;
    Optional<ListedPart> listed =
        Optional.ofNullable(sent.get(number)).filter(part -> part.size() == body.length());
    Optional<PartDigests.OfObject> known =
        old.filter(o -> o.parts().has(index, body.length()) && !copies.areRefused());
    if (listed.isEmpty() && known.isEmpty()) {
      return Optional.empty();
    }
    byte[] md5 = body.digest();
    Optional<UploadedPart> found =
        listed
            .filter(part -> ContentTag.parse(part.tag()).equals(Optional.of(ContentTag.of(md5))))
            .map(part -> new UploadedPart(number, part.tag()));
    if (found.isEmpty() && known.isPresent() && known.get().parts().isSame(index, md5)) {
      found = copy(new RangeCopies.Wanted(known.get().tag(), start, body.length(), md5), number);
    }
    if (found.isPresent()) {
      bytes.addAndGet(body.length());
    }
    return found;
  }

  private Optional<UploadedPart> copy(RangeCopies.Wanted part, int number) throws IOException {
    try {
      return copies.copy(key, part, uploadId, number);
    } catch (ChangedException e) {
      log.info("{} in the bucket is not what MTB has stored there; the rest is sent", key);
      old = Optional.empty();
      return Optional.empty();
    }
  }
}
