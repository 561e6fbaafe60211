package dev.mtb.job;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Checks;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A job that restores files from a backup. Immutable; made by {@link #builder()}.
 *
 * <pre>{@code
 * RestoreJob job = RestoreJob.builder().from(backup).path(Path.of("docs")).to(target).build();
 * BackupReport report = Mtb.restore(job, BackupListener.NONE);
 * }</pre>
 *
 * <p>A file that is in the backup at {@code docs/a.txt} is restored to {@code docs/a.txt} in the
 * target, whether it was asked for by its name, by that of a directory, or not at all.
 *
 * <p>The {@link BackupOptions} for the destination of a backup are used here for the backup that is
 * read; {@link BackupOptions#manifest()} and {@link Checks#verifyAfter()} concern the files in the
 * target.
 *
 * @param backup where the backup is
 * @param paths what is restored, relative to the backup, and normal; empty for everything
 * @param target where files are restored to
 * @param asOf the moment of which the backup's state is restored, by the server's clock: of each
 *     file the newest version that was stored at or before it. The backup is then in a bucket with
 *     versioning, or on a mount of one. Empty for the state of now
 * @param overwrite whether files of the target are replaced that are newer than those of the
 *     backup, and directories that stand in the place of files. Otherwise they are left alone,
 *     {@link BackupListener#skipped told of}, and counted as skipped
 * @param options how it is run
 */
public record RestoreJob(
    Location backup,
    List<Path> paths,
    Optional<Instant> asOf,
    Location target,
    boolean overwrite,
    BackupOptions options) {
  /**
   * Checks that it can be run.
   *
   * @throws InvalidJobException without a backup, or if a path leads out of the backup
   */
  public RestoreJob {
    requireNonNull(asOf);
    requireNonNull(target);
    requireNonNull(options);
    if (backup == null) {
      throw new InvalidJobException("no backup given to restore from");
    }
    if (backup instanceof Location.Bucket && options.connection().via() == Via.MOUNT) {
      throw new InvalidJobException(backup + " is no mount to go through");
    }
    Optional<Path> root = backup.directory().map(Path::toAbsolutePath).map(Path::normalize);
    paths = paths.stream().map(path -> inBackup(path, root)).collect(toImmutableList());
  }

  static Path inBackup(Path path, Optional<Path> root) {
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
    builder.backup = backup;
    builder.paths.addAll(paths);
    builder.asOf = asOf;
    builder.target = target;
    builder.overwrite = overwrite;
    builder.options = options;
    return builder;
  }

  /**
   * The directory that holds the backup.
   *
   * @return as given; empty if the backup is in no directory
   */
  public Optional<Path> directory() {
    return backup.directory();
  }

  /**
   * The backup as the user knows it.
   *
   * @return a path or {@code s3://bucket/prefix}
   */
  public String backupName() {
    return backup.toString();
  }

  /** Collects a job. Not thread-safe. */
  public static final class Builder {
    private Location backup;
    private final List<Path> paths = new ArrayList<>();
    private Optional<Instant> asOf = Optional.empty();
    private Location target;
    private boolean overwrite;
    private BackupOptions options = BackupOptions.DEFAULT;

    private Builder() {}

    /**
     * Sets {@link RestoreJob#backup()} to a directory.
     *
     * @param directory on a mounted S3FS or not, on any file system
     * @return this
     */
    public Builder from(Path directory) {
      return from(new Location.Directory(directory));
    }

    /**
     * Sets {@link RestoreJob#backup()} to a place in a bucket. Needs the same libraries as {@link
     * BackupJob.Builder#destination(S3Location)}.
     *
     * @param place that was backed up to
     * @return this
     */
    public Builder from(S3Location place) {
      return from(new Location.Bucket(place));
    }

    /**
     * Sets {@link RestoreJob#backup()} to a store of your own.
     *
     * @param tree MTB does not close it
     * @return this
     */
    public Builder from(Tree tree) {
      return from(new Location.Own(tree));
    }

    /**
     * Sets {@link RestoreJob#backup()}.
     *
     * @param location anywhere
     * @return this
     */
    public Builder from(Location location) {
      backup = requireNonNull(location);
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
     * Sets {@link RestoreJob#asOf()}.
     *
     * @param moment such as the end of a run: all that it stored was stored at or before it
     * @return this
     */
    public Builder asOf(Instant moment) {
      asOf = Optional.of(moment);
      return this;
    }

    /**
     * Sets {@link RestoreJob#target()} to a directory.
     *
     * @param directory made if only its last name is missing
     * @return this
     */
    public Builder to(Path directory) {
      return to(new Location.Directory(directory));
    }

    /**
     * Sets {@link RestoreJob#target()} to a store of your own.
     *
     * @param store MTB does not close it
     * @return this
     */
    public Builder to(Store store) {
      return to(new Location.Own(store));
    }

    /**
     * Sets {@link RestoreJob#target()}.
     *
     * @param location anywhere; the options that say how a bucket is reached are about this one,
     *     too
     * @return this
     */
    public Builder to(Location location) {
      target = requireNonNull(location);
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
      return new RestoreJob(backup, paths, asOf, target, overwrite, options);
    }
  }
}
