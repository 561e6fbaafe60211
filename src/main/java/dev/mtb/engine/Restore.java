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
import dev.mtb.place.DestinationInSource;
import dev.mtb.place.Destinations;
import dev.mtb.place.OpenTree;
import dev.mtb.place.RunLock;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Tree;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A restore: a {@link Run} out of a backup, under the rules of {@link RestorePolicy}. */
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
    try (OpenTree backup = OpenTree.open("the backup", job.backup(), options, job.asOf());
        RunLock lock = options.dryRun() ? RunLock.NONE : RunLock.of(options)) {
      Tree tree = backup.tree();
      if (!options.dryRun()) {
        job.target()
            .directory()
            .ifPresent(target -> tree.expect(path -> isMissing(target, tree, path)));
      }
      Policy policy = new RestorePolicy(backup.identity(), targetOfBackup(), job.overwrite());
      return Run.of(
          RunContext.of(reversed(tree), new Origin(tree, policy), Run.purpose(options), listener),
          readOnly ->
              Destinations.openTarget(job.target(), options, job.overwrite(), readOnly, lock));
    } catch (DestinationException e) {
      return unusable(e, options, startedAt);
    }
  }

  private void refuseTargetInBackup() {
    if (DestinationInSource.isTargetInBackup(job)) {
      throw new InvalidJobException(
          "the target "
              + job.target()
              + " lies inside the backup "
              + job.backupName()
              + ": it is on an S3FS mount of the same bucket");
    }
    for (Path backup : namesOfBackup()) {
      for (Path target : namesOfTarget()) {
        if (target.startsWith(backup)) {
          throw new InvalidJobException(
              "the target " + target + " lies inside the backup " + backup);
        }
      }
    }
  }

  /** Where the backup lies, if that is in the target (/mnt/backup is in /). */
  private Optional<Path> targetOfBackup() {
    for (Path backup : namesOfBackup()) {
      for (Path target : namesOfTarget()) {
        if (backup.startsWith(target)) {
          return Optional.of(target.relativize(backup));
        }
      }
    }
    return Optional.empty();
  }

  private List<Path> namesOfTarget() {
    return job.target().directory().map(Destinations::namesOf).orElse(List.of());
  }

  /** Empty if the backup is no directory. */
  private List<Path> namesOfBackup() {
    return job.directory().map(Destinations::namesOf).orElse(List.of());
  }

  private BackupJob reversed(Tree tree) {
    BackupJob.Builder reversed =
        BackupJob.builder().from(tree).destination(job.target()).options(options);
    List<Path> paths = job.paths().isEmpty() ? List.of(Path.of("")) : job.paths();
    for (Path path : paths) {
      reversed.source(PathBytes.resolve(tree.root(), PathBytes.of(path)));
    }
    return reversed.build();
  }

  /** Whether the target is missing. It is not open yet, so only its path is known. */
  private static boolean isMissing(Path directory, Tree tree, Path path) {
    Path file = PathBytes.resolve(directory, PathBytes.of(tree.root().relativize(path)));
    return !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** The report of a run that did not begin, since the backup cannot be read. */
  static BackupReport unusable(DestinationException e, BackupOptions options, Instant startedAt) {
    boolean wasInterrupted = Thread.currentThread().isInterrupted();
    return new BackupReport(
        wasInterrupted ? Outcome.INTERRUPTED : Outcome.FAILED,
        options.dryRun(),
        startedAt,
        Duration.between(startedAt, Instant.now()),
        new Tally(BackupListener.NONE).totals(),
        wasInterrupted ? List.of() : List.of(Failure.givenUp(e.getMessage())),
        List.of(),
        OptionalInt.empty());
  }
}
