package dev.mtb.store;

/**
 * The refusal to delete a name that MTB never writes, since another client made it. The item is not
 * deleted, and this is no failure of the run.
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
