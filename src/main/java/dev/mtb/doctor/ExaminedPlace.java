package dev.mtb.doctor;

import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.bucket.BucketCheck;
import dev.mtb.store.bucket.BucketPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A destination, and what the checks find out about it for those that come later. The checks run
 * one after the other; that one which was given up may still write to it does no harm.
 */
final class ExaminedPlace {
  /** Makes a request that shows how long one takes. */
  interface Asking {
    BucketCheck.Answer ask() throws IOException;
  }

  /**
   * Both clocks at the same moment.
   *
   * @param here ours
   * @param there the server's, in whole seconds
   */
  record Clocks(Instant here, Instant there) {}

  final Optional<Path> folder;
  final Optional<S3Location> location;
  final BackupOptions options;
  final boolean readOnly;
  final Clock clock;

  /** Where the folder is. */
  volatile Optional<PlaceInfo> whereabouts = Optional.empty();

  /** Whether the folder may be touched: it is on no mount that is dead. */
  volatile boolean isAlive;

  /** The bucket that a run would go straight to. */
  volatile Optional<BucketPlace> place = Optional.empty();

  /** What is to be closed in the end, whatever it still waits for. */
  volatile Optional<BucketCheck> connection = Optional.empty();

  /** The same, once it was found to be good. */
  volatile Optional<BucketCheck> bucket = Optional.empty();

  /** How to ask the server; empty as long as it has not answered. */
  volatile Optional<Asking> asking = Optional.empty();

  /** Whether there is a server that was asked and did not answer. */
  volatile boolean isServerSilent;

  /** Whether the folder is one, or can be made. */
  volatile boolean isFolderGood;

  volatile Optional<Clocks> clocks = Optional.empty();

  ExaminedPlace(
      Optional<Path> folder,
      Optional<S3Location> location,
      BackupOptions options,
      boolean readOnly,
      Clock clock) {
    this.folder = folder;
    this.location = location;
    this.options = options;
    this.readOnly = readOnly;
    this.clock = clock;
  }

  boolean isOnS3fs() {
    return whereabouts.map(PlaceInfo::isOnS3fs).orElse(false);
  }

  /** Whether a run would go past the mount, or needs none. */
  boolean isStraight() {
    return bucket.isPresent();
  }

  /** What keeps the folder from being touched. */
  String obstacleToTouching() {
    return !isAlive
        ? "the folder cannot be used"
        : isServerSilent ? "the server does not answer" : "";
  }

  /** Takes down what an answer tells of the server's clock. */
  void noteTime(Optional<Instant> there, Duration took) {
    there.ifPresent(
        time -> clocks = Optional.of(new Clocks(clock.instant().minus(took.dividedBy(2)), time)));
  }
}
