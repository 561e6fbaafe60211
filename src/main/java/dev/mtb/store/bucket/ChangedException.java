package dev.mtb.store.bucket;

import java.io.IOException;

/** An object is not any more the version that was asked for. */
final class ChangedException extends IOException {
  private static final long serialVersionUID = 1;

  ChangedException(Throwable cause) {
    super("it was written anew while it was read", cause);
  }
}
