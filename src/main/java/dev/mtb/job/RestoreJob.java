package dev.mtb.job;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Checks;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is restored, from where, and where to. Immutable; made by {@link #builder()}.
 *
 * <pre>{@code
 * RestoreJob job = RestoreJob.builder().from(backup).path(Path.of("docs")).to(target).build();
 * BackupReport report = Mtb.restore(job, BackupListener.NONE);
 * }</pre>
 *
 * <p>A file that is in the backup at {@code docs/a.txt} is restored to {@code docs/a.txt} in the
 * target, whether it was asked for by its name, by that of a directory, or not at all.
 *
 * <p>Of the {@link BackupOptions} those that say how the destination of a backup is reached say
 * here how the backup is; {@link BackupOptions#manifest()} and {@link Checks#verifyAfter()} are
 * about the files in the target.
 *
 * @param directory the directory that holds the backup, as given; empty if it is a {@link
 *     #bucket()}
 * @param bucket the place in a bucket that holds the backup; empty if it is a {@link #directory()}
 * @param paths what is restored, relative to the backup, and normal; empty for everything
 * @param target the directory that files are restored to, as given
 * @param overwrite whether files of the target are replaced that are newer than those of the
 *     backup, and directories that stand in the place of files. Otherwise they are left alone,
 *     {@link BackupListener#skipped told of}, and counted as skipped
 * @param options how it is run
 */
public record RestoreJob(
    Optional<Path> directory,
    Optional<S3Location> bucket,
    List<Path> paths,
    Path target,
    boolean overwrite,
    BackupOptions options) {
  /**
   * Checks that it can be run.
   *
   * @throws InvalidJobException without a backup, or if a path leads out of the backup
   */
  public RestoreJob {
    requireNonNull(target);
    requireNonNull(options);
    if (directory.isEmpty() == bucket.isEmpty()) {
      throw new InvalidJobException(
          directory.isEmpty()
              ? "no backup given to restore from"
              : "more than one backup given to restore from");
    }
    if (bucket.isPresent() && options.connection().via() == Via.MOUNT) {
      throw new InvalidJobException(bucket.get() + " is no mount to go through");
    }
    Optional<Path> root = directory.map(Path::toAbsolutePath).map(Path::normalize);
    paths = paths.stream().map(path -> inBackup(path, root)).collect(toImmutableList());
  }

  private static Path inBackup(Path path, Optional<Path> root) {
    Path relative = path;
    if (path.isAbsolute()) {
      Path start = root.filter(path::startsWith).orElse(path.getRoot());
      relative = start.relativize(path);
    }
    Path normal = relative.normalize();
    if (normal.startsWith("..")) {
      throw new InvalidJobException("'" + path + "' leads out of the backup");
    }
    return normal;
  }

  /**
   * Starts with nothing but default options.
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
    builder.directory = directory;
    builder.bucket = bucket;
    builder.paths.addAll(paths);
    builder.target = target;
    builder.overwrite = overwrite;
    builder.options = options;
    return builder;
  }

  /**
   * The backup as the user knows it.
   *
   * @return a path or {@code s3://bucket/prefix}
   */
  public String backupName() {
    return directory.map(Path::toString).or(() -> bucket.map(S3Location::toString)).orElseThrow();
  }

  /** Collects a job. Not thread-safe. */
  public static final class Builder {
    private Optional<Path> directory = Optional.empty();
    private Optional<S3Location> bucket = Optional.empty();
    private final List<Path> paths = new ArrayList<>();
    private Path target;
    private boolean overwrite;
    private BackupOptions options = BackupOptions.DEFAULT;

    private Builder() {}

    /**
     * Sets {@link RestoreJob#directory()}.
     *
     * @param backup on a mounted S3FS or not, on any file system
     * @return this
     */
    public Builder from(Path backup) {
      directory = Optional.of(backup);
      bucket = Optional.empty();
      return this;
    }

    /**
     * Sets {@link RestoreJob#bucket()}. Needs the AWS SDK on the class path, as {@link
     * BackupJob.Builder#destination(S3Location)} does.
     *
     * @param backup the place that was backed up to
     * @return this
     */
    public Builder from(S3Location backup) {
      bucket = Optional.of(backup);
      directory = Optional.empty();
      return this;
    }

    /**
     * Adds a file, link or directory to be restored; a directory means everything below it. Without
     * any, everything is restored.
     *
     * @param inBackup relative to the backup; an absolute one is taken from the backup's root,
     *     where absolute sources land, unless it is a path into the backup
     * @return this
     */
    public Builder path(Path inBackup) {
      paths.add(requireNonNull(inBackup));
      return this;
    }

    /**
     * Sets {@link RestoreJob#target()}.
     *
     * @param directory made if only its last name is missing
     * @return this
     */
    public Builder to(Path directory) {
      target = requireNonNull(directory);
      return this;
    }

    /**
     * Sets {@link RestoreJob#overwrite()}.
     *
     * @param value whether newer files are replaced
     * @return this
     */
    public Builder overwrite(boolean value) {
      overwrite = value;
      return this;
    }

    /**
     * Sets {@link RestoreJob#options()}.
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
     * @throws InvalidJobException without a backup or a target, or if a path leads out of the
     *     backup
     */
    public RestoreJob build() {
      if (target == null) {
        throw new InvalidJobException("no directory given to restore to");
      }
      return new RestoreJob(directory, bucket, paths, target, overwrite, options);
    }
  }
}
