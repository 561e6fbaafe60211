package dev.mtb.doctor;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What a check has found. Immutable.
 *
 * @param status how bad it is
 * @param what was checked, in a word or two, such as {@code round trip}
 * @param text what was found
 * @param remedy what to do about it; present unless it is ok
 */
public record Finding(Status status, String what, String text, Optional<String> remedy) {
  /** How bad it is. */
  public enum Status {
    /** As it should be. */
    OK,
    /** A backup works, but slower or less safely than it could. */
    WARN,
    /** No backup can be made. */
    FAIL
  }

  /** Checks that nothing is null, and that trouble comes with its remedy. */
  public Finding {
    requireNonNull(what);
    requireNonNull(text);
    if (remedy.isPresent() == (status == Status.OK)) {
      throw new IllegalArgumentException(what + " is " + status + ", with remedy " + remedy);
    }
  }

  static Finding ok(String what, String text) {
    return new Finding(Status.OK, what, text, Optional.empty());
  }

  static Finding warn(String what, String text, String remedy) {
    return new Finding(Status.WARN, what, text, Optional.of(remedy));
  }

  static Finding fail(String what, String text, String remedy) {
    return new Finding(Status.FAIL, what, text, Optional.of(remedy));
  }

  /**
   * From a message of MTB's, which says what is wrong, and behind a semicolon what to do.
   *
   * @param otherwise the remedy of a message without one
   */
  static Finding of(Status status, String what, String message, String otherwise) {
    int semicolon = message.indexOf("; ");
    return semicolon < 0
        ? new Finding(status, what, message, Optional.of(otherwise))
        : new Finding(
            status,
            what,
            message.substring(0, semicolon),
            Optional.of(message.substring(semicolon + 2)));
  }
}
