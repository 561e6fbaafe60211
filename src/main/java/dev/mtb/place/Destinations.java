package dev.mtb.place;

import dev.mtb.job.BackupJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.OldVersions;
import dev.mtb.options.Via;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.bucket.BucketDestination;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.folder.FolderPlace;
import dev.mtb.store.folder.PathDestination;
import dev.mtb.store.folder.RestoreTarget;
import dev.mtb.store.mount.S3fsDestination;
import dev.mtb.store.mount.S3fsMountPoint;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a destination is, and refuses what it should not be. Stateless and thread-safe.
 */
public final class Destinations {
  private static final Logger log = LoggerFactory.getLogger(Destinations.class);

  private Destinations() {}

  /**
   * The paths by which a job's destination is known.
   *
   * @param job its directory is looked at
   * @return absolute; the second has symbolic links resolved as far as it exists; none for a bucket
   */
  public static List<Path> namesOf(BackupJob job) {
    return job.directory().map(Destinations::namesOf).orElse(List.of());
  }

  /**
   * The paths by which a directory is known.
   *
   * @param destination as given
   * @return absolute; the second has symbolic links resolved as far as it exists
   */
  public static List<Path> namesOf(Path destination) {
    Path absolute = destination.toAbsolutePath().normalize();
    return List.of(absolute, real(absolute));
  }

  /**
   * Opens a job's destination, whoever else is writing to it.
   *
   * @param job as below
   * @param readOnly as below
   * @return the destination
   * @throws DestinationException if it cannot be used
   */
  public static Destination open(BackupJob job, boolean readOnly) throws DestinationException {
    return open(job, readOnly, RunLock.NONE);
  }

  /**
   * Opens a job's destination. A directory is made if only its last name is missing, or on S3FS
   * whatever is missing below the mount point.
   *
   * @param job with the options that matter here: whether a mount is required, where MTB keeps its
   *     state, and so on
   * @param readOnly whether nothing may be changed, not even by tidying up; a missing directory is
   *     then taken for an empty one
   * @param lock taken as soon as it is known what the destination is, before anything is changed;
   *     {@link RunLock#NONE} for who changes nothing
   * @return the destination
   * @throws DestinationException if it cannot be used
   */
  public static Destination open(BackupJob job, boolean readOnly, RunLock lock)
      throws DestinationException {
    if (job.bucket().isPresent()) {
      BucketPlace place = BucketPlace.of(job.bucket().get(), job.options());
      lock.take(LockPlace.of(place), place.location().toString());
      return openBucket(place, job.options(), readOnly, ProcessIdentity.read());
    }
    return open(job.directory().orElseThrow(), job.options(), readOnly, lock);
  }

  /**
   * Opens a directory that files are restored to. What the options say of mounts and buckets is
   * about the backup, not about this.
   *
   * @param target made if only its last name is missing
   * @param options as in a job
   * @param overwrite whether what somebody changes there meanwhile is replaced all the same
   * @param readOnly as above
   * @param lock as above
   * @return the target
   * @throws DestinationException if it cannot be used
   */
  public static Destination openTarget(
      Path target, BackupOptions options, boolean overwrite, boolean readOnly, RunLock lock)
      throws DestinationException {
    return open(
        target,
        options,
        Via.MOUNT,
        /* requiresMount= */ false,
        readOnly,
        lock,
        overwrite ? PathDestination::new : RestoreTarget::new);
  }

  /** Makes an ordinary directory a destination. */
  private interface Maker {
    Destination make(FolderPlace place);
  }

  /** One for each thread: none waits for another. */
  static int connections(BackupOptions options) {
    return options.concurrency().threads() + options.concurrency().checkers();
  }

  private static Destination openBucket(
      BucketPlace place, BackupOptions options, boolean readOnly, ProcessIdentity process)
      throws DestinationException {
    if (options.connection().requireMount()) {
      throw new DestinationException(
          "the destination "
              + place.location()
              + " is no mount, and Connection.requireMount asks for one");
    }
    try {
      BucketDestination bucket =
          BucketDestination.connect(
              place,
              connections(options),
              options.waiting().retries(),
              readOnly,
              process,
              Optional.empty(),
              OldVersionsPlace.inBucket(options.oldVersions(), place.location()),
              StateDirectory.ofCatalogs(options));
      try {
        bucket.start();
        // Whoever comes later than another shard must not undo what that has set.
        if (options.shard().owns(Path.of(""))) {
          bucket.prepare();
        }
        return bucket;
      } catch (DestinationException | RuntimeException e) {
        bucket.close();
        throw e;
      }
    } catch (RuntimeException e) {
      // The SDK's own checks of names, URLs and files of settings.
      throw new DestinationException(
          "the destination " + place.location() + " cannot be used: " + e.getMessage(), e);
    } catch (NoClassDefFoundError e) {
      throw new DestinationException(
          "writing to "
              + place.location()
              + " needs the AWS SDK: add software.amazon.awssdk:s3 and"
              + " software.amazon.awssdk:apache5-client to the class path",
          e);
    }
  }

  /**
   * Opens a directory as a destination, whoever else is writing to it.
   *
   * @param destination a directory
   * @param options as in a job
   * @param readOnly as above
   * @return the destination
   * @throws DestinationException if it cannot be used
   */
  public static Destination open(Path destination, BackupOptions options, boolean readOnly)
      throws DestinationException {
    return open(destination, options, readOnly, RunLock.NONE);
  }

  private static Destination open(
      Path destination, BackupOptions options, boolean readOnly, RunLock lock)
      throws DestinationException {
    return open(
        destination,
        options,
        options.connection().via(),
        options.connection().requireMount(),
        readOnly,
        lock,
        PathDestination::new);
  }

  private static Destination open(
      Path destination,
      BackupOptions options,
      Via via,
      boolean requiresMount,
      boolean readOnly,
      RunLock lock,
      Maker maker)
      throws DestinationException {
    Path absolute = destination.toAbsolutePath().normalize();
    ProcessIdentity process = ProcessIdentity.read();
    boolean isDefault = absolute.getFileSystem() == FileSystems.getDefault();
    Path real = real(absolute);
    Optional<Mount> mount = isDefault ? mountOf(real) : Optional.empty();
    if (mount.isPresent() && mount.get().isS3fs()) {
      return openMounted(real, mount.get(), options, via, readOnly, process, lock);
    }
    if (requiresMount) {
      throw new DestinationException(
          "the destination "
              + absolute
              + " is not on a mounted S3FS, and Connection.requireMount asks for one; mount the bucket"
              + " first (s3fs BUCKET MOUNTPOINT -o ...)");
    }
    if (isDefault) {
      refuseBareMountPoint(List.of(absolute, real), options);
    }
    if (via == Via.BUCKET) {
      throw new DestinationException(
          "the destination "
              + absolute
              + " is not on a mounted S3FS, so that there is no bucket behind it; run without"
              + " Via.BUCKET, or give s3://BUCKET/PREFIX");
    }
    lock.take(LockPlace.of(real), PathBytes.toText(real));
    Optional<OldVersionsPlace> oldVersions = oldVersions(options, real);
    boolean isNew = makeUsable(real, /* below= */ null, readOnly);
    if (!readOnly && !Files.isWritable(real)) {
      throw new DestinationException(
          "the destination " + absolute + " cannot be written to: permission denied");
    }
    return maker.make(
        new FolderPlace(
            real,
            isNew,
            readOnly,
            options.checks().fsync(),
            !options.shard().isWhole(),
            process,
            oldVersions));
  }

  private static Destination openMounted(
      Path real,
      Mount mount,
      BackupOptions options,
      Via via,
      boolean readOnly,
      ProcessIdentity process,
      RunLock lock)
      throws DestinationException {
    S3fsProcess s3fs = S3fsProcesses.serving(mount);
    log.info("{} is on the S3FS mount {}", real, mount.point());
    S3fsMountPoint point = S3fsMountPoint.hold(mount.point());
    try {
      if (mount.readOnly() && !readOnly) {
        throw new DestinationException(
            "the S3FS mount " + mount.point() + " is read-only; mount it without -o ro");
      }
      lock.take(LockPlace.of(s3fs, mount.below(real), real), PathBytes.toText(real));
      if (!readOnly) {
        remember(mount.point(), options);
      }
      Optional<OldVersionsPlace> oldVersions = oldVersions(options, real);
      boolean isNew = makeUsable(real, mount.point(), readOnly);
      Optional<BucketDestination> bucket =
          openBehind(
              real,
              mount,
              s3fs,
              via,
              "written to",
              place ->
                  ConfirmedBucket.open(
                      place,
                      real,
                      connections(options),
                      options.waiting().retries(),
                      readOnly,
                      process,
                      oldVersions,
                      StateDirectory.ofCatalogs(options)));
      if (bucket.isPresent()) {
        point.close();
        return bucket.get();
      }
      boolean readsBack = options.checks().verifyAfter() && !readOnly;
      if (readsBack) {
        s3fs.obstacleToReadingBack().ifPresent(sentence -> log.warn("{}", sentence));
      }
      return new S3fsDestination(
          new FolderPlace(
              real,
              isNew,
              readOnly,
              /* fsync= */ false,
              /* isShared= */ false,
              process,
              oldVersions),
          point,
          s3fs,
          readsBack);
    } catch (DestinationException | RuntimeException e) {
      point.close();
      throw e;
    }
  }

  /** Opens the bucket behind a mount. */
  interface Behind<T> {
    T open(BucketPlace place) throws IOException;
  }

  /**
   * Opens the bucket of a mount, if that is wanted and understood.
   *
   * @param real what is wanted of the mount
   * @param done what is to be done with it, for messages
   */
  static <T> Optional<T> openBehind(
      Path real, Mount mount, S3fsProcess s3fs, Via via, String done, Behind<T> behind)
      throws DestinationException {
    if (via == Via.MOUNT) {
      return Optional.empty();
    }
    String obstacle;
    try {
      MountedBucket.Finding finding = MountedBucket.find(s3fs, mount.below(real));
      obstacle = finding.obstacle();
      if (finding.place().isPresent()) {
        return Optional.of(behind.open(finding.place().get()));
      }
    } catch (NoClassDefFoundError e) {
      obstacle = "the AWS SDK is not on the class path";
    } catch (IOException | RuntimeException e) {
      // Whatever it is (the SDK has checks of its own), the mount is there to go through.
      obstacle = String.valueOf(e.getMessage());
    }
    if (via == Via.BUCKET) {
      throw new DestinationException(
          "the bucket behind the mount "
              + mount.point()
              + " cannot be "
              + done
              + " directly: "
              + obstacle
              + "; run without Via.BUCKET");
    }
    log.warn("going through the mount {}, not straight to its bucket: {}", mount.point(), obstacle);
    return Optional.empty();
  }

  /** Old versions are moved, which no system can do from one file system to another. */
  private static Optional<OldVersionsPlace> oldVersions(BackupOptions options, Path real)
      throws DestinationException {
    Optional<OldVersionsPlace> found = OldVersionsPlace.inDirectory(options.oldVersions(), real);
    if (found.isEmpty() || found.get().directory().isEmpty()) {
      return found;
    }
    Path place = real.resolve(found.get().directory().get()).normalize();
    Path existing = place;
    while (existing.getParent() != null && !exists(existing)) {
      existing = existing.getParent();
    }
    try {
      Path above = exists(real) ? real : real.getParent();
      if (Metadata.following(existing).device() != Metadata.following(above).device()) {
        throw new DestinationException(
            "old versions cannot be kept in "
                + place
                + ": it is on another file system than the destination "
                + real);
      }
    } catch (IOException e) {
      throw e instanceof DestinationException known
          ? known
          : new DestinationException(
              "old versions cannot be kept in " + place + ": " + ErrorText.of(e), e);
    }
    return found;
  }

  private static void remember(Path mountPoint, BackupOptions options) throws DestinationException {
    try {
      KnownMounts.in(StateDirectory.of(options)).remember(mountPoint);
    } catch (IOException e) {
      throw new DestinationException(
          "MTB cannot remember that "
              + mountPoint
              + " is an S3FS mount ("
              + ErrorText.of(e)
              + "), and without that it could one day write to the bare folder; set MTB_STATE_DIR"
              + " to a folder that can be written to",
          e);
    }
  }

  /**
   * Finds where a job's old versions go.
   *
   * @param job its destination is looked at
   * @return empty if they are not kept
   * @throws dev.mtb.model.InvalidJobException if they could take the place of what is backed up
   */
  public static Optional<OldVersionsPlace> oldVersions(BackupJob job) {
    OldVersions wanted = job.options().oldVersions();
    if (!wanted.areKept()) {
      // To resolve a name that is not there costs four requests through a mount.
      return Optional.empty();
    }
    return job.bucket().isPresent()
        ? OldVersionsPlace.inBucket(wanted, job.bucket().get())
        : OldVersionsPlace.inDirectory(
            wanted, real(job.directory().get().toAbsolutePath().normalize()));
  }

  /**
   * The directory that a job's old versions go to.
   *
   * @param job its destination is looked at
   * @return absolute, with symbolic links resolved; empty if there is none, or none on this machine
   */
  public static Optional<Path> directoryOfOldVersions(BackupJob job) {
    return job.directory()
        .filter(d -> job.options().oldVersions().areKept())
        .map(d -> real(d.toAbsolutePath().normalize()))
        .flatMap(
            root ->
                oldVersions(job)
                    .flatMap(OldVersionsPlace::directory)
                    .map(directory -> root.resolve(directory).normalize()));
  }

  /**
   * Tells whether a path is on a mounted S3FS, without looking at the path itself.
   *
   * @param path absolute and normal
   * @return false if that cannot be told
   */
  public static boolean isOnS3fs(Path path) {
    try {
      return Mount.holding(path).map(Mount::isS3fs).orElse(false);
    } catch (IOException e) {
      return false;
    }
  }

  static Optional<Mount> mountOf(Path real) throws DestinationException {
    try {
      return Mount.holding(real);
    } catch (IOException e) {
      throw new DestinationException("the table of mounts cannot be read: " + ErrorText.of(e), e);
    }
  }

  static void refuseBareMountPoint(List<Path> names, BackupOptions options)
      throws DestinationException {
    try {
      KnownMounts known = KnownMounts.in(StateDirectory.of(options));
      for (Path name : names) {
        Optional<KnownMounts.Expectation> expected = known.expecting(name);
        if (expected.isPresent()) {
          Path point = expected.get().mountPoint();
          throw new DestinationException(
              "the bucket is not mounted: "
                  + point
                  + " is a plain folder now, but an S3FS mount point according to "
                  + expected.get().source()
                  + "; mount it first (mount "
                  + point
                  + ", or s3fs BUCKET "
                  + point
                  + " -o ...). If it is a plain folder for good, remove its line from that file");
        }
      }
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      throw new DestinationException(
          "MTB cannot read which folders are S3FS mount points: " + ErrorText.of(e), e);
    }
  }

  /**
   * Makes sure that the directory is there. Elsewhere than on a mount only its last name may be
   * missing: more is more likely a slip, or a disk that is not mounted.
   *
   * @return whether it was made, by this process
   */
  private static boolean makeUsable(Path directory, Path below, boolean readOnly)
      throws DestinationException {
    Deque<Path> missing = new ArrayDeque<>();
    Path existing = directory;
    while (existing != null && !exists(existing)) {
      missing.push(existing);
      existing = existing.getParent();
    }
    if (existing == null || !Files.isDirectory(existing)) {
      throw new DestinationException(
          "the destination " + directory + " is not a directory: " + existing + " is a file");
    }
    if (below == null && missing.size() > 1) {
      throw new DestinationException(
          "the destination "
              + directory
              + " does not exist, nor does "
              + directory.getParent()
              + "; make it first (mkdir -p), if it is the right place");
    }
    if (readOnly) {
      return false;
    }
    boolean isMade = false;
    for (Path path : missing) {
      try {
        Files.createDirectory(path);
        isMade = true;
      } catch (IOException e) {
        if (e instanceof FileAlreadyExistsException && Files.isDirectory(path)) {
          // Another shard came first, and something may be in it already.
          isMade = false;
          continue;
        }
        throw new DestinationException(
            "the destination " + path + " cannot be made: " + ErrorText.of(e), e);
      }
    }
    return isMade;
  }

  private static boolean exists(Path path) throws DestinationException {
    try {
      Metadata.following(path);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      if (path.getParent() != null && Files.isRegularFile(path.getParent())) {
        return false;
      }
      throw new DestinationException(
          "the destination " + path + " cannot be used: " + ErrorText.of(e), e);
    }
  }

  /** Resolves symbolic links in as much of the path as can be looked at. */
  static Path real(Path absolute) {
    Deque<Path> rest = new ArrayDeque<>();
    Path path = absolute;
    while (path.getParent() != null) {
      try {
        Path real = path.toRealPath();
        for (Path name : rest) {
          real = real.resolve(name);
        }
        return real;
      } catch (IOException | UnsupportedOperationException e) {
        rest.push(path.getFileName());
        path = path.getParent();
      }
    }
    return absolute;
  }
}
