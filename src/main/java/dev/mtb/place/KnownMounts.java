package dev.mtb.place;

import dev.mtb.state.RememberedPaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The directories that are known as mount points of S3FS.
 *
 * <p>When a bucket is not mounted, its mount point is an ordinary empty directory, and a backup to
 * it fills the local disk and reports success. The directory itself does not show that it is a
 * mount point. So MTB keeps a list of mount points in its state directory, and also reads fstab.
 */
public record KnownMounts(RememberedPaths remembered, Path fstab) {
  public static KnownMounts in(Path stateDirectory) {
    return in(stateDirectory, Fstab.FILE);
  }

  public static KnownMounts in(Path stateDirectory, Path fstab) {
    return new KnownMounts(new RememberedPaths(stateDirectory.resolve("s3fs-mounts")), fstab);
  }

  /**
   * Why a directory that is not on S3FS now should be.
   *
   * @param mountPoint the directory that should be a mount point
   * @param source the file that says so
   */
  public record Expectation(Path mountPoint, Path source) {}

  /** Finds out whether a path lies where S3FS should be mounted. */
  public Optional<Expectation> expecting(Path path) throws IOException {
    for (String line : remembered.lines()) {
      Path point = remembered.path(line);
      if (path.startsWith(point)) {
        return Optional.of(new Expectation(point, remembered.file()));
      }
    }
    for (Fstab.Entry entry : Fstab.read(fstab)) {
      if ((entry.type().equals(Mount.S3FS) || entry.device().startsWith("s3fs#"))
          && path.startsWith(entry.mountPoint())) {
        return Optional.of(new Expectation(entry.mountPoint(), fstab));
      }
    }
    return Optional.empty();
  }

  /** The directories on which S3FS is mounted now; none is touched. */
  public static List<Path> mounted() throws IOException {
    return Mount.all().stream().filter(Mount::isS3fs).map(Mount::point).distinct().toList();
  }

  /** Remembers a mount point for all later runs. */
  public void remember(Path mountPoint) throws IOException {
    remembered.add(List.of(mountPoint));
  }
}
