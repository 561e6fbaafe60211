package dev.mtb.job;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is backed up, and where to. Immutable; made by {@link #builder()}.
 *
 * <p>Sources may be on any file system of {@code java.nio}; all of one job are on that of the base.
 * The destination may be on another.
 *
 * @param base where relative entries start, and what entries below it lose of their path at the
 *     destination; absolute and normal
 * @param sources files and directories named one by one, in the order given
 * @param lists lists of files and directories, in the order given
 * @param directory the directory that holds the backup, as given; empty if it is a {@link
 *     #bucket()}
 * @param bucket the place in a bucket that holds the backup; empty if it is a {@link #directory()}
 * @param options how it is run
 */
public record BackupJob(
    Path base,
    List<Path> sources,
    List<ListFile> lists,
    Optional<Path> directory,
    Optional<S3Location> bucket,
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
    base = base.toAbsolutePath().normalize();
    sources = ImmutableList.copyOf(sources);
    lists = ImmutableList.copyOf(lists);
    requireNonNull(options);
    if (directory.isEmpty() == bucket.isEmpty()) {
      throw new InvalidJobException(
          directory.isEmpty() ? "no destination given" : "more than one destination given");
    }
    if (sources.isEmpty() && lists.isEmpty()) {
      throw new InvalidJobException(
          "nothing to back up: name a source, or a list of sources with BackupJob.filesFrom");
    }
    if (bucket.isPresent() && options.connection().via() == Via.MOUNT) {
      throw new InvalidJobException(bucket.get() + " is no mount to go through");
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
    builder.directory = directory;
    builder.bucket = bucket;
    builder.options = options;
    return builder;
  }

  /**
   * The destination as the user knows it.
   *
   * @return a path or {@code s3://bucket/prefix}
   */
  public String destinationName() {
    return directory.map(Path::toString).or(() -> bucket.map(S3Location::toString)).orElseThrow();
  }

  /** Collects a job. Not thread-safe. */
  public static final class Builder {
    private Path base = Path.of("");
    private final List<Path> sources = new ArrayList<>();
    private final List<ListFile> lists = new ArrayList<>();
    private Optional<Path> directory = Optional.empty();
    private Optional<S3Location> bucket = Optional.empty();
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
      directory = Optional.of(path);
      bucket = Optional.empty();
      return this;
    }

    /**
     * Sets {@link BackupJob#bucket()}. Needs {@code software.amazon.awssdk:s3} and {@code
     * software.amazon.awssdk:apache5-client} on the class path, and {@code
     * com.h2database:h2-mvstore} to remember from run to run what need not be asked for.
     *
     * @param location the bucket must exist
     * @return this
     */
    public Builder destination(S3Location location) {
      bucket = Optional.of(location);
      directory = Optional.empty();
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
      return new BackupJob(base, sources, lists, directory, bucket, options);
    }
  }
}
