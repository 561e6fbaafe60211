package dev.mtb.place;

import dev.mtb.job.Location;
import dev.mtb.model.ErrorText;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Connection;
import dev.mtb.options.Via;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Tree;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A place that the user named, with its kind: a directory, a directory on a mounted S3FS, a place
 * in a bucket, or a store of an embedder. All code that opens, locks, recognises or examines a
 * place uses this class. Immutable.
 */
sealed interface Place {
  /** The identity of the place, as a text that two runs can compare. */
  String key();

  /**
   * The place as a user knows it.
   *
   * @return a path without symbolic links, or {@code s3://bucket/prefix}
   */
  String name();

  /**
   * A place in a bucket that is reached without a mount.
   *
   * @param bucket where it is, and how
   */
  record InBucket(BucketPlace bucket) implements Place {
    @Override
    public String key() {
      return LockPlace.of(bucket);
    }

    @Override
    public String name() {
      return bucket.location().toString();
    }
  }

  /**
   * A directory that is on no mounted S3FS.
   *
   * @param absolute as it was named
   * @param real with symbolic links resolved as far as it exists
   * @param mount that holds it; empty if that is not known
   */
  record Folder(Path absolute, Path real, Optional<Mount> mount) implements Place {
    @Override
    public String key() {
      return LockPlace.of(real);
    }

    @Override
    public String name() {
      return PathBytes.toText(real);
    }
  }

  /**
   * A directory on a mounted S3FS, alive or not.
   *
   * @param absolute as it was named
   * @param real with symbolic links resolved as far as it exists
   * @param mount that holds it
   * @param s3fs the process that serves the mount
   */
  record Mounted(Path absolute, Path real, Mount mount, S3fsProcess s3fs) implements Place {
    @Override
    public String key() {
      return LockPlace.of(s3fs, mount.below(real), real);
    }

    @Override
    public String name() {
      return PathBytes.toText(real);
    }

    /** The bucket behind the mount, or why MTB does not go straight to it. */
    MountedBucket.Finding bucket() {
      return MountedBucket.find(s3fs, mount.below(real));
    }
  }

  /**
   * A store of an embedder's own.
   *
   * @param tree the store
   */
  record Own(Tree tree) implements Place {
    @Override
    public String key() {
      return LockPlace.ofOwn(tree);
    }

    @Override
    public String name() {
      return tree.name();
    }
  }

  /** Finds out what a place is. Nothing is refused. */
  static Place of(Location location, BackupOptions options) throws IOException {
    if (location instanceof Location.Bucket it) {
      return new InBucket(BucketPlace.of(it.place(), options));
    }
    if (location instanceof Location.Own it) {
      return new Own(it.tree());
    }
    Path absolute = ((Location.Directory) location).path().toAbsolutePath().normalize();
    return of(absolute, real(absolute));
  }

  /**
   * Finds the kind of a directory from the table of mounts alone. The directory itself is not
   * touched.
   *
   * @param real the same, with symbolic links resolved
   */
  static Place of(Path absolute, Path real) throws IOException {
    Optional<Mount> mount =
        real.getFileSystem() == FileSystems.getDefault() ? Mount.holding(real) : Optional.empty();
    return mount.isPresent() && mount.get().isS3fs()
        ? new Mounted(absolute, real, mount.get(), S3fsProcesses.serving(mount.get()))
        : new Folder(absolute, real, mount);
  }

  /**
   * Finds out what a place is, and refuses a place that the options do not allow, and a mount point
   * on which nothing is mounted.
   *
   * @param what the place is, in messages, such as {@code the destination}
   * @param options whether a mount is required, how a bucket is reached, where MTB keeps its state
   * @throws DestinationException if it cannot be used
   */
  static Place find(String what, Location location, BackupOptions options)
      throws DestinationException {
    Place place;
    try {
      place = of(location, options);
    } catch (IOException e) {
      throw new DestinationException("the table of mounts cannot be read: " + ErrorText.of(e), e);
    }
    Connection wanted = options.connection();
    if ((place instanceof InBucket || place instanceof Own) && wanted.requireMount()) {
      throw new DestinationException(
          what + " " + place.name() + " is no mount, and Connection.requireMount asks for one");
    }
    if (place instanceof Folder folder) {
      refuseIfNotWanted(what, folder, options);
    }
    return place;
  }

  private static void refuseIfNotWanted(String what, Folder folder, BackupOptions options)
      throws DestinationException {
    String isNoMount = what + " " + folder.absolute() + " is not on a mounted S3FS, ";
    if (options.connection().requireMount()) {
      throw new DestinationException(
          isNoMount
              + "and Connection.requireMount asks for one; mount the bucket first (s3fs BUCKET"
              + " MOUNTPOINT -o ...)");
    }
    if (folder.real().getFileSystem() == FileSystems.getDefault()) {
      refuseBareMountPoint(List.of(folder.absolute(), folder.real()), options);
    }
    if (options.connection().via() == Via.BUCKET) {
      throw new DestinationException(
          isNoMount
              + "so that there is no bucket behind it; run without Via.BUCKET, or give"
              + " s3://BUCKET/PREFIX");
    }
  }

  private static void refuseBareMountPoint(List<Path> names, BackupOptions options)
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
          "MTB cannot read which directories are S3FS mount points: " + ErrorText.of(e), e);
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
