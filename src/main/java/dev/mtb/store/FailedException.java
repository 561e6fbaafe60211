package dev.mtb.store;

import java.io.IOException;

/**
 * An operation failed finally: the failure was diagnosed, and all retries failed or would not help.
 */
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
