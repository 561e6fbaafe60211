package dev.mtb.scan;

import com.google.common.base.Splitter;
import dev.mtb.Metadata;
import dev.mtb.PathBytes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers which directories of sources were mount points when they were mirrored: one that is
 * none now is not empty, but not mounted. Thread-safe.
 */
public final class SourceMounts {
  private static final Logger log = LoggerFactory.getLogger(SourceMounts.class);

  private static final Path FSTAB = Path.of("/etc/fstab");

  private final Path file;
  private final Set<Path> known = ConcurrentHashMap.newKeySet();
  private final Set<Path> seen = ConcurrentHashMap.newKeySet();

  private SourceMounts(Path file) {
    this.file = file;
  }

  /**
   * Reads what earlier runs have seen.
   *
   * @param stateDirectory where MTB keeps its state
   * @return what was remembered; nothing if that cannot be read
   */
  public static SourceMounts in(Path stateDirectory) {
    SourceMounts mounts = new SourceMounts(stateDirectory.resolve("source-mounts"));
    mounts.known.addAll(mounts.remembered());
    mounts.known.addAll(inFstab());
    return mounts;
  }

  /** What is in there and mounted later need not be remembered. */
  private static Set<Path> inFstab() {
    Set<Path> points = ConcurrentHashMap.newKeySet();
    try {
      for (String line : Files.readAllLines(FSTAB, StandardCharsets.ISO_8859_1)) {
        List<String> fields = Splitter.onPattern("\\s+").omitEmptyStrings().splitToList(line);
        if (fields.size() >= 3 && !fields.get(0).startsWith("#") && fields.get(1).startsWith("/")) {
          // A blank is the only character that is likely to be escaped.
          points.add(Path.of(fields.get(1).replace("\\040", " ")).normalize());
        }
      }
    } catch (IOException | RuntimeException e) {
      log.debug("{} cannot be read", FSTAB, e);
    }
    return points;
  }

  private Set<Path> remembered() {
    Set<Path> points = ConcurrentHashMap.newKeySet();
    if (!Files.exists(file)) {
      return points;
    }
    try {
      List<String> lines =
          Splitter.on('\n')
              .trimResults()
              .omitEmptyStrings()
              .splitToList(Files.readString(file, StandardCharsets.ISO_8859_1));
      for (String line : lines) {
        points.add(Path.of(URI.create(line)));
      }
    } catch (IOException | RuntimeException e) {
      log.warn("{} cannot be read, and is written anew: {}", file, e.getMessage());
    }
    return points;
  }

  /**
   * Notes a directory that is being mirrored.
   *
   * @param directory absolute
   * @param metadata its own
   */
  public void look(Path directory, Metadata metadata) {
    Path parent = directory.getParent();
    if (directory.getFileSystem() != FileSystems.getDefault()
        || parent == null
        || metadata.device() == Metadata.UNKNOWN) {
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

  /**
   * Whether something was mounted there in an earlier run and is not now.
   *
   * @param directory absolute, one of those that were looked at
   * @return false if nothing is known of it
   */
  public boolean isMissing(Path directory) {
    return known.contains(directory) && !seen.contains(directory);
  }

  /** Remembers what was seen for the runs to come. Trouble with that is logged. */
  public void save() {
    if (known.containsAll(seen)) {
      return;
    }
    try {
      TreeSet<String> lines = new TreeSet<>();
      for (Set<Path> points : List.of(remembered(), seen)) {
        points.forEach(point -> lines.add(PathBytes.toUri(point).toString()));
      }
      Files.createDirectories(file.getParent());
      Path whole = Files.createTempFile(file.getParent(), "source-mounts", ".tmp");
      Files.write(whole, lines, StandardCharsets.US_ASCII);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.warn(
          "mount points of the source cannot be remembered in {}, so that one that is not mounted"
              + " next time may be taken for empty: {}",
          file,
          e.getMessage());
    }
  }
}
