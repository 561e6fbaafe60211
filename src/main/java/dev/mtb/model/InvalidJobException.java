package dev.mtb.model;

/**
 * A job that makes no sense as it is described: a list that is not a list, a destination inside a
 * source, a number of threads that no machine has. Thrown before anything is changed.
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
