package dev.mtb.store;

import java.io.IOException;

/**
 * Something other than the destination is to blame: the source, or that the run is being stopped.
 * Trying again is not the destination's business, and it says nothing of the destination's health.
 */
public abstract class ElsewhereException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Made with the text that the user reads.
   *
   * @param message without the file's name
   * @param cause what brought it up; may be null
   */
  protected ElsewhereException(String message, Throwable cause) {
    super(message, cause);
  }
}
