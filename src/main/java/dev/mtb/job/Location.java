package dev.mtb.job;

import static java.util.Objects.requireNonNull;

import dev.mtb.options.S3Location;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where files are: a directory, a place in a bucket, or a store of an embedder's own. Immutable.
 */
public sealed interface Location {
  /**
   * A directory, on a mounted S3FS or not, of any file system.
   *
   * @param path as given
   */
  record Directory(Path path) implements Location {
    /** Checks that nothing is null. */
    public Directory {
      requireNonNull(path);
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /**
   * A place in a bucket.
   *
   * @param place bucket and prefix
   */
  record Bucket(S3Location place) implements Location {
    /** Checks that nothing is null. */
    public Bucket {
      requireNonNull(place);
    }

    @Override
    public String toString() {
      return place.toString();
    }
  }

  /**
   * An embedder's own.
   *
   * @param tree a {@link dev.mtb.store.Store} if something is to be written there; MTB does not
   *     close it
   */
  record Own(Tree tree) implements Location {
    /** Checks that nothing is null. */
    public Own {
      requireNonNull(tree);
    }

    @Override
    public String toString() {
      return tree.name();
    }
  }

  /**
   * The directory.
   *
   * @return as given; empty if it is none
   */
  default Optional<Path> directory() {
    return this instanceof Directory it ? Optional.of(it.path()) : Optional.empty();
  }

  /**
   * The place in a bucket.
   *
   * @return empty if it is none
   */
  default Optional<S3Location> bucket() {
    return this instanceof Bucket it ? Optional.of(it.place()) : Optional.empty();
  }
}
