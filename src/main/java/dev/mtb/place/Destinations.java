package dev.mtb.place;

import dev.mtb.job.BackupJob;
import dev.mtb.job.Location;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Connection;
import dev.mtb.options.OldVersions;
import dev.mtb.options.Via;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.DestinationException;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.Store;
import dev.mtb.store.bucket.BucketAccess;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.BucketStore;
import dev.mtb.store.folder.FolderPlace;
import dev.mtb.store.folder.FolderStore;
import dev.mtb.store.folder.RestoreTarget;
import dev.mtb.store.mount.MountStore;
import dev.mtb.store.mount.S3fsMountPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a destination is, opens it, and refuses unusable ones. Stateless and thread-safe.
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
   * @return absolute; the second has symbolic links resolved as far as it exists
   */
  public static List<Path> namesOf(Path destination) {
    Path absolute = destination.toAbsolutePath().normalize();
    return List.of(absolute, Place.real(absolute));
  }

  /**
   * Opens a job's destination without a lock: other runs may write to it.
   *
   * @throws DestinationException if it cannot be used
   */
  public static Store open(BackupJob job, boolean readOnly) throws DestinationException {
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
   *     {@link RunLock#NONE} for a run that changes nothing
   * @throws DestinationException if it cannot be used
   */
  public static Store open(BackupJob job, boolean readOnly, RunLock lock)
      throws DestinationException {
    Place place = Place.find("the destination", job.destination(), job.options());
    return open(place, job.options(), readOnly, lock, FolderStore::new);
  }

  /**
   * Opens the target of a restore. Options for mounts and buckets concern the backup; a target that
   * is a directory is always used as a directory.
   *
   * @param target made if only its last name is missing
   * @param overwrite whether what another program changes there meanwhile is replaced, too
   * @throws DestinationException if it cannot be used
   */
  public static Store openTarget(
      Location target, BackupOptions options, boolean overwrite, boolean readOnly, RunLock lock)
      throws DestinationException {
    BackupOptions local =
        target instanceof Location.Directory
            ? options.toBuilder().connection(c -> Connection.DEFAULT.withVia(Via.MOUNT)).build()
            : options;
    Place place = Place.find("the target", target, local);
    return open(place, local, readOnly, lock, overwrite ? FolderStore::new : RestoreTarget::new);
  }

  /** Makes an ordinary directory a destination. */
  private interface Maker {
    Store make(FolderPlace place);
  }

  private static Store open(
      Place place, BackupOptions options, boolean readOnly, RunLock lock, Maker maker)
      throws DestinationException {
    if (place instanceof Place.Own own) {
      if (own.tree() instanceof Store store) {
        lock.take(place.key(), place.name());
        return store;
      }
      throw new DestinationException(
          "the destination " + own.name() + " cannot be written to: it is a tree, and no store");
    }
    if (place instanceof Place.InBucket bucket) {
      lock.take(place.key(), place.name());
      return BucketOpening.open(
          "the destination", bucket.bucket(), there -> openBucket(there, options, readOnly));
    }
    return place instanceof Place.Mounted mounted
        ? openMounted(mounted, options, readOnly, lock)
        : openFolder((Place.Folder) place, options, readOnly, lock, maker);
  }

  private static BucketStore openBucket(BucketPlace place, BackupOptions options, boolean readOnly)
      throws DestinationException {
    BucketStore bucket =
        BucketStore.connect(
            place,
            new BucketAccess(options, readOnly, ProcessIdentity.read()),
            Optional.empty(),
            OldVersionsPlace.inBucket(options.oldVersions(), place.location()),
            StateDirectory.ofCatalogs(options));
    try {
      bucket.start();
      // Only the shard that owns the destination itself sets its metadata, or a later shard would
      // change it again.
      if (options.shard().owns(Path.of(""))) {
        bucket.prepare();
      }
      return bucket;
    } catch (DestinationException | RuntimeException e) {
      bucket.close();
      throw e;
    }
  }

  /**
   * Opens a directory as a destination without a lock: other runs may write to it.
   *
   * @throws DestinationException if it cannot be used
   */
  public static Store open(Path destination, BackupOptions options, boolean readOnly)
      throws DestinationException {
    Place place = Place.find("the destination", new Location.Directory(destination), options);
    return open(place, options, readOnly, RunLock.NONE, FolderStore::new);
  }

  private static Store openFolder(
      Place.Folder folder, BackupOptions options, boolean readOnly, RunLock lock, Maker maker)
      throws DestinationException {
    Path real = folder.real();
    lock.take(folder.key(), folder.name());
    Optional<OldVersionsPlace> oldVersions = DestinationDirectory.oldVersions(options, real);
    boolean isNew = DestinationDirectory.makeUsable(real, /* below= */ null, readOnly);
    if (!readOnly && !Files.isWritable(real)) {
      throw new DestinationException(
          "the destination " + folder.absolute() + " cannot be written to: permission denied");
    }
    return maker.make(
        new FolderPlace(
            real,
            isNew,
            readOnly,
            options.checks().fsync(),
            !options.shard().isWhole(),
            ProcessIdentity.read(),
            oldVersions));
  }

  private static Store openMounted(
      Place.Mounted mounted, BackupOptions options, boolean readOnly, RunLock lock)
      throws DestinationException {
    Path real = mounted.real();
    Mount mount = mounted.mount();
    ProcessIdentity process = ProcessIdentity.read();
    log.info("{} is on the S3FS mount {}", real, mount.point());
    S3fsMountPoint point = S3fsMountPoint.hold(mount.point());
    try {
      if (mount.readOnly() && !readOnly) {
        throw new DestinationException(
            "the S3FS mount " + mount.point() + " is read-only; mount it without -o ro");
      }
      lock.take(mounted.key(), mounted.name());
      if (!readOnly) {
        remember(mount.point(), options);
      }
      Optional<OldVersionsPlace> oldVersions = DestinationDirectory.oldVersions(options, real);
      boolean isNew = DestinationDirectory.makeUsable(real, mount.point(), readOnly);
      Optional<BucketStore> bucket =
          BucketOpening.openBehind(
              mounted,
              options.connection().via(),
              "written to",
              place ->
                  ConfirmedBucket.open(
                      place,
                      real,
                      new BucketAccess(options, readOnly, process),
                      oldVersions,
                      StateDirectory.ofCatalogs(options)));
      if (bucket.isPresent()) {
        point.close();
        return bucket.get();
      }
      boolean readsBack = options.checks().verifyAfter() && !readOnly;
      if (readsBack) {
        mounted.s3fs().obstacleToReadingBack().ifPresent(sentence -> log.warn("{}", sentence));
      }
      return new MountStore(
          new FolderPlace(
              real,
              isNew,
              readOnly,
              /* fsync= */ false,
              /* isShared= */ false,
              process,
              oldVersions),
          point,
          mounted.s3fs(),
          readsBack);
    } catch (DestinationException | RuntimeException e) {
      point.close();
      throw e;
    }
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
              + "), and without that it could later write to the folder while the bucket is not mounted; set MTB_STATE_DIR"
              + " to a directory that can be written to",
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
      // This check comes first, since it costs four requests to resolve a missing name through a
      // mount.
      return Optional.empty();
    }
    if (job.destination() instanceof Location.Own) {
      throw new InvalidJobException(
          "old versions are kept in a directory or a bucket, and not in "
              + job.destinationName()
              + "; run without OldVersions.directory and OldVersions.suffix");
    }
    return job.bucket().isPresent()
        ? OldVersionsPlace.inBucket(wanted, job.bucket().get())
        : OldVersionsPlace.inDirectory(
            wanted, Place.real(job.directory().get().toAbsolutePath().normalize()));
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
        .map(d -> Place.real(d.toAbsolutePath().normalize()))
        .flatMap(
            root ->
                oldVersions(job)
                    .flatMap(OldVersionsPlace::directory)
                    .map(directory -> root.resolve(directory).normalize()));
  }

  /**
   * Tells whether a path is on a mounted S3FS, without looking at the path itself.
   *
   * @return false if that cannot be told
   */
  public static boolean isOnS3fs(Path path) {
    try {
      return Mount.holding(path).map(Mount::isS3fs).orElse(false);
    } catch (IOException e) {
      return false;
    }
  }
}
