package dev.mtb.doctor;

import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.bucket.BucketPlace;
import java.util.List;
import java.util.Optional;

/** Which way a backup would go: straight to the bucket, or through the mount. */
final class WayCheck implements Check {
  @Override
  public String what() {
    return "way";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    if (patient.location.isPresent()) {
      return straight(patient, patient.location.get());
    }
    // Of a dead s3fs nothing can be seen.
    boolean isDead =
        !patient.isAlive && !patient.whereabouts.map(PlaceInfo::isProcessKnown).orElse(false);
    if (!patient.isOnS3fs() || isDead) {
      return List.of();
    }
    PlaceInfo where = patient.whereabouts.orElseThrow();
    if (patient.options.connection().via() == Via.MOUNT) {
      return List.of(Finding.ok(what(), "backups go through the mount, as --via mount asks"));
    }
    if (where.bucket().isPresent()) {
      patient.place = where.bucket();
      return List.of(
          Finding.ok(
              what(), "backups go past the mount, straight to " + name(where.bucket().get())));
    }
    String remedy =
        "mount it so that MTB can go straight to the bucket (bucket.md tells with which options); a"
            + " mount takes one small file for each round trip";
    return patient.options.connection().via() == Via.BUCKET
        ? List.of(
            Finding.fail(
                what(), "MTB cannot go straight to the bucket: " + where.obstacle(), remedy))
        : List.of(
            Finding.warn(
                what(),
                "backups go through the mount, not straight to its bucket: " + where.obstacle(),
                remedy));
  }

  private List<Finding> straight(ExaminedPlace patient, S3Location location) {
    if (patient.options.connection().requireMount()) {
      return List.of(
          Finding.fail(
              what(),
              location + " is no mount, and --require-mount asks for one",
              "give the folder on the mount, or leave out --require-mount"));
    }
    patient.place = Optional.of(BucketPlace.of(location, patient.options));
    return List.of();
  }

  static String name(BucketPlace place) {
    return place.location() + place.endpoint().map(url -> " at " + url).orElse("");
  }
}
