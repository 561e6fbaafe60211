package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.s3.ListPage;
import java.io.IOException;
import java.util.Optional;

/**
 * The objects that a tree is read from: those of now ({@link Requests}), or those of a moment in
 * the past ({@link PastObjects}). Thread-safe.
 */
interface BucketObjects {
  /** Lists a page of keys below a prefix, in the order of their bytes. */
  ListPage list(String prefix, String delimiter, String startAfter, String token)
      throws IOException;

  /** Looks at an object; empty if it is not there. */
  Optional<Requests.Head> head(String key) throws IOException;

  /**
   * Reads an object or a part of it, a file or a link.
   *
   * @param ifMatch the tag of the content that is wanted; empty for whatever is there
   * @param range in the form of the header; empty for the whole
   * @throws ChangedException if it is another content by now
   */
  Requests.Reading read(String key, Optional<String> ifMatch, Optional<String> range)
      throws IOException;

  /**
   * Reads an object.
   *
   * @param isLink whether it must be a link or a file: the target of a link is no file's content
   */
  default Requests.Reading get(String key, boolean isLink) throws IOException {
    Requests.Reading reading = read(key, Optional.empty(), Optional.empty());
    if ((reading.metadata().kind() == Kind.LINK) != isLink) {
      reading.abort();
      throw new IOException("it is " + (isLink ? "no link" : "a link") + " in the bucket");
    }
    return reading;
  }

  /** The end of the message for a prefix without objects: why there is no backup. */
  default String missing() {
    return ": nothing there has a key that begins so";
  }
}
