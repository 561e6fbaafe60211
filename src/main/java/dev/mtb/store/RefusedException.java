package dev.mtb.store;

import java.io.IOException;

/**
 * MTB itself refuses to write something that this destination could not keep. Nothing was tried,
 * and trying again would change nothing.
 */
public class RefusedException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Made with the text that the user reads.
   *
   * @param message says why, and what to do
   */
  public RefusedException(String message) {
    super(message);
  }
}
