package dev.mtb.s3;

import java.io.IOException;

/** No credentials were found. */
public final class CredentialsException extends IOException {
  private static final long serialVersionUID = 1;

  /** Makes one. */
  public CredentialsException(String message, Throwable cause) {
    super(message, cause);
  }
}
