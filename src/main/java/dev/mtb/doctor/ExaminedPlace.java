package dev.mtb.doctor;

import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.place.PlaceInfo;
import dev.mtb.store.bucket.BucketCheck;
import dev.mtb.store.bucket.BucketPlace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.commons.io.function.IOSupplier;

/**
 * A destination, and what the checks find out about it for later checks. The checks run one after
 * the other, each on a thread of its own. A check that timed out may still write to a field; later
 * checks then know more, which does no harm.
 */
final class ExaminedPlace {
  /** The server sends whole seconds, rounded down. */
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);

  final Optional<Path> folder;
  final Optional<S3Location> location;
  final BackupOptions options;
  final boolean readOnly;
  private final Clock clock;

  /** Where the folder is; empty until the mount is checked. */
  volatile Optional<PlaceInfo> info = Optional.empty();

  /** Whether the folder may be touched: it is on no dead mount. */
  volatile boolean isAlive;

  /** The bucket that a backup writes to directly, according to the options and the mount. */
  volatile Optional<BucketPlace> bucket = Optional.empty();

  /** To be closed at the end, even if a request still waits for the server. */
  volatile Optional<BucketCheck> connection = Optional.empty();

  /** Whether the bucket has answered, so that a backup writes to it directly. */
  volatile boolean isStraight;

  /** Whether the bucket keeps old versions. */
  volatile boolean isVersioned;

  /** How to ask the server; empty as long as it has not answered. */
  volatile Optional<IOSupplier<BucketCheck.Answer>> request = Optional.empty();

  /** Whether a server was asked and has not answered yet. */
  volatile boolean isServerSilent;

  /** Whether the folder exists, or can be made. */
  volatile boolean isFolderGood;

  /** Whether a probe was written and read back. */
  volatile boolean isWritable;

  /** How far this machine's clock is ahead of the server's, once that has told its time. */
  volatile Optional<Duration> clockAhead = Optional.empty();

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
    return info.map(PlaceInfo::isOnS3fs).orElse(false);
  }

  /** Whether a backup talks to a server, itself or through a mount. */
  boolean hasServer() {
    return isOnS3fs() || location.isPresent();
  }

  /** Why the folder must not be touched; empty if it may be. */
  String obstacleToTouching() {
    return !isAlive
        ? "the folder cannot be used"
        : isServerSilent ? "the server does not answer" : "";
  }

  /** Remembers an answer of the server, and how to ask it again. */
  void noteAnswer(BucketCheck.Answer answer, IOSupplier<BucketCheck.Answer> again) {
    isServerSilent = false;
    noteTime(answer.serverTime(), answer.took());
    request = Optional.of(again);
  }

  /** Remembers the server's time, if an answer that {@code took} so long has it. */
  void noteTime(Optional<Instant> server, Duration took) {
    Instant here = clock.instant().minus(took.dividedBy(2));
    server.ifPresent(
        time -> clockAhead = Optional.of(Duration.between(time.plus(HALF_A_SECOND), here)));
  }

  /** The path, or the nearest directory above it that exists. */
  static Path existing(Path path) {
    Path existing = path;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }
}
