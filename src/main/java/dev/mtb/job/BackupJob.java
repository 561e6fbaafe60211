package dev.mtb.job;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A job that backs up files. Immutable; made by {@link #builder()}.
 *
 * <p>Sources may be on any file system of {@code java.nio}; all of one job are on that of the base.
 * They may also be in a bucket, or in a tree of an embedder's own ({@link Builder#from}). The
 * destination may be anywhere else.
 *
 * @param base where relative entries start, and the part of the path that entries below it do not
 *     have at the destination; absolute and normal
 * @param sources files and directories named one by one, in the order given
 * @param lists lists of files and directories, in the order given
 * @param from where the sources are; empty for the file system of the base
 * @param destination where the backup is
 * @param options how it is run
 */
public record BackupJob(
    Path base,
    List<Path> sources,
    List<ListFile> lists,
    Optional<Location> from,
    Location destination,
    BackupOptions options) {
  /**
   * A file that lists what to back up.
   *
   * @param file the list
   * @param nulSeparated whether entries end with NUL; otherwise they are lines, and blank lines and
   *     those that begin with {@code #} or {@code ;} are skipped
   */
  public record ListFile(Path file, boolean nulSeparated) {}

  /**
   * Checks that it can be run.
   *
   * @throws InvalidJobException without a destination, or without any source or list
   */
  public BackupJob {
    base = from.isPresent() ? base : base.toAbsolutePath().normalize();
    sources = ImmutableList.copyOf(sources);
    lists = ImmutableList.copyOf(lists);
    requireNonNull(options);
    if (destination == null) {
      throw new InvalidJobException("no destination given");
    }
    if (sources.isEmpty() && lists.isEmpty()) {
      throw new InvalidJobException(
          "nothing to back up: name a source, or a list of sources with BackupJob.filesFrom");
    }
    if (destination instanceof Location.Bucket && options.connection().via() == Via.MOUNT) {
      throw new InvalidJobException(destination + " is no mount to go through");
    }
  }

  /**
   * Starts with the current directory as base.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts with this job.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.base = base;
    builder.sources.addAll(sources);
    builder.lists.addAll(lists);
    builder.from = from;
    builder.destination = destination;
    builder.options = options;
    return builder;
  }

  /**
   * The directory that holds the backup.
   *
   * @return as given; empty if the destination is no directory
   */
  public Optional<Path> directory() {
    return destination.directory();
  }

  /**
   * The place in a bucket that holds the backup.
   *
   * @return empty if the destination is no bucket
   */
  public Optional<S3Location> bucket() {
    return destination.bucket();
  }

  /**
   * The destination as the user knows it.
   *
   * @return a path or {@code s3://bucket/prefix}
   */
  public String destinationName() {
    return destination.toString();
  }

  /** Collects a job. Not thread-safe. */
  public static final class Builder {
    private Path base = Path.of("");
    private final List<Path> sources = new ArrayList<>();
    private final List<ListFile> lists = new ArrayList<>();
    private Optional<Location> from = Optional.empty();
    private Location destination;
    private BackupOptions options = BackupOptions.DEFAULT;

    private Builder() {}

    /**
     * Sets {@link BackupJob#base()}.
     *
     * @param directory default: the current directory
     * @return this
     */
    public Builder base(Path directory) {
      base = requireNonNull(directory);
      from = Optional.empty();
      return this;
    }

    /**
     * Takes the sources from a place in a bucket, in the format of s3fs: {@link #source} names what
     * is there, relative to it. The options that say how the destination's bucket is reached are
     * about this one, too.
     *
     * @param bucket the place
     * @return this
     */
    public Builder from(S3Location bucket) {
      return from(new Location.Bucket(bucket), Path.of(""));
    }

    /**
     * Takes the sources from a tree of your own: {@link #source} names what is there.
     *
     * @param tree MTB does not close it
     * @return this
     */
    public Builder from(Tree tree) {
      return from(new Location.Own(tree), tree.root());
    }

    private Builder from(Location location, Path root) {
      from = Optional.of(location);
      base = root;
      return this;
    }

    /**
     * Adds a file or directory; a directory means everything below it.
     *
     * @param fileOrDirectory absolute, or relative to the base
     * @return this
     */
    public Builder source(Path fileOrDirectory) {
      sources.add(requireNonNull(fileOrDirectory));
      return this;
    }

    /**
     * Adds a list with one file or directory a line.
     *
     * @param list read when the job runs, twice: it must not change meanwhile
     * @return this
     */
    public Builder filesFrom(Path list) {
      lists.add(new ListFile(list, false));
      return this;
    }

    /**
     * Adds a list whose entries end with NUL.
     *
     * @param list read when the job runs, twice: it must not change meanwhile
     * @return this
     */
    public Builder filesFrom0(Path list) {
      lists.add(new ListFile(list, true));
      return this;
    }

    /**
     * Sets {@link BackupJob#directory()}.
     *
     * @param path made if only its last name is missing, or if it is on a mounted S3FS
     * @return this
     */
    public Builder destination(Path path) {
      destination = new Location.Directory(path);
      return this;
    }

    /**
     * Sets {@link BackupJob#bucket()}. Needs {@code org.apache.httpcomponents.client5:httpclient5}
     * on the class path, {@code software.amazon.awssdk:auth} if the environment does not hold the
     * credentials, and {@code com.h2database:h2-mvstore} for the catalog, which saves requests.
     *
     * @param location the bucket must exist
     * @return this
     */
    public Builder destination(S3Location location) {
      destination = new Location.Bucket(location);
      return this;
    }

    /**
     * Sets {@link BackupJob#destination()} to a store of your own.
     *
     * @param store MTB does not close it; it must not be used by two runs at a time
     * @return this
     */
    public Builder destination(Store store) {
      return destination(new Location.Own(store));
    }

    /**
     * Sets {@link BackupJob#destination()}.
     *
     * @param location anywhere
     * @return this
     */
    public Builder destination(Location location) {
      destination = requireNonNull(location);
      return this;
    }

    /**
     * Sets {@link BackupJob#options()}.
     *
     * @param value default: all defaults
     * @return this
     */
    public Builder options(BackupOptions value) {
      options = requireNonNull(value);
      return this;
    }

    /**
     * Finishes.
     *
     * @return the job
     * @throws InvalidJobException without a destination, or without any source or list
     */
    public BackupJob build() {
      return new BackupJob(base, sources, lists, from, destination, options);
    }
  }
}
