package dev.mtb.doctor;

import dev.mtb.doctor.Finding.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects what one check finds. Only {@link #ifSlow} may be read by another thread. */
final class Findings {
  private final String what;

  /** The time limit of the check, in words. */
  final String limit;

  final List<Finding> list = new ArrayList<>();

  /** The finding if the check takes too long. */
  volatile Finding ifSlow;

  /** Why the check cannot be made; empty if it is made. */
  Optional<String> obstacle = Optional.empty();

  Findings(String what, String limit) {
    this.what = what;
    this.limit = limit;
    ifSlow = slow("no answer within " + limit, "find out what delays it; a backup would wait, too");
  }

  void notChecked(String reason) {
    obstacle = Optional.of(reason);
  }

  /** Sets the finding that is reported if the check takes too long from here on. */
  void ifSlow(String text, String remedy) {
    ifSlow = slow(text, remedy);
  }

  private Finding slow(String text, String remedy) {
    return new Finding(Status.FAIL, what, text, Optional.of(remedy));
  }

  void ok(String text) {
    list.add(new Finding(Status.OK, what, text, Optional.empty()));
  }

  void warn(String text, String remedy) {
    add(Status.WARN, text, remedy);
  }

  void fail(String text, String remedy) {
    add(Status.FAIL, text, remedy);
  }

  void add(Status status, String text, String remedy) {
    list.add(new Finding(status, what, text, Optional.of(remedy)));
  }

  /** Adds a good finding, or else a warning. */
  void okIf(boolean isGood, String text, String remedy) {
    if (isGood) {
      ok(text);
    } else {
      warn(text, remedy);
    }
  }

  /**
   * Adds a message of MTB. It says what is wrong, and after a semicolon what to do.
   *
   * @param otherwise the remedy for a message without one
   */
  void addMessage(Status status, String message, String otherwise) {
    int semicolon = message.indexOf("; ");
    add(
        status,
        semicolon < 0 ? message : message.substring(0, semicolon),
        semicolon < 0 ? otherwise : message.substring(semicolon + 2));
  }
}
