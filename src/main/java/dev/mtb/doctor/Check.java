package dev.mtb.doctor;

import dev.mtb.model.Format;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** One thing to look at. */
interface Check {
  /** What it is called, in a word or two. */
  String what();

  /** Why it is not made, given what is known by now; empty if it is. */
  default String obstacle(ExaminedPlace patient) {
    return "";
  }

  /**
   * Looks. May never return; it is not waited for longer than {@link Doctor} allows.
   *
   * @return what was found; empty if there is nothing to say
   * @throws IOException if it cannot be told, which is a finding, too
   */
  List<Finding> look(ExaminedPlace patient) throws IOException;

  /** What it means that it took too long. */
  default Finding givenUp(ExaminedPlace patient, Duration limit) {
    return Finding.fail(
        what(),
        "no answer within " + Format.duration(limit),
        "see what holds it up; a backup would wait for the same");
  }
}
