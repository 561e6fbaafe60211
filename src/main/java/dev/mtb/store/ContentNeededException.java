package dev.mtb.store;

/** Metadata that a destination can store only together with the content. Nothing was changed. */
public final class ContentNeededException extends RefusedException {
  private static final long serialVersionUID = 1;

  /**
   * Made with the text that the user reads.
   *
   * @param message says why
   * @param cause what the destination has answered
   */
  public ContentNeededException(String message, Throwable cause) {
    super(message);
    initCause(cause);
  }
}
