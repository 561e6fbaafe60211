package dev.mtb.doctor;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What a check has found. Immutable.
 *
 * @param status how bad it is
 * @param what was checked, in a word or two, such as {@code round trip}
 * @param text what was found
 * @param remedy what to do about it; present unless the status is {@link Status#OK}
 */
public record Finding(Status status, String what, String text, Optional<String> remedy) {
  /** How bad it is. */
  public enum Status {
    /** No problem. */
    OK,
    /** A backup works, but slower or less safely than it could. */
    WARN,
    /** No backup can be made. */
    FAIL
  }

  /** Checks that nothing is null, and that each problem has a remedy. */
  public Finding {
    requireNonNull(what);
    requireNonNull(text);
    if (remedy.isPresent() == (status == Status.OK)) {
      throw new IllegalArgumentException(what + " is " + status + ", with remedy " + remedy);
    }
  }
}
