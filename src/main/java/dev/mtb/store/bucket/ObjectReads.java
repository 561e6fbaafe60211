package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ReadableByteChannel;
import java.util.Optional;

/**
 * The contents of objects, each of one version: if an answer is cut off, the rest is requested
 * again, and always from the same version. Thread-safe.
 */
final class ObjectReads implements Closeable {
  private final BucketObjects objects;
  private final int retries;
  private final ReadAhead ahead = new ReadAhead();

  /**
   * Makes the reader.
   *
   * @param retries of answers that are cut off
   */
  ObjectReads(BucketObjects objects, int retries) {
    this.objects = objects;
    this.retries = retries;
  }

  /**
   * A version of an object.
   *
   * @param key of the object; empty for a directory without an object
   * @param metadata as a tree shows it
   * @param tag of the version, as the server writes it; empty if the server tells none
   */
  record Version(String key, Metadata metadata, Optional<String> tag) {}

  /** Opens the current version of a file or link, with one request. */
  Opened open(String key, boolean isLink) throws IOException {
    Requests.Reading first = objects.get(key, isLink);
    Version version = new Version(key, first.metadata(), Optional.ofNullable(first.rawTag()));
    return new Opened(
        first.metadata(),
        new ObjectChannel(
            (start, end) -> part(version, start, end),
            version.metadata().size(),
            Optional.of(first.content()),
            Optional.empty(),
            retries));
  }

  /** A content and the metadata that came with it. */
  record Opened(Metadata metadata, ReadableByteChannel content) {}

  /** Opens a file version by version, in parts if it is large. No request is made yet. */
  ReadableByteChannel open(ObjectChannel.Opener opener, long size) {
    return new ObjectChannel(opener, size, Optional.empty(), Optional.of(ahead), retries);
  }

  /** Opens a part of a version. */
  InputStream part(Version version, long start, long end) throws IOException {
    boolean isWhole = start == 0 && end == version.metadata().size();
    Optional<String> range =
        isWhole ? Optional.empty() : Optional.of("bytes=" + start + "-" + (end - 1));
    Requests.Reading reading = objects.read(version.key(), version.tag(), range);
    String tag = reading.rawTag();
    if (tag != null && version.tag().isPresent() && !tag.equals(version.tag().get())) {
      // Some servers ignore which version is asked for.
      reading.abort();
      throw new ChangedException(null);
    }
    if (reading.metadata().size() != end - start) {
      // A server that does not know ranges sends the whole object.
      reading.abort();
      throw new IOException(
          "the server sends " + reading.metadata().size() + " bytes instead of " + (end - start));
    }
    return reading.content();
  }

  @Override
  public void close() {
    ahead.close();
  }
}
