package dev.mtb.s3;

import java.io.IOException;

/** A {@link Body} cannot be read. {@link #getCause} tells why. */
public final class SourceException extends IOException {
  private static final long serialVersionUID = 1;

  private final IOException failure;

  /** Makes one. */
  public SourceException(IOException failure) {
    super(failure);
    this.failure = failure;
  }

  /** The failure to read the source. */
  public IOException failure() {
    return failure;
  }
}
