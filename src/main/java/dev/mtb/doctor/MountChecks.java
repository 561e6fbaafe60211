package dev.mtb.doctor;

import dev.mtb.doctor.Finding.Status;
import dev.mtb.options.Connection;
import dev.mtb.options.Via;
import dev.mtb.place.Destinations;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.DestinationException;
import dev.mtb.store.bucket.BucketPlace;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Optional;

/** Checks of the mount, and of the way that a backup takes: through it or not. */
final class MountChecks {
  private MountChecks() {}

  /** Whether the bucket is mounted, and the mount answers. */
  static void mount(ExaminedPlace place, Findings found) throws DestinationException {
    if (place.folder.isEmpty()) {
      return;
    }
    Path folder = place.folder.get();
    found.ifSlow(
        folder + " does not answer within " + found.limit,
        "a file system on this path hangs: look at the list of mounts (findmnt) and at the"
            + " kernel's log (dmesg)");
    PlaceInfo info = PlaceInfo.of(folder, place.options);
    if (!info.isOnS3fs() && info.missingMount().isEmpty()) {
      // Links are followed only now. Earlier, this could touch a dead S3FS mount, and hang.
      info = PlaceInfo.of(Destinations.namesOf(folder).get(1), place.options);
    }
    place.info = Optional.of(info);
    if (info.isOnS3fs()) {
      mounted(info, place.readOnly, found);
    } else {
      notMounted(info, place.options.connection(), found);
    }
    place.isAlive = found.list.stream().noneMatch(f -> f.status() == Status.FAIL);
  }

  private static void notMounted(PlaceInfo info, Connection connection, Findings found) {
    if (info.missingMount().isPresent()) {
      Path point = info.missingMount().get();
      found.fail(
          String.format(
              "the bucket is not mounted: %s is a plain folder now, but an S3FS mount point"
                  + " according to %s",
              point, info.missingMountSource().orElseThrow()),
          String.format(
              "mount it (mount %1$s, or s3fs BUCKET %1$s -o ...); if it is a plain folder for"
                  + " good, remove its line from that file",
              point));
      return;
    }
    String type = info.fileSystem().isEmpty() ? "" : " (" + info.fileSystem() + ")";
    String text = info.path() + " is a plain folder" + type + ", not on a mounted S3FS";
    if (connection.requireMount() || connection.via() == Via.BUCKET) {
      found.fail(text, "mount the bucket first (s3fs BUCKET MOUNTPOINT -o ...)");
    } else {
      found.warn(
          text,
          "nothing, if the backup is to go to this disk; if it is to go to a bucket, mount that"
              + " first, and give backups --require-mount");
    }
  }

  private static void mounted(PlaceInfo info, boolean readOnly, Findings found) {
    Path point = info.mountPoint();
    found.ifSlow(
        "s3fs does not answer within " + found.limit + ": the mount " + point + " hangs",
        String.format(
            "look at its log (journalctl -t s3fs); end the s3fs process (kill -9), then"
                + " fusermount -uz %s, and mount again",
            point));
    try {
      info.checkAlive();
    } catch (DestinationException e) {
      if (e.getCause() instanceof AccessDeniedException) {
        found.fail(
            "only the user that mounted the S3FS mount " + point + " may use it",
            "run MTB as that user, or mount with -o allow_other");
      } else {
        found.addMessage(Status.FAIL, e.getMessage(), "unmount it and mount it again");
      }
      return;
    }
    if (info.isReadOnly() && !readOnly) {
      found.fail("the S3FS mount " + point + " is read-only", "mount it without -o ro");
    } else {
      found.ok(point + " is a mounted S3FS, and s3fs answers");
    }
  }

  /** Which way a backup takes: straight to the bucket, or through the mount. */
  static void way(ExaminedPlace place, Findings found) {
    Connection connection = place.options.connection();
    if (place.location.isPresent() && connection.requireMount()) {
      found.fail(
          place.location.get() + " is no mount, and --require-mount asks for one",
          "give the directory on the mount, or leave out --require-mount");
      return;
    }
    place.bucket = place.location.map(location -> BucketPlace.of(location, place.options));
    boolean isVisible = place.isAlive || place.info.map(PlaceInfo::isProcessKnown).orElse(false);
    if (!place.isOnS3fs() || !isVisible) {
      return;
    }
    PlaceInfo info = place.info.orElseThrow();
    String remedy =
        "mount it so that MTB can go straight to the bucket (bucket.md tells with which options); a"
            + " mount takes one small file for each round trip";
    if (connection.via() == Via.MOUNT) {
      found.ok("backups go through the mount, as --via mount asks");
    } else if (info.bucket().isPresent()) {
      place.bucket = info.bucket();
      String name = ServerChecks.name(info.bucket().get());
      found.ok("backups go past the mount, straight to " + name);
    } else if (connection.via() == Via.BUCKET) {
      found.fail("MTB cannot go straight to the bucket: " + info.obstacle(), remedy);
    } else {
      found.warn(
          "backups go through the mount, not straight to its bucket: " + info.obstacle(), remedy);
    }
  }

  /** The version and options of the s3fs that serves the mount. */
  static void s3fs(ExaminedPlace place, Findings found) {
    if (!place.isOnS3fs()) {
      return;
    }
    PlaceInfo info = place.info.orElseThrow();
    if (!info.isProcessKnown()) {
      if (place.isAlive) {
        found.warn(
            "its version and options are not known: " + info.obstacle(),
            "run MTB as the user that mounted it; end an s3fs that an earlier mount has left");
      }
      return;
    }
    // A backup that goes straight to the bucket does not depend on the mount's speed.
    boolean isThroughMount = place.bucket.isEmpty();
    if (isThroughMount) {
      for (String advice : info.advice()) {
        int colon = advice.indexOf(": ");
        found.warn(
            colon < 0 ? "its options make it slow" : advice.substring(0, colon),
            colon < 0 ? advice : advice.substring(colon + 2));
      }
    }
    if (found.list.isEmpty()) {
      String version = "version " + info.s3fsVersion().orElse("unknown");
      found.ok(isThroughMount ? version + ", with good options" : version);
    }
  }
}
