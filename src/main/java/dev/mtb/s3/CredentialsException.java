package dev.mtb.s3;

import java.io.IOException;

/** No credentials were found; the message tells why, or is empty if none were set up. */
public final class CredentialsException extends IOException {
  private static final long serialVersionUID = 1;

  /** Makes one. */
  public CredentialsException(String message, Throwable cause) {
    super(message, cause);
  }
}
