package dev.mtb.store.bucket;

import dev.mtb.store.ContentTag;
import java.io.IOException;

/** The server says of an object that it holds other content than was sent. */
final class WrongContentException extends IOException {
  private static final long serialVersionUID = 1;

  WrongContentException(String key, ContentTag found, ContentTag expected) {
    super(
        "the bucket holds other content than was sent (its ETag is "
            + found.md5()
            + ", not "
            + expected.md5()
            + "): "
            + key);
  }
}
