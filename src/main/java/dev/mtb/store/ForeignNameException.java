package dev.mtb.store;

/**
 * What is to be deleted has a name that MTB never writes: another client made it. It stays, and is
 * no failure.
 */
public final class ForeignNameException extends RefusedException {
  private static final long serialVersionUID = 1;

  /**
   * Says why MTB does not write such a name.
   *
   * @param message for the user, without the name
   */
  public ForeignNameException(String message) {
    super(message);
  }
}
