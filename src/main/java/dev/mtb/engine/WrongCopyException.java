package dev.mtb.engine;

import java.io.IOException;

/** The exception for a copy that differs from its source when it is read back. */
final class WrongCopyException extends IOException {
  private static final long serialVersionUID = 1;

  WrongCopyException(String message) {
    super(message);
  }
}
