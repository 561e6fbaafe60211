package dev.mtb.store.bucket;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the catalog knows of an upload in parts that a run has started and not ended.
 *
 * @param key of the object that it makes
 * @param id of the upload
 * @param work a hash of the version of the source and the headers that it was started with
 * @param ctime that the object will have
 * @param started when
 * @param used when a run has started or continued it
 */
record UploadNote(String key, String id, long work, String ctime, Instant started, Instant used) {
  private static final String SEPARATOR = "\n";
  private static final int FIELDS = 6;

  UploadNote usedAt(Instant time) {
    return new UploadNote(key, id, work, ctime, started, time);
  }

  /** The key stands last: it may have any characters. */
  String toText() {
    return Joiner.on(SEPARATOR).join(id, work, ctime, started, used, key);
  }

  /** Reads what {@link #toText} has made; empty if it is something else. */
  static Optional<UploadNote> of(String text) {
    List<String> fields = Splitter.on(SEPARATOR).limit(FIELDS).splitToList(text);
    try {
      return Optional.of(
          new UploadNote(
              fields.get(5),
              fields.get(0),
              Long.parseLong(fields.get(1)),
              fields.get(2),
              Instant.parse(fields.get(3)),
              Instant.parse(fields.get(4))));
    } catch (RuntimeException e) {
      return Optional.empty();
    }
  }
}
