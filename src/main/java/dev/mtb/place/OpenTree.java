package dev.mtb.place;

import dev.mtb.job.BackupJob;
import dev.mtb.job.Location;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileVersion;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.Tree;
import dev.mtb.store.bucket.BucketAccess;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.bucket.BucketStore;
import dev.mtb.store.bucket.PastTree;
import dev.mtb.store.folder.FolderTree;
import dev.mtb.store.folder.StoredFolder;
import dev.mtb.store.mount.S3fsMountPoint;
import dev.mtb.store.mount.StoredMount;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A place that a run reads and never changes: a backup that is restored, or the sources of a
 * backup.
 *
 * @param tree its files
 * @param identity of its directory, by which it is recognised if it lies in the target; empty if it
 *     is in no directory
 * @param whenDone closes it
 */
public record OpenTree(Tree tree, Optional<Metadata> identity, Closeable whenDone)
    implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(OpenTree.class);

  /** The files of this machine, or of another file system of {@code java.nio}. */
  public static Tree ofThisMachine(Path base) {
    return FolderTree.of(base.getRoot());
  }

  /**
   * Opens the sources of a backup.
   *
   * @throws DestinationException if they cannot be used, or are not there
   */
  public static OpenTree of(BackupJob job) throws DestinationException {
    if (job.from().isPresent()) {
      return open("the source", job.from().get(), job.options());
    }
    Tree tree = ofThisMachine(job.base());
    return new OpenTree(tree, Optional.empty(), tree);
  }

  /**
   * Opens a backup, or another place that is only read.
   *
   * @param what it is, in messages, such as {@code the backup}
   * @param options whether a mount is required, how a bucket is reached, and so on
   * @param moment as of which it is read; empty for now
   * @throws InvalidJobException if there is a moment, and it is no place in a bucket
   * @throws DestinationException if it cannot be used, or is not there
   */
  public static OpenTree open(
      String what, Location location, BackupOptions options, Optional<Instant> moment)
      throws DestinationException {
    if (moment.isEmpty()) {
      return open(what, location, options);
    }
    OpenTree past = openPast(what, location, options, moment.get());
    try {
      ((PastTree) past.tree()).checkExists();
      return past;
    } catch (DestinationException | RuntimeException e) {
      past.close();
      throw e;
    }
  }

  private static OpenTree open(String what, Location location, BackupOptions options)
      throws DestinationException {
    Place place = Place.find(what, location, options);
    if (place instanceof Place.Own own) {
      return new OpenTree(own.tree(), Optional.empty(), () -> {});
    }
    if (place instanceof Place.InBucket bucket) {
      BucketStore store =
          BucketOpening.open(what, bucket.bucket(), there -> openBucket(there, options));
      return new OpenTree(store, Optional.empty(), store);
    }
    return place instanceof Place.Mounted mounted
        ? openMounted(mounted, options)
        : openFolder((Place.Folder) place);
  }

  /**
   * Opens a backup as it was at a moment: straight from a bucket with versioning, also if it is
   * named by its mount. Only the command line of the mount is used, since the mount itself shows
   * the present.
   *
   * @param what it is, in messages, such as {@code the backup}
   * @return tells {@link #versions}, too
   * @throws InvalidJobException if it is no place in a bucket
   * @throws DestinationException if it cannot be used, or keeps no versions
   */
  public static OpenTree openPast(
      String what, Location location, BackupOptions options, Instant moment)
      throws DestinationException {
    Place place = Place.find(what, location, options);
    PastTree tree =
        BucketOpening.open(
            what, bucketOf(place, options), there -> PastTree.open(there, access(options), moment));
    return new OpenTree(tree, Optional.empty(), tree);
  }

  /**
   * Tells all versions that are kept of what is at a path, and below it: see {@link
   * PastTree#versions}. Only for what {@link #openPast} has opened.
   */
  public void versions(Path path, Consumer<FileVersion> taker) throws IOException {
    ((PastTree) tree).versions(path, taker);
  }

  private static BucketPlace bucketOf(Place place, BackupOptions options)
      throws DestinationException {
    if (place instanceof Place.InBucket bucket) {
      return bucket.bucket();
    }
    if (!(place instanceof Place.Mounted mounted)) {
      throw new InvalidJobException(
          place.name()
              + " is in no bucket, and only a bucket keeps versions to go back to; what"
              + " OldVersions.directory has kept is in that directory, and is restored from there"
              + " as from any backup");
    }
    if (options.connection().via() == Via.MOUNT) {
      throw new InvalidJobException(
          "a mount shows no old versions: go back to a moment without Via.MOUNT");
    }
    MountedBucket.Finding finding = mounted.bucket();
    return finding
        .place()
        .orElseThrow(
            () ->
                new DestinationException(
                    "the bucket behind the mount "
                        + mounted.mount().point()
                        + " cannot be read directly, and the mount shows no old versions: "
                        + finding.obstacle()
                        + "; give the bucket as s3://BUCKET/PREFIX"));
  }

  private static BucketStore openBucket(BucketPlace place, BackupOptions options)
      throws DestinationException {
    BucketStore store = BucketStore.toRead(place, access(options));
    try {
      List<Path> unused = store.some(1);
      return store;
    } catch (DestinationException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static BucketAccess access(BackupOptions options) {
    return new BucketAccess(options, /* readOnly= */ true, ProcessIdentity.read());
  }

  private static OpenTree openFolder(Place.Folder folder) throws DestinationException {
    boolean isDefault = folder.absolute().getFileSystem() == FileSystems.getDefault();
    Path root = isDefault ? folder.real() : folder.absolute();
    Metadata identity = look(root);
    StoredFolder tree = new StoredFolder(root, identity);
    return new OpenTree(tree, Optional.of(identity), tree);
  }

  private static OpenTree openMounted(Place.Mounted mounted, BackupOptions options)
      throws DestinationException {
    Path real = mounted.real();
    log.info("{} is on the S3FS mount {}", real, mounted.mount().point());
    S3fsMountPoint point = S3fsMountPoint.hold(mounted.mount().point());
    try {
      Optional<Metadata> identity = Optional.of(look(real));
      Optional<BucketStore> bucket =
          BucketOpening.openBehind(
              mounted,
              options.connection().via(),
              "read",
              place -> ConfirmedBucket.openToRead(place, real, access(options)));
      if (bucket.isPresent()) {
        point.close();
        return new OpenTree(bucket.get(), identity, bucket.get());
      }
      StoredMount tree = new StoredMount(real, point);
      return new OpenTree(tree, identity, tree);
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
          "there is no backup at " + directory + ": it does not exist", e);
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

  @Override
  public void close() {
    try {
      whenDone.close();
    } catch (IOException e) {
      // The tree was only read, so a failure to close it does not affect what was copied.
      log.debug("{} cannot be closed", tree.name(), e);
    }
  }
}
