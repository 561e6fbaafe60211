package dev.mtb.destination;

import com.google.common.base.Splitter;
import dev.mtb.PathBytes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Remembers which folders are mount points of S3FS.
 *
 * <p>When a bucket is not mounted its mount point is an ordinary empty folder, and a backup to it
 * fills the local disk and reports success. Nothing in the folder tells, so MTB keeps a list of its
 * own, outside; what fstab says is taken into account too.
 */
final class KnownMounts {
  private static final Path FSTAB = Path.of("/etc/fstab");

  private final Path file;
  private final Path fstab;

  private KnownMounts(Path file, Path fstab) {
    this.file = file;
    this.fstab = fstab;
  }

  static KnownMounts in(Path stateDirectory) {
    return in(stateDirectory, FSTAB);
  }

  static KnownMounts in(Path stateDirectory, Path fstab) {
    return new KnownMounts(stateDirectory.resolve("s3fs-mounts"), fstab);
  }

  /**
   * Why a folder that is not on S3FS now should be.
   *
   * @param mountPoint the folder that should be a mount point
   * @param source what says so
   */
  record Expectation(Path mountPoint, Path source) {}

  /** Finds out whether a path lies where S3FS should be mounted. */
  Optional<Expectation> expecting(Path path) throws IOException {
    for (String line : remembered()) {
      Path point = mountPoint(line);
      if (path.startsWith(point)) {
        return Optional.of(new Expectation(point, file));
      }
    }
    if (Files.isReadable(fstab)) {
      for (String line :
          Splitter.on('\n').split(Files.readString(fstab, StandardCharsets.ISO_8859_1))) {
        List<String> fields =
            Splitter.onPattern("\\s+").omitEmptyStrings().limit(4).splitToList(line);
        if (fields.size() >= 3
            && !fields.get(0).startsWith("#")
            && (fields.get(2).equals(Mount.S3FS) || fields.get(0).startsWith("s3fs#"))
            && path.startsWith(Mount.unescape(fields.get(1)))) {
          return Optional.of(new Expectation(Mount.unescape(fields.get(1)), fstab));
        }
      }
    }
    return Optional.empty();
  }

  private Path mountPoint(String line) throws IOException {
    try {
      return Path.of(URI.create(line));
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new IOException(
          "'" + line + "' in " + file + " is not a file: URI; remove the line", e);
    }
  }

  /** Remembers a mount point for all later runs. */
  void remember(Path mountPoint) throws IOException {
    TreeSet<String> lines = new TreeSet<>(remembered());
    if (!lines.add(PathBytes.toUri(mountPoint).toString())) {
      return;
    }
    Files.createDirectories(file.getParent());
    Path whole = Files.createTempFile(file.getParent(), "s3fs-mounts", ".tmp");
    Files.write(whole, lines, StandardCharsets.US_ASCII);
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private List<String> remembered() throws IOException {
    return Files.exists(file)
        ? Splitter.on('\n')
            .trimResults()
            .omitEmptyStrings()
            // It is ASCII; whatever else somebody has put there is found line by line.
            .splitToList(Files.readString(file, StandardCharsets.ISO_8859_1))
        : List.of();
  }
}
