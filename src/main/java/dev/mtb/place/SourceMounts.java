package dev.mtb.place;

import dev.mtb.model.Metadata;
import dev.mtb.state.RememberedPaths;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories of sources that are mount points, or were in an earlier mirroring run. If such a
 * directory is no mount point now, its file system is not mounted, and the directory only looks
 * empty. Thread-safe.
 */
public final class SourceMounts {
  private static final Logger log = LoggerFactory.getLogger(SourceMounts.class);

  private final RememberedPaths remembered;
  private final Set<Path> known = ConcurrentHashMap.newKeySet();
  private final Set<Path> seen = ConcurrentHashMap.newKeySet();

  private SourceMounts(RememberedPaths remembered) {
    this.remembered = remembered;
    try {
      for (String line : remembered.lines()) {
        known.add(remembered.path(line));
      }
      for (Fstab.Entry entry : Fstab.read(Fstab.FILE)) {
        if (entry.point().startsWith("/")) {
          known.add(entry.mountPoint().normalize());
        }
      }
    } catch (IOException e) {
      log.warn(
          "it cannot be read which directories were mount points, so that one that is not mounted"
              + " may be taken for empty: {}",
          e.getMessage());
    }
  }

  /** Reads what earlier runs have seen, and what fstab names. What cannot be read is logged. */
  public static SourceMounts in(Path stateDirectory) {
    return new SourceMounts(new RememberedPaths(stateDirectory.resolve("source-mounts")));
  }

  /** Notes a directory that is being mirrored. */
  public void look(Path directory, Metadata metadata) {
    Path parent = directory.getParent();
    if (!isOfThisMachine(directory, metadata) || parent == null) {
      return;
    }
    try {
      if (Metadata.following(parent).device() != metadata.device()) {
        seen.add(directory);
      }
    } catch (IOException e) {
      log.debug("{} cannot be looked at", parent, e);
    }
  }

  private static boolean isOfThisMachine(Path directory, Metadata metadata) {
    return directory.getFileSystem() == FileSystems.getDefault()
        && metadata.device() != Metadata.UNKNOWN;
  }

  /** Whether a file system was mounted there in an earlier run, and none is mounted now. */
  public boolean isMissing(Path directory) {
    return known.contains(directory) && !seen.contains(directory);
  }

  /**
   * Whether something is mounted there now: a file system, or another directory of the same one. If
   * that cannot be read, it is logged, and the answer is no.
   */
  public boolean isMountPoint(Path directory, Metadata metadata) {
    if (!isOfThisMachine(directory, metadata)) {
      return false;
    }
    try {
      Path real = directory.toRealPath();
      return seen.contains(directory)
          || Mount.holding(real).map(Mount::point).filter(real::equals).isPresent();
    } catch (IOException e) {
      log.debug("whether {} is a mount point cannot be read", directory, e);
      return false;
    }
  }

  /** Remembers what was seen for later runs. An error is logged. */
  public void save() {
    if (known.containsAll(seen)) {
      return;
    }
    try {
      remembered.add(seen);
    } catch (IOException e) {
      log.warn(
          "mount points of the source cannot be remembered in {}, so that one that is not mounted"
              + " next time may be taken for empty: {}",
          remembered.file(),
          e.getMessage());
    }
  }
}
