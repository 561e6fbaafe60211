package dev.mtb.doctor;

import dev.mtb.model.Format;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.place.Destinations;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.DestinationException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Whether the bucket is mounted, and the mount alive. */
final class MountCheck implements Check {
  @Override
  public String what() {
    return "mount";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) throws DestinationException {
    if (patient.folder.isEmpty()) {
      return List.of();
    }
    PlaceInfo where = whereabouts(patient.folder.get(), patient.options);
    patient.whereabouts = Optional.of(where);
    Finding finding = where.isOnS3fs() ? mounted(where, patient) : plain(where, patient.options);
    patient.isAlive = finding.status() != Finding.Status.FAIL;
    return List.of(finding);
  }

  /** What lies on S3FS is not touched for this; anything else may be a link to there. */
  private static PlaceInfo whereabouts(Path folder, BackupOptions options)
      throws DestinationException {
    PlaceInfo where = PlaceInfo.of(folder, options);
    if (where.isOnS3fs() || where.missingMount().isPresent()) {
      return where;
    }
    return PlaceInfo.of(Destinations.namesOf(folder).get(1), options);
  }

  private Finding plain(PlaceInfo where, BackupOptions options) {
    if (where.missingMount().isPresent()) {
      Path point = where.missingMount().get();
      Path source = where.missingMountSource().orElseThrow();
      return Finding.fail(
          what(),
          "the bucket is not mounted: "
              + point
              + " is a plain folder now, but an S3FS mount point according to "
              + source,
          "mount it (mount "
              + point
              + ", or s3fs BUCKET "
              + point
              + " -o ...); if it is a plain folder for good, remove its line from that file");
    }
    String type = where.fileSystem().isEmpty() ? "" : " (" + where.fileSystem() + ")";
    String text = where.path() + " is a plain folder" + type + ", not on a mounted S3FS";
    if (options.connection().requireMount() || options.connection().via() == Via.BUCKET) {
      return Finding.fail(what(), text, "mount the bucket first (s3fs BUCKET MOUNTPOINT -o ...)");
    }
    return Finding.warn(
        what(),
        text,
        "nothing, if the backup is to go to this disk; if it is to go to a bucket, mount that"
            + " first, and give backups --require-mount");
  }

  private Finding mounted(PlaceInfo where, ExaminedPlace patient) {
    Path point = where.mountPoint();
    try {
      where.checkAlive();
    } catch (DestinationException e) {
      if (e.getCause() instanceof AccessDeniedException) {
        return Finding.fail(
            what(),
            "the S3FS mount " + point + " lets only the user in that mounted it",
            "run MTB as that user, or mount with -o allow_other");
      }
      return Finding.of(
          Finding.Status.FAIL, what(), e.getMessage(), "unmount it and mount it again");
    }
    if (where.isReadOnly() && !patient.readOnly) {
      return Finding.fail(
          what(), "the S3FS mount " + point + " is read-only", "mount it without -o ro");
    }
    return Finding.ok(what(), point + " is a mounted S3FS, and s3fs answers");
  }

  @Override
  public Finding givenUp(ExaminedPlace patient, Duration limit) {
    if (patient.whereabouts.isEmpty()) {
      return Finding.fail(
          what(),
          patient.folder.orElseThrow() + " does not answer within " + Format.duration(limit),
          "a file system on the way there hangs: look at the list of mounts (findmnt) and at the"
              + " kernel's log (dmesg)");
    }
    Path point = patient.whereabouts.get().mountPoint();
    return Finding.fail(
        what(),
        "s3fs does not answer within " + Format.duration(limit) + ": the mount " + point + " hangs",
        "look at its log (journalctl -t s3fs); end the s3fs process (kill -9), then fusermount -uz "
            + point
            + ", and mount again");
  }
}
