package dev.mtb.store;

import java.io.IOException;

/**
 * The destination as a whole cannot be used: it is missing, is of the wrong kind, or was lost. No
 * file can be backed up, so the run ends.
 */
public class DestinationException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Made with the text that the user reads.
   *
   * @param message names the place, what is wrong, and what to do
   */
  public DestinationException(String message) {
    super(message);
  }

  /**
   * Made with the text that the user reads.
   *
   * @param message names the place, what is wrong, and what to do
   * @param cause the failure that showed it
   */
  public DestinationException(String message, Throwable cause) {
    super(message, cause);
  }
}
