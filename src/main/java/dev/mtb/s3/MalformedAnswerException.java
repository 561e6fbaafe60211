package dev.mtb.s3;

import java.io.IOException;

/** An answer is no valid XML, or was cut off. */
public final class MalformedAnswerException extends IOException {
  private static final long serialVersionUID = 1;

  /** Makes one. */
  public MalformedAnswerException(String message, Throwable cause) {
    super(message, cause);
  }
}
