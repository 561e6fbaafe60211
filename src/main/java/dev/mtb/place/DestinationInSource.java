package dev.mtb.place;

import com.google.common.collect.ImmutableSet;
import dev.mtb.job.BackupJob;
import dev.mtb.job.Location;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The places in a source that are the destination itself: its directory, and what S3FS mounts show
 * of its bucket. A backup of these would grow with every run. Costs no request. Thread-safe.
 */
public final class DestinationInSource {
  private static final Logger log = LoggerFactory.getLogger(DestinationInSource.class);

  /**
   * What the table of mounts says.
   *
   * @param paths that show the destination, without symbolic links
   * @param names the last names of these
   * @param devices that the paths are on
   */
  private record Shown(Set<Path> paths, Set<Path> names, Set<Long> devices) {
    static final Shown NOTHING = new Shown(Set.of(), Set.of(), Set.of());
  }

  private final Metadata root;

  /** The bucket and prefix, as a {@link LockPlace}; empty if no mount can show the destination. */
  private final Optional<String> place;

  private final Set<Long> knownDevices = ConcurrentHashMap.newKeySet();
  private volatile Shown shown = Shown.NOTHING;

  private DestinationInSource(Metadata root, Optional<String> place) {
    this.root = root;
    this.place = place;
    if (place.isPresent()) {
      read();
    }
  }

  /**
   * The own places of a backup.
   *
   * @param root what is known of the destination's directory
   * @return must be asked about each directory that is walked
   */
  public static DestinationInSource of(BackupJob job, Metadata root) {
    return new DestinationInSource(root, placeInBucket(job.destination(), job.options()));
  }

  /**
   * The own places of a run whose source may lie in its destination: only the directory.
   *
   * @param root what is known of the destination's directory
   */
  public static DestinationInSource ofDirectory(Metadata root) {
    return new DestinationInSource(root, Optional.empty());
  }

  /**
   * Whether the target of a restore lies in the backup, by an S3FS mount of its bucket.
   *
   * @return false if that cannot be told
   */
  public static boolean isTargetInBackup(RestoreJob job) {
    return isWithin(job.target(), job.backup(), job.options());
  }

  /** Whether a place lies within another, both in buckets; false if that cannot be told. */
  public static boolean isWithin(Location inner, Location outer, BackupOptions options) {
    Optional<String> place = placeInBucket(inner, options);
    Optional<String> around = placeInBucket(outer, options);
    return place.isPresent() && around.isPresent() && place.get().startsWith(around.get());
  }

  private static Optional<String> placeInBucket(Location location, BackupOptions options) {
    try {
      return Optional.of(Place.of(location, options).key()).filter(LockPlace::isBucket);
    } catch (IOException e) {
      // To open the place fails, too, and that failure is reported.
      return Optional.empty();
    }
  }

  private synchronized void read() {
    try {
      List<Mount> mounts = Mount.all();
      ImmutableSet.Builder<Path> paths = ImmutableSet.builder();
      ImmutableSet.Builder<Long> devices = ImmutableSet.builder();
      for (Mount mount : mounts) {
        knownDevices.add(mount.statDevice());
        Optional<Path> path = mount.isS3fs() ? shownBy(mount) : Optional.empty();
        if (path.isPresent()) {
          paths.add(path.get());
          devices.add(mount.statDevice());
        }
      }
      ImmutableSet<Path> all = paths.build();
      shown =
          new Shown(
              all,
              all.stream().map(DestinationInSource::name).collect(ImmutableSet.toImmutableSet()),
              devices.build());
    } catch (IOException | InvalidPathException e) {
      log.warn(
          "the table of mounts cannot be read, so that a mount of the destination's own bucket in"
              + " the source would be backed up: {}",
          e.getMessage());
    }
  }

  /** What a mount shows of the destination: all of it, a part of it, or something around it. */
  private Optional<Path> shownBy(Mount mount) {
    Path point = mount.point();
    String there = new Place.Mounted(point, point, mount, S3fsProcesses.serving(mount)).key();
    if (there.startsWith(place.orElseThrow())) {
      return Optional.of(point);
    }
    return place.get().startsWith(there)
        ? Optional.of(
            PathBytes.resolve(point, PathBytes.fromText(place.get().substring(there.length())))
                .normalize())
        : Optional.empty();
  }

  private static Path name(Path path) {
    Path name = path.getFileName();
    return name == null ? path : name;
  }

  /**
   * Whether something is the destination.
   *
   * @param isListed whether it comes from a list. Then the directories above it were not checked,
   *     and it may also lie inside the destination
   * @return false if that cannot be told
   */
  public boolean hold(Path source, Metadata metadata, boolean isListed) {
    boolean isDirectory = metadata.kind() == Kind.DIRECTORY;
    boolean isRoot =
        isDirectory
            && metadata.inode() != Metadata.UNKNOWN
            && metadata.inode() == root.inode()
            && metadata.device() == root.device();
    return isRoot || ((isDirectory || isListed) && isShown(source, metadata, isListed));
  }

  private boolean isShown(Path source, Metadata metadata, boolean isListed) {
    long device = metadata.device();
    if (place.isEmpty()
        || device == Metadata.UNKNOWN
        || source.getFileSystem() != FileSystems.getDefault()) {
      return false;
    }
    // A file system was mounted after the table was read, or the table does not have this number.
    if (!knownDevices.contains(device)) {
      read();
      knownDevices.add(device);
    }
    Shown now = shown;
    if (!now.devices().contains(device)
        || (!isListed && !now.names().contains(source.getFileName()))) {
      return false;
    }
    try {
      Path real =
          metadata.kind() == Kind.DIRECTORY
              ? source.toRealPath()
              : source.getParent().toRealPath().resolve(source.getFileName());
      return isListed
          ? now.paths().stream().anyMatch(real::startsWith)
          : now.paths().contains(real);
    } catch (IOException e) {
      // The walk cannot read it either, and reports that.
      return false;
    }
  }
}
