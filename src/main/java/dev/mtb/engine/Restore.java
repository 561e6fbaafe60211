package dev.mtb.engine;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.Destinations;
import dev.mtb.place.OwnPlaces;
import dev.mtb.place.RunLock;
import dev.mtb.place.StoredBackup;
import dev.mtb.store.DestinationException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A restore: a {@link Run} out of a backup, with the care that a {@link Direction} takes for the
 * files of the target.
 */
final class Restore {
  private final RestoreJob job;
  private final BackupOptions options;
  private final Instant startedAt = Instant.now();

  Restore(RestoreJob job) {
    this.job = job;
    this.options = job.options();
  }

  BackupReport run(BackupListener listener) {
    refuseTargetInBackup();
    try (StoredBackup backup = StoredBackup.open(job);
        RunLock lock = options.dryRun() ? RunLock.NONE : RunLock.of(options)) {
      if (!options.dryRun()) {
        backup.expect(path -> isMissing(job.target(), backup.root().relativize(path)));
      }
      BackupJob reversed = reversed(backup.root());
      Direction direction =
          Direction.outOf(
              backup, targetOfBackup(), job.overwrite(), Destinations.oldVersions(reversed));
      Purpose purpose = options.dryRun() ? Purpose.DRY_RUN : Purpose.BACKUP;
      return Run.of(
          RunContext.of(reversed, purpose, direction, listener),
          readOnly ->
              Destinations.openTarget(job.target(), options, job.overwrite(), readOnly, lock));
    } catch (DestinationException e) {
      return unusable(e);
    }
  }

  private void refuseTargetInBackup() {
    if (OwnPlaces.isTargetInBackup(job)) {
      throw new InvalidJobException(
          "the target "
              + job.target()
              + " lies inside the backup "
              + job.backupName()
              + ": it is on an S3FS mount of the same bucket");
    }
    for (Path backup : namesOfBackup()) {
      for (Path target : Destinations.namesOf(job.target())) {
        if (target.startsWith(backup)) {
          throw new InvalidJobException(
              "the target " + target + " lies inside the backup " + backup);
        }
      }
    }
  }

  /** A backup may lie in the directory that it is restored to (/mnt/backup in /). */
  private Optional<Path> targetOfBackup() {
    for (Path backup : namesOfBackup()) {
      for (Path target : Destinations.namesOf(job.target())) {
        if (backup.startsWith(target)) {
          return Optional.of(target.relativize(backup));
        }
      }
    }
    return Optional.empty();
  }

  /** Empty if the backup is no directory. */
  private List<Path> namesOfBackup() {
    return job.directory().map(Destinations::namesOf).orElse(List.of());
  }

  private BackupJob reversed(Path root) {
    BackupJob.Builder reversed =
        BackupJob.builder().base(root).destination(job.target()).options(options);
    List<Path> paths = job.paths().isEmpty() ? List.of(Path.of("")) : job.paths();
    for (Path path : paths) {
      reversed.source(PathBytes.resolve(root, PathBytes.of(path)));
    }
    return reversed.build();
  }

  /** The target is not open yet: only its path is known. */
  private static boolean isMissing(Path directory, Path target) {
    Path file = PathBytes.resolve(directory, PathBytes.of(target));
    return !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** The backup cannot be read, and nothing was begun. */
  private BackupReport unusable(DestinationException e) {
    boolean wasInterrupted = Thread.currentThread().isInterrupted();
    return new BackupReport(
        wasInterrupted ? Outcome.INTERRUPTED : Outcome.FAILED,
        options.dryRun(),
        startedAt,
        Duration.between(startedAt, Instant.now()),
        new Tally(BackupListener.NONE).totals(),
        wasInterrupted ? List.of() : List.of(Failure.givenUp(e.getMessage())),
        List.of());
  }
}
