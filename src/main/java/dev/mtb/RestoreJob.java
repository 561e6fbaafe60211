package dev.mtb;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
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
 * here how the backup is; {@link BackupOptions#manifest()} and {@link BackupOptions#verifyAfter()}
 * are about the files in the target.
 */
public final class RestoreJob {
  private final Optional<Path> directory;
  private final Optional<S3Location> bucket;
  private final ImmutableList<Path> paths;
  private final Path target;
  private final boolean overwrite;
  private final BackupOptions options;

  private RestoreJob(Builder builder, List<Path> paths) {
    directory = builder.directory;
    bucket = builder.bucket;
    this.paths = ImmutableList.copyOf(paths);
    target = builder.target;
    overwrite = builder.overwrite;
    options = builder.options;
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
   * The directory that holds the backup.
   *
   * @return as given; empty if it is a {@link #bucket()}
   */
  public Optional<Path> directory() {
    return directory;
  }

  /**
   * The place in a bucket that holds the backup.
   *
   * @return empty if it is a {@link #directory()}
   */
  public Optional<S3Location> bucket() {
    return bucket;
  }

  /**
   * The backup as the user knows it.
   *
   * @return a path or {@code s3://bucket/prefix}
   */
  public String backupName() {
    return directory.map(Path::toString).or(() -> bucket.map(S3Location::toString)).orElseThrow();
  }

  /**
   * What is restored.
   *
   * @return relative to the backup, and normal; empty for everything
   */
  public List<Path> paths() {
    return paths;
  }

  /**
   * The directory that files are restored to.
   *
   * @return as given
   */
  public Path target() {
    return target;
  }

  /**
   * Whether files of the target are replaced that are newer than those of the backup, and
   * directories that stand in the place of files. Otherwise they are left alone, {@link
   * BackupListener#skipped told of}, and counted as skipped.
   *
   * @return default false
   */
  public boolean overwrite() {
    return overwrite;
  }

  /**
   * How it is run.
   *
   * @return the options
   */
  public BackupOptions options() {
    return options;
  }

  /** Collects a job. Not thread-safe. */
  public static final class Builder {
    private Optional<Path> directory = Optional.empty();
    private Optional<S3Location> bucket = Optional.empty();
    private final List<Path> paths = new ArrayList<>();
    private Path target;
    private boolean overwrite;
    private BackupOptions options = BackupOptions.builder().build();

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
      if (directory.isEmpty() && bucket.isEmpty()) {
        throw new InvalidJobException("no backup given to restore from");
      }
      if (target == null) {
        throw new InvalidJobException("no directory given to restore to");
      }
      if (bucket.isPresent() && options.via() == Via.MOUNT) {
        throw new InvalidJobException(bucket.get() + " is no mount to go through");
      }
      return new RestoreJob(this, paths.stream().map(this::inBackup).toList());
    }

    private Path inBackup(Path path) {
      Path relative = path;
      if (path.isAbsolute()) {
        Optional<Path> root = directory.map(Path::toAbsolutePath).map(Path::normalize);
        Path start = root.filter(path::startsWith).orElse(path.getRoot());
        relative = start.relativize(path);
      }
      Path normal = relative.normalize();
      if (normal.startsWith("..")) {
        throw new InvalidJobException("'" + path + "' leads out of the backup");
      }
      return normal;
    }
  }
}
