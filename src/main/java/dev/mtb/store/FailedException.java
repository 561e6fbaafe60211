package dev.mtb.store;

import java.io.IOException;

/** An operation failed for good: it was diagnosed, and tried again as often as makes sense. */
public final class FailedException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Made with the text that the user reads.
   *
   * @param message says why, and what to do
   * @param cause the last failure
   */
  FailedException(String message, IOException cause) {
    super(message, cause);
  }
}
