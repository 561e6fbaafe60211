package dev.mtb.job;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A job that lists what is in a backup. Immutable; made by {@link #builder()}.
 *
 * <pre>{@code
 * ListJob job = ListJob.builder().from(backup).path(Path.of("docs")).recursive(true).build();
 * BackupReport report = Mtb.list(job, item -> System.out.println(item.path()));
 * }</pre>
 *
 * @param backup where the backup is
 * @param paths what is listed, relative to the backup, and normal: of a directory what is in it;
 *     empty for the backup itself
 * @param asOf the moment of which the backup's state is listed, as for {@link RestoreJob#asOf()};
 *     empty for the state of now
 * @param versions whether all versions are listed that a bucket keeps of what is at the paths and
 *     below ({@link ListListener#version}), and nothing else
 * @param recursive whether everything below a directory is listed
 * @param details whether each item is looked at ({@link BackupItem#metadata}), which costs a
 *     request for each in a bucket. What a directory or a mount shows of each name is told in any
 *     case
 * @param options how the backup is reached, and {@link BackupOptions#concurrency() how many
 *     threads} look; the others do not matter
 */
public record ListJob(
    Location backup,
    List<Path> paths,
    Optional<Instant> asOf,
    boolean versions,
    boolean recursive,
    boolean details,
    BackupOptions options) {
  /**
   * Checks that it can be run.
   *
   * @throws InvalidJobException without a backup, or if a path leads out of the backup
   */
  public ListJob {
    requireNonNull(asOf);
    requireNonNull(options);
    if (versions && asOf.isPresent()) {
      throw new InvalidJobException(
          "ListJob.versions lists the versions of all moments, and ListJob.asOf asks for one");
    }
    if (backup == null) {
      throw new InvalidJobException("no backup given to list");
    }
    if (backup instanceof Location.Bucket && options.connection().via() == Via.MOUNT) {
      throw new InvalidJobException(backup + " is no mount to go through");
    }
    Optional<Path> root = backup.directory().map(Path::toAbsolutePath).map(Path::normalize);
    paths = paths.stream().map(path -> RestoreJob.inBackup(path, root)).collect(toImmutableList());
  }

  /** Starts with nothing but default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects a job. Not thread-safe. */
  public static final class Builder {
    private Location backup;
    private final List<Path> paths = new ArrayList<>();
    private Optional<Instant> asOf = Optional.empty();
    private boolean versions;
    private boolean recursive;
    private boolean details;
    private BackupOptions options = BackupOptions.DEFAULT;

    private Builder() {}

    /** Sets {@link ListJob#backup()} to a directory, on a mounted S3FS or not. */
    public Builder from(Path directory) {
      return from(new Location.Directory(directory));
    }

    /** Sets {@link ListJob#backup()} to a place in a bucket. */
    public Builder from(S3Location place) {
      return from(new Location.Bucket(place));
    }

    /** Sets {@link ListJob#backup()}. */
    public Builder from(Location location) {
      backup = requireNonNull(location);
      return this;
    }

    /** Adds a path, as {@link RestoreJob.Builder#path} does. */
    public Builder path(Path inBackup) {
      paths.add(requireNonNull(inBackup));
      return this;
    }

    /** Sets {@link ListJob#asOf()}. */
    public Builder asOf(Instant moment) {
      asOf = Optional.of(moment);
      return this;
    }

    /** Sets {@link ListJob#versions()}; false by default. */
    public Builder versions(boolean value) {
      versions = value;
      return this;
    }

    /** Sets {@link ListJob#recursive()}; false by default. */
    public Builder recursive(boolean value) {
      recursive = value;
      return this;
    }

    /** Sets {@link ListJob#details()}; false by default. */
    public Builder details(boolean value) {
      details = value;
      return this;
    }

    /** Sets {@link ListJob#options()}; all defaults by default. */
    public Builder options(BackupOptions value) {
      options = requireNonNull(value);
      return this;
    }

    /** Finishes. What makes no sense is an {@link InvalidJobException}. */
    public ListJob build() {
      return new ListJob(backup, paths, asOf, versions, recursive, details, options);
    }
  }
}
