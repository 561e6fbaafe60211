package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * How a job is run: a group of options for each subject. Immutable; made by {@link #builder()},
 * every value has a default. A value that is out of its range is refused with an {@link
 * dev.mtb.model.InvalidJobException}.
 *
 * <pre>{@code
 * BackupOptions options =
 *     BackupOptions.builder()
 *         .threads(64)
 *         .comparison(c -> c.withMode(CompareMode.CHECKSUM).withDigest(DigestAlgorithm.SHA256))
 *         .build();
 * }</pre>
 *
 * @param concurrency how many threads work
 * @param comparison what makes a file differ from its copy
 * @param attributes which attributes of the sources are kept
 * @param connection how the place of the backup is reached
 * @param objectStyle what a bucket keeps new objects with
 * @param checks what a run does to make sure that a copy is safe
 * @param waiting how long a run waits for transient errors and for other runs
 * @param filters what is excluded from the backup, and from a comparison with it
 * @param deletion whether what is not in the source any more is deleted from the backup
 * @param oldVersions where old versions are kept
 * @param uploads how large files are uploaded to a bucket
 * @param updateRules which files are not copied although they differ; without effect on {@code
 *     verify}
 * @param limits how fast a run may go, how much it may do, and what it does first; of these only
 *     the speed matters for {@code verify}
 * @param shard the part of the job that is done here; other machines do the others
 * @param dryRun whether everything is decided and nothing changed
 * @param manifest where the digests of every file of this job that is in the backup when the run
 *     ends are written to, in the form that {@code md5sum -c} (or that of {@link
 *     ComparisonOptions#digest()}) reads in the destination. It is replaced when the run ends; a
 *     dry run writes none. Files that have not changed are read for it. Empty if it is not wanted
 * @param stateDirectory where MTB remembers which directories are mount points of S3FS, so that it
 *     can refuse to write to one that is not mounted, what it has stored in buckets, and which runs
 *     are going on. Empty for the user's own: {@code $MTB_STATE_DIR}, or {@code
 *     $XDG_STATE_HOME/mtb}, or {@code ~/.local/state/mtb}
 */
public record BackupOptions(
    Concurrency concurrency,
    ComparisonOptions comparison,
    KeptAttributes attributes,
    Connection connection,
    ObjectStyle objectStyle,
    Checks checks,
    Waiting waiting,
    Filters filters,
    Deletion deletion,
    OldVersions oldVersions,
    Uploads uploads,
    UpdateRules updateRules,
    Limits limits,
    Shard shard,
    boolean dryRun,
    Optional<Path> manifest,
    Optional<Path> stateDirectory) {
  /** All defaults. */
  public static final BackupOptions DEFAULT = builder().build();

  /** Checks that nothing is null. */
  public BackupOptions {
    Object[] parts = {
      concurrency,
      comparison,
      attributes,
      connection,
      objectStyle,
      checks,
      waiting,
      filters,
      deletion,
      oldVersions,
      uploads,
      updateRules,
      limits,
      shard,
      manifest,
      stateDirectory
    };
    for (Object part : parts) {
      requireNonNull(part);
    }
  }

  /** Starts with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts with these options. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.concurrency = concurrency;
    builder.comparison = comparison;
    builder.attributes = attributes;
    builder.connection = connection;
    builder.objectStyle = objectStyle;
    builder.checks = checks;
    builder.waiting = waiting;
    builder.filters = filters;
    builder.deletion = deletion;
    builder.oldVersions = oldVersions;
    builder.uploads = uploads;
    builder.updateRules = updateRules;
    builder.limits = limits;
    builder.shard = shard;
    builder.dryRun = dryRun;
    builder.manifest = manifest;
    builder.stateDirectory = stateDirectory;
    return builder;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private Concurrency concurrency = Concurrency.DEFAULT;
    private ComparisonOptions comparison = ComparisonOptions.DEFAULT;
    private KeptAttributes attributes = KeptAttributes.ALL;
    private Connection connection = Connection.DEFAULT;
    private ObjectStyle objectStyle = ObjectStyle.DEFAULT;
    private Checks checks = Checks.DEFAULT;
    private Waiting waiting = Waiting.DEFAULT;
    private Filters filters = Filters.NONE;
    private Deletion deletion = Deletion.NONE;
    private OldVersions oldVersions = OldVersions.NONE;
    private Uploads uploads = Uploads.DEFAULT;
    private UpdateRules updateRules = UpdateRules.NONE;
    private Limits limits = Limits.NONE;
    private Shard shard = Shard.WHOLE;
    private boolean dryRun;
    private Optional<Path> manifest = Optional.empty();
    private Optional<Path> stateDirectory = Optional.empty();

    private Builder() {}

    /** Fixes the number of copying threads, 1 to {@link Concurrency#MAX_THREADS}. */
    public Builder threads(int count) {
      return concurrency(c -> c.withThreads(count));
    }

    /** Sets the number of comparing threads, 1 to {@link Concurrency#MAX_THREADS}. */
    public Builder checkers(int count) {
      return concurrency(c -> c.withCheckers(count));
    }

    /** Changes {@link BackupOptions#concurrency()}. */
    public Builder concurrency(UnaryOperator<Concurrency> change) {
      concurrency = change.apply(concurrency);
      return this;
    }

    /** Sets how content is compared. */
    public Builder compare(CompareMode mode) {
      return comparison(c -> c.withMode(mode));
    }

    /** Changes {@link BackupOptions#comparison()}. */
    public Builder comparison(UnaryOperator<ComparisonOptions> change) {
      comparison = change.apply(comparison);
      return this;
    }

    /** Sets {@link BackupOptions#attributes()}. */
    public Builder attributes(KeptAttributes value) {
      attributes = value;
      return this;
    }

    /** Changes {@link BackupOptions#connection()}. */
    public Builder connection(UnaryOperator<Connection> change) {
      connection = change.apply(connection);
      return this;
    }

    /** Changes {@link BackupOptions#objectStyle()}. */
    public Builder objectStyle(UnaryOperator<ObjectStyle> change) {
      objectStyle = change.apply(objectStyle);
      return this;
    }

    /** Changes {@link BackupOptions#checks()}. */
    public Builder checks(UnaryOperator<Checks> change) {
      checks = change.apply(checks);
      return this;
    }

    /** Changes {@link BackupOptions#waiting()}. */
    public Builder waiting(UnaryOperator<Waiting> change) {
      waiting = change.apply(waiting);
      return this;
    }

    /** Sets {@link BackupOptions#filters()}. */
    public Builder filters(Filters value) {
      filters = value;
      return this;
    }

    /** Sets {@link BackupOptions#deletion()}. */
    public Builder deletion(Deletion value) {
      deletion = value;
      return this;
    }

    /** Sets {@link BackupOptions#oldVersions()}. */
    public Builder oldVersions(OldVersions value) {
      oldVersions = value;
      return this;
    }

    /** Changes {@link BackupOptions#uploads()}. */
    public Builder uploads(UnaryOperator<Uploads> change) {
      uploads = change.apply(uploads);
      return this;
    }

    /** Sets {@link BackupOptions#updateRules()}. */
    public Builder updateRules(UpdateRules value) {
      updateRules = value;
      return this;
    }

    /** Sets {@link BackupOptions#limits()}. */
    public Builder limits(Limits value) {
      limits = value;
      return this;
    }

    /** Sets {@link BackupOptions#shard()}. */
    public Builder shard(Shard value) {
      shard = value;
      return this;
    }

    /** Sets {@link BackupOptions#dryRun()}. */
    public Builder dryRun(boolean value) {
      dryRun = value;
      return this;
    }

    /** Sets {@link BackupOptions#manifest()}. */
    public Builder manifest(Path file) {
      manifest = Optional.of(file);
      return this;
    }

    /** Sets {@link BackupOptions#stateDirectory()}, which need not exist yet. */
    public Builder stateDirectory(Path directory) {
      stateDirectory = Optional.of(directory);
      return this;
    }

    /** Finishes. */
    public BackupOptions build() {
      return new BackupOptions(
          concurrency,
          comparison,
          attributes,
          connection,
          objectStyle,
          checks,
          waiting,
          filters,
          deletion,
          oldVersions,
          uploads,
          updateRules,
          limits,
          shard,
          dryRun,
          manifest,
          stateDirectory);
    }
  }
}
