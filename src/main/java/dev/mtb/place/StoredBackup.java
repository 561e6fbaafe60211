package dev.mtb.place;

import dev.mtb.job.RestoreJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.store.DestinationException;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.Throttle;
import dev.mtb.store.bucket.BucketFiles;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.folder.PlaceProbe;
import dev.mtb.store.mount.S3fsMountPoint;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup that is read, to restore from it: a directory, on a mount of S3FS or not, or a bucket.
 * It is never changed. Thread-safe.
 */
public final class StoredBackup implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(StoredBackup.class);

  private final String name;
  private final Path root;
  private final boolean isMountPoint;

  /** Recognises the root if the target should turn out to hold it; empty if it is on no mount. */
  private final Optional<Metadata> identity;

  private final Optional<S3fsMountPoint> mountPoint;
  private final Optional<BucketFiles> bucket;

  private StoredBackup(String name, BucketFiles bucket, Optional<Metadata> identity) {
    this.name = name;
    this.bucket = Optional.of(bucket);
    root = bucket.root();
    isMountPoint = false;
    this.identity = identity;
    mountPoint = Optional.empty();
  }

  private StoredBackup(
      String name,
      Path root,
      Metadata identity,
      boolean isMountPoint,
      Optional<S3fsMountPoint> mountPoint) {
    this.name = name;
    this.root = root;
    this.identity = Optional.of(identity);
    this.isMountPoint = isMountPoint;
    this.mountPoint = mountPoint;
    bucket = Optional.empty();
  }

  /**
   * Opens the backup of a job.
   *
   * @param job with the options that matter here: whether a mount is required, how a bucket is
   *     reached, and so on
   * @return must be closed
   * @throws DestinationException if it cannot be used, or is not there
   */
  public static StoredBackup open(RestoreJob job) throws DestinationException {
    BackupOptions options = job.options();
    Place place = Place.find("the backup", job.directory(), job.bucket(), options);
    if (place instanceof Place.InBucket bucket) {
      return BucketOpening.open("the backup", bucket.bucket(), there -> openBucket(there, options));
    }
    return place instanceof Place.Mounted mounted
        ? openMounted(mounted, options)
        : openFolder((Place.Folder) place);
  }

  private static StoredBackup openBucket(BucketPlace place, BackupOptions options)
      throws DestinationException {
    BucketFiles files =
        BucketFiles.connect(place, Destinations.connections(options), options.waiting().retries());
    try {
      List<Path> unused = files.some(1);
      return new StoredBackup(place.location().toString(), files, Optional.empty());
    } catch (DestinationException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private static StoredBackup openFolder(Place.Folder folder) throws DestinationException {
    boolean isDefault = folder.absolute().getFileSystem() == FileSystems.getDefault();
    Path root = isDefault ? folder.real() : folder.absolute();
    return new StoredBackup(
        folder.absolute().toString(),
        root,
        look(root),
        /* isMountPoint= */ false,
        Optional.empty());
  }

  private static StoredBackup openMounted(Place.Mounted mounted, BackupOptions options)
      throws DestinationException {
    Path real = mounted.real();
    String name = mounted.absolute().toString();
    Path mountPoint = mounted.mount().point();
    log.info("{} is on the S3FS mount {}", real, mountPoint);
    S3fsMountPoint point = S3fsMountPoint.hold(mountPoint);
    try {
      Metadata identity = look(real);
      Optional<BucketFiles> files =
          BucketOpening.openBehind(
              mounted,
              options.connection().via(),
              "read",
              place ->
                  ConfirmedBucket.openFiles(
                      place, real, Destinations.connections(options), options.waiting().retries()));
      if (files.isPresent()) {
        point.close();
        return new StoredBackup(name, files.get(), Optional.of(identity));
      }
      return new StoredBackup(name, real, identity, real.equals(mountPoint), Optional.of(point));
    } catch (DestinationException | RuntimeException e) {
      point.close();
      throw e;
    }
  }

  private static Metadata look(Path directory) throws DestinationException {
    Metadata found;
    try {
      found = Metadata.following(directory);
    } catch (NoSuchFileException e) {
      throw new DestinationException(
          "there is no backup to restore from: " + directory + " does not exist", e);
    } catch (IOException e) {
      throw new DestinationException(
          "the backup " + directory + " cannot be used: " + ErrorText.of(e), e);
    }
    if (found.kind() != Kind.DIRECTORY) {
      throw new DestinationException(
          "the backup " + directory + " is not a directory; give the directory that holds it");
    }
    return found;
  }

  /**
   * The directory that everything lies in.
   *
   * @return absolute, on whatever file system the backup is
   */
  public Path root() {
    return root;
  }

  /**
   * How precise its mtimes are.
   *
   * @return what a mount or a bucket holds may have lost digits on its way there
   */
  public MtimePrecision mtimes() {
    return bucket.isPresent() || mountPoint.isPresent()
        ? MtimePrecision.OF_ITS_ZEROS
        : PlaceProbe.mtimesByType(root);
  }

  /**
   * Whether the root has metadata of its own, and not that of a mount point. May cost a request.
   *
   * @return false for a mount point, and in a bucket for what has no object of its own
   */
  public boolean hasRootMetadata() {
    return bucket.map(BucketFiles::hasRootMetadata).orElse(!isMountPoint);
  }

  /**
   * What a list has told of something, where looking at it would cost a request.
   *
   * @param path as its directory's stream gave it
   * @return whether it is a directory; empty if that is not known for nothing
   */
  public Optional<Boolean> isListedAsDirectory(Path path) {
    return bucket.flatMap(files -> files.isListedAsDirectory(path));
  }

  /**
   * Looks at a directory on the way to something. No link is followed.
   *
   * @param directory in the backup, or its root
   * @return what is there
   * @throws IOException if there is nothing, or it cannot be told
   */
  public Metadata lookOnTheWay(Path directory) throws IOException {
    // In a bucket no link is ever followed, and this says that it is most likely a directory.
    return bucket.isPresent() || directory.equals(root)
        ? Metadata.following(directory)
        : Metadata.of(directory);
  }

  /**
   * Says which files will most likely be read after they were looked at.
   *
   * @param isWanted told paths in the backup; must be thread-safe and fast
   */
  public void expect(Predicate<Path> isWanted) {
    bucket.ifPresent(files -> files.expect(isWanted));
  }

  /**
   * Whether the backup is read by HTTP requests, which {@link #limit} holds up.
   *
   * @return false for a directory, also on a mount
   */
  public boolean isBucket() {
    return bucket.isPresent();
  }

  /**
   * Sends requests no faster than a throttle allows, from now on; without effect on a directory.
   *
   * @param throttle asked before each
   */
  public void limit(Throttle throttle) {
    bucket.ifPresent(files -> files.limit(throttle));
  }

  /**
   * Tells whether something is the directory that holds the backup.
   *
   * @param found somewhere
   * @return whether it is the same directory
   */
  public boolean isRoot(Metadata found) {
    return identity.isPresent()
        && found.kind() == Kind.DIRECTORY
        && found.inode() != Metadata.UNKNOWN
        && found.inode() == identity.get().inode()
        && found.device() == identity.get().device();
  }

  /**
   * Checks that the place is still what it was.
   *
   * @throws DestinationException if it is lost
   */
  public void check() throws DestinationException {
    if (mountPoint.isPresent()) {
      mountPoint.get().check();
      mountPoint.get().checkAlive();
    } else if (bucket.isEmpty()) {
      checkDirectory();
    }
    // A bucket says itself what is wrong, request by request.
  }

  private void checkDirectory() throws DestinationException {
    try {
      Metadata now = Metadata.following(root);
      boolean isTold = identity.orElseThrow().inode() != Metadata.UNKNOWN;
      if (isTold && !isRoot(now)) {
        throw gone(null);
      }
    } catch (DestinationException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw gone(e);
    } catch (IOException e) {
      // It may come back.
      log.debug("{} cannot be looked at", root, e);
    }
  }

  /** With what showed it, if that was an exception. */
  private DestinationException gone(IOException cause) {
    return new DestinationException(
        "the backup " + name + " is gone: it was removed or unmounted while MTB read it", cause);
  }

  @Override
  public void close() {
    mountPoint.ifPresent(S3fsMountPoint::close);
    bucket.ifPresent(BucketFiles::close);
  }
}
