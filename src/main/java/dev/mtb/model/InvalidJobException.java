package dev.mtb.model;

/**
 * A job that cannot be run as it is described: a list that is no list, a destination inside a
 * source, a number of threads that is out of range. Thrown before anything is changed.
 */
public class InvalidJobException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** Made with the text that the user reads. */
  public InvalidJobException(String message) {
    super(message);
  }

  /** Made with the text that the user reads. */
  public InvalidJobException(String message, Throwable cause) {
    super(message, cause);
  }
}
