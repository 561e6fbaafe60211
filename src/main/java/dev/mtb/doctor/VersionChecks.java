package dev.mtb.doctor;

import dev.mtb.model.ErrorText;
import dev.mtb.store.bucket.BucketCheck;
import dev.mtb.store.bucket.BucketPlace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks of what a bucket keeps of the past, and for how long. */
final class VersionChecks {
  /** A quarter of a year, since users find a mistake late in a file that they seldom open. */
  private static final int OLD_VERSION_DAYS = 90;

  /** No upload takes a week, and MTB does not continue older ones. */
  private static final int UNFINISHED_UPLOAD_DAYS = 7;

  private VersionChecks() {}

  /** Whether a restore of an earlier moment is possible. */
  static void versioning(ExaminedPlace place, Findings found) {
    if (!place.isStraight) {
      return;
    }
    String command =
        "aws s3api put-bucket-versioning --bucket "
            + quoted(place.bucket.get().location().bucket())
            + " --versioning-configuration Status=Enabled";
    try {
      Optional<String> status = place.connection.get().versioning();
      place.isVersioned = status.isPresent();
      if (status.isEmpty()) {
        found.ok(
            "off: what is overwritten or deleted is gone, unless --backup-dir keeps it. With "
                + command
                + " each later run is a point to go back to (restore --as-of)");
      } else if (status.get().equals("Enabled")) {
        found.ok("on: each run is a point to go back to (restore --as-of)");
      } else {
        found.warn(
            "suspended: what is overwritten or deleted now is gone",
            "turn it on again: " + command);
      }
    } catch (IOException e) {
      found.notChecked(ErrorText.of(e));
    }
  }

  /**
   * Whether a rule deletes old versions and unfinished uploads. If not, they are kept, and paid
   * for, without end.
   */
  static void lifecycle(ExaminedPlace place, Findings found) {
    if (!place.isStraight) {
      return;
    }
    Optional<BucketCheck.Expiry> answer;
    try {
      answer = place.connection.get().expiry();
    } catch (IOException e) {
      found.notChecked(ErrorText.of(e));
      return;
    }
    if (answer.isEmpty()) {
      found.notChecked("the server knows no such rules");
      return;
    }
    BucketCheck.Expiry expiry = answer.get();
    List<String> kept = new ArrayList<>();
    List<String> limited = new ArrayList<>();
    if (place.isVersioned) {
      expiry
          .oldVersionDays()
          .ifPresentOrElse(
              days ->
                  limited.add(
                      "old versions are deleted after "
                          + days
                          + " days: --as-of reaches no further"),
              () -> kept.add("old versions"));
    }
    expiry
        .unfinishedUploadDays()
        .ifPresentOrElse(
            days -> limited.add("unfinished uploads are deleted after " + days + " days"),
            () -> kept.add("unfinished uploads"));
    if (!limited.isEmpty()) {
      found.ok(String.join("; ", limited));
    }
    if (!kept.isEmpty()) {
      found.warn(
          "no rule deletes "
              + String.join(", nor ", kept)
              + ": they are kept, and paid for, without end",
          (expiry.hasRules()
                  ? "the next command replaces all rules of the bucket, so add to it those that"
                      + " are there: "
                  : "")
              + command(place.bucket.get(), place.isVersioned));
    }
  }

  /** The command that sets a rule for both. */
  static String command(BucketPlace place, boolean isVersioned) {
    String oldVersions =
        isVersioned
            ? ",\"NoncurrentVersionExpiration\":{\"NoncurrentDays\":"
                + OLD_VERSION_DAYS
                + "},\"Expiration\":{\"ExpiredObjectDeleteMarker\":true}"
            : "";
    String rules =
        "{\"Rules\":[{\"ID\":\"mtb\",\"Status\":\"Enabled\",\"Filter\":{\"Prefix\":\""
            + place.location().prefix().replace("\\", "\\\\").replace("\"", "\\\"")
            + "\"},\"AbortIncompleteMultipartUpload\":{\"DaysAfterInitiation\":"
            + UNFINISHED_UPLOAD_DAYS
            + "}"
            + oldVersions
            + "}]}";
    return "aws s3api put-bucket-lifecycle-configuration --bucket "
        + quoted(place.location().bucket())
        + " --lifecycle-configuration "
        + quoted(rules);
  }

  /** Quotes a word for a shell. */
  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9._-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
