package dev.mtb.doctor;

import dev.mtb.model.Format;
import java.time.Duration;
import java.util.List;

/** Whether this machine's clock agrees with the server's, which it has to for signatures. */
final class ClockCheck implements Check {
  /** S3 refuses what was signed earlier or later than this (RequestTimeTooSkewed). */
  private static final Duration REFUSED = Duration.ofMinutes(15);

  /** A clock that is set by NTP differs by less than a second; this one is on its way out. */
  private static final Duration SUSPECT = Duration.ofMinutes(1);

  /** The server tells whole seconds, cut off. */
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);

  private static final String REMEDY =
      "set it, and let it be kept (timedatectl set-ntp true, or chrony)";

  @Override
  public String what() {
    return "clock";
  }

  @Override
  public String obstacle(ExaminedPlace patient) {
    boolean hasServer = patient.isOnS3fs() || patient.location.isPresent();
    return hasServer && patient.clocks.isEmpty() ? "no server has told its time" : "";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    return patient.clocks.map(clocks -> List.of(compare(clocks, patient))).orElse(List.of());
  }

  private Finding compare(ExaminedPlace.Clocks clocks, ExaminedPlace patient) {
    Duration ahead = Duration.between(clocks.there().plus(HALF_A_SECOND), clocks.here());
    Duration apart = ahead.abs();
    if (apart.compareTo(SUSPECT) <= 0) {
      return Finding.ok(
          what(),
          "within "
              + Format.duration(Duration.ofSeconds(apart.toSeconds() + 1))
              + " of the server's");
    }
    String text =
        "this machine's clock is "
            + Format.duration(apart)
            + (ahead.isNegative() ? " behind" : " ahead of")
            + " the server's";
    if (apart.compareTo(REFUSED) <= 0) {
      return Finding.warn(what(), text + "; from 15 minutes on S3 refuses requests", REMEDY);
    }
    return patient.isStraight()
        ? Finding.warn(what(), text + "; this server does not mind, Amazon's would", REMEDY)
        : Finding.fail(what(), text + ", and S3 refuses what is more than 15 minutes off", REMEDY);
  }
}
