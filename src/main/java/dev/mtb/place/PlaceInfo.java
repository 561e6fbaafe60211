package dev.mtb.place;

import com.google.common.primitives.Longs;
import dev.mtb.model.ErrorText;
import dev.mtb.options.BackupOptions;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Diagnosis;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.mount.S3fsMountPoint;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a directory without touching it, from the table of mounts, {@code /proc} and
 * what MTB remembers: on a mount that does not answer, any look may hang. Only {@link #checkAlive}
 * touches it. Immutable.
 */
public record PlaceInfo(
    Path path,
    Optional<Mount> mount,
    Optional<KnownMounts.Expectation> expectation,
    S3fsProcess s3fs,
    MountedBucket.Finding finding) {
  /** Where s3fs keeps what it has not uploaded, without {@code tmpdir} (s3fs(1)). */
  private static final Path DEFAULT_BUFFER = Path.of("/tmp");

  /** s3fs without {@code url}. */
  private static final URI AMAZON = URI.create("https://s3.amazonaws.com");

  private static final long MEGABYTE = 1L << 20;

  /** What is known of an absolute, normal path; symbolic links in it are not followed. */
  public static PlaceInfo of(Path path, BackupOptions options) throws DestinationException {
    try {
      Place place = Place.of(path, path);
      if (place instanceof Place.Folder folder) {
        return new PlaceInfo(
            path,
            folder.mount(),
            KnownMounts.in(StateDirectory.of(options)).expecting(path),
            S3fsProcess.UNKNOWN,
            MountedBucket.Finding.not("it is not on S3FS"));
      }
      Place.Mounted mounted = (Place.Mounted) place;
      return new PlaceInfo(
          path, Optional.of(mounted.mount()), Optional.empty(), mounted.s3fs(), mounted.bucket());
    } catch (IOException e) {
      throw new DestinationException(
          "which directories are mount points cannot be read: " + ErrorText.of(e), e);
    }
  }

  /** Whether it is on a mounted S3FS, alive or not. */
  public boolean isOnS3fs() {
    return mount.isPresent() && mount.get().isS3fs();
  }

  /** The mount point that holds it, or {@code /} if that is not known. */
  public Path mountPoint() {
    return mount.map(Mount::point).orElse(Path.of("/"));
  }

  /** The type of its file system, such as {@code ext4}; empty if it is not known. */
  public String fileSystem() {
    return mount.map(Mount::type).orElse("");
  }

  /** Whether it is known to be mounted read-only. */
  public boolean isReadOnly() {
    return mount.isPresent() && mount.get().readOnly();
  }

  /** The directory that should be an S3FS mount point, if nothing is mounted on it. */
  public Optional<Path> missingMount() {
    return expectation.map(KnownMounts.Expectation::mountPoint);
  }

  /** The file that says that there should be a mount. */
  public Optional<Path> missingMountSource() {
    return expectation.map(KnownMounts.Expectation::source);
  }

  /** Whether the s3fs that serves it is found, and its command line can be seen. */
  public boolean isProcessKnown() {
    return s3fs.isKnown();
  }

  /** The version of s3fs, such as {@code 1.90}. Takes some milliseconds. */
  public Optional<String> s3fsVersion() {
    return s3fs.version();
  }

  /** Mount options with which the same work would cost less. Takes some milliseconds. */
  public List<String> advice() {
    return s3fs.advice();
  }

  /** The bucket behind the mount, if MTB can go straight to it. */
  public Optional<BucketPlace> bucket() {
    return finding.place();
  }

  /** Why MTB cannot go straight to the bucket; empty if it can. */
  public String obstacle() {
    return finding.obstacle();
  }

  /**
   * The server that s3fs asks, whether or not MTB understands the other options; empty if that
   * cannot be told.
   */
  public Optional<URI> server() {
    if (!isProcessKnown()) {
      return Optional.empty();
    }
    try {
      return Optional.of(s3fs.url().map(URI::create).orElse(AMAZON));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The local directory in which s3fs keeps what is not uploaded yet. */
  public Path bufferFolder() {
    return s3fs.value("use_cache")
        .filter(name -> name.startsWith("/"))
        .or(() -> s3fs.value("tmpdir"))
        .map(name -> S3fsProcess.path(name, Path.of("/")))
        .orElse(DEFAULT_BUFFER);
  }

  /** How many bytes s3fs leaves free there ({@code ensure_diskfree}). */
  public long bufferReserve() {
    Long megabytes = Longs.tryParse(s3fs.value("ensure_diskfree").orElse(""));
    return megabytes == null || megabytes < 0 || megabytes >= Long.MAX_VALUE / MEGABYTE
        ? 0
        : megabytes * MEGABYTE;
  }

  /** The file in which the kernel tells the limits of the s3fs process (proc(5)). */
  public Optional<Path> s3fsLimits() {
    return s3fs.program().map(exe -> exe.resolveSibling("limits"));
  }

  /** The meaning of a failure there, from the failure alone. */
  public Diagnosis diagnose(IOException failure) {
    return Diagnosis.of(failure, isOnS3fs());
  }

  /**
   * Checks that s3fs answers, by opening the mount point. s3fs sends no request for that. May hang.
   */
  public void checkAlive() throws DestinationException {
    S3fsMountPoint.hold(mountPoint()).close();
  }
}
