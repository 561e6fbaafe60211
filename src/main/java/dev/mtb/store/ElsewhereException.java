package dev.mtb.store;

import java.io.IOException;

/**
 * The cause of a failure is not the destination: it is the source, or the run is being stopped. The
 * operation on the destination is not retried, and does not count as its failure.
 */
public abstract class ElsewhereException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Made with the text that the user reads.
   *
   * @param message without the file's name
   * @param cause the failure behind it; may be null
   */
  protected ElsewhereException(String message, Throwable cause) {
    super(message, cause);
  }
}
