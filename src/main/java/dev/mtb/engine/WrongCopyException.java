package dev.mtb.engine;

import java.io.IOException;

/** What was read back is not what was copied. */
final class WrongCopyException extends IOException {
  private static final long serialVersionUID = 1;

  WrongCopyException(String message) {
    super(message);
  }
}
