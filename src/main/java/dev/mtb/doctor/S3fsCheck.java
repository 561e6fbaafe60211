package dev.mtb.doctor;

import dev.mtb.place.PlaceInfo;
import java.util.ArrayList;
import java.util.List;

/** The version and options of the s3fs that serves the mount. */
final class S3fsCheck implements Check {
  @Override
  public String what() {
    return "s3fs";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    if (!patient.isOnS3fs()) {
      return List.of();
    }
    PlaceInfo where = patient.whereabouts.orElseThrow();
    if (!where.isProcessKnown()) {
      return patient.isAlive
          ? List.of(
              Finding.warn(
                  what(),
                  "its version and options are not known: " + where.obstacle(),
                  "run MTB as the user that mounted it; end an s3fs that an earlier mount has left"))
          : List.of();
    }
    List<Finding> findings = new ArrayList<>();
    // What makes a mount slow does not matter to what goes past it.
    if (patient.place.isEmpty()) {
      for (String advice : where.advice()) {
        int colon = advice.indexOf(": ");
        findings.add(
            colon < 0
                ? Finding.warn(what(), "its options make it slow", advice)
                : Finding.warn(what(), advice.substring(0, colon), advice.substring(colon + 2)));
      }
    }
    if (findings.isEmpty()) {
      findings.add(
          Finding.ok(
              what(),
              "version "
                  + where.s3fsVersion().orElse("unknown")
                  + (patient.place.isEmpty() ? ", with good options" : "")));
    }
    return findings;
  }
}
