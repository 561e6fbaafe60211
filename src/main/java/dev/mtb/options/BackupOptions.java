package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * How a job is run: a group of options for each subject. Immutable; made by {@link #builder()},
 * every value has a default.
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
 * @param checks how sure a run makes itself that a copy is safe
 * @param waiting how long a run waits for what may pass
 * @param filters what is left out of the backup, and of a comparison with it
 * @param deletion what becomes of that which is not in the source any more
 * @param oldVersions where old versions are kept
 * @param updateRules what is left as it is at the destination, although it differs; without effect
 *     on {@code verify}
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
    Checks checks,
    Waiting waiting,
    Filters filters,
    Deletion deletion,
    OldVersions oldVersions,
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
    requireNonNull(concurrency);
    requireNonNull(comparison);
    requireNonNull(attributes);
    requireNonNull(connection);
    requireNonNull(checks);
    requireNonNull(waiting);
    requireNonNull(filters);
    requireNonNull(deletion);
    requireNonNull(oldVersions);
    requireNonNull(updateRules);
    requireNonNull(limits);
    requireNonNull(shard);
    requireNonNull(manifest);
    requireNonNull(stateDirectory);
  }

  /**
   * Starts with the defaults.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts with these options.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.concurrency = concurrency;
    builder.comparison = comparison;
    builder.attributes = attributes;
    builder.connection = connection;
    builder.checks = checks;
    builder.waiting = waiting;
    builder.filters = filters;
    builder.deletion = deletion;
    builder.oldVersions = oldVersions;
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
    private Checks checks = Checks.DEFAULT;
    private Waiting waiting = Waiting.DEFAULT;
    private Filters filters = Filters.NONE;
    private Deletion deletion = Deletion.NONE;
    private OldVersions oldVersions = OldVersions.NONE;
    private UpdateRules updateRules = UpdateRules.NONE;
    private Limits limits = Limits.NONE;
    private Shard shard = Shard.WHOLE;
    private boolean dryRun;
    private Optional<Path> manifest = Optional.empty();
    private Optional<Path> stateDirectory = Optional.empty();

    private Builder() {}

    /**
     * Sets the number of copying threads.
     *
     * @param count 1 to {@link Concurrency#MAX_THREADS}
     * @return this
     * @throws InvalidJobException if it is not in that range
     */
    public Builder threads(int count) {
      return concurrency(c -> c.withThreads(count));
    }

    /**
     * Sets the number of comparing threads.
     *
     * @param count 1 to {@link Concurrency#MAX_THREADS}
     * @return this
     * @throws InvalidJobException if it is not in that range
     */
    public Builder checkers(int count) {
      return concurrency(c -> c.withCheckers(count));
    }

    /**
     * Changes {@link BackupOptions#concurrency()}.
     *
     * @param change such as {@code c -> c.withThreads(64)}
     * @return this
     */
    public Builder concurrency(UnaryOperator<Concurrency> change) {
      concurrency = change.apply(concurrency);
      return this;
    }

    /**
     * Sets how content is compared.
     *
     * @param mode the mode
     * @return this
     */
    public Builder compare(CompareMode mode) {
      return comparison(c -> c.withMode(mode));
    }

    /**
     * Changes {@link BackupOptions#comparison()}.
     *
     * @param change such as {@code c -> c.withMode(CompareMode.CHECKSUM)}
     * @return this
     */
    public Builder comparison(UnaryOperator<ComparisonOptions> change) {
      comparison = change.apply(comparison);
      return this;
    }

    /**
     * Sets {@link BackupOptions#attributes()}.
     *
     * @param value which are kept
     * @return this
     */
    public Builder attributes(KeptAttributes value) {
      attributes = value;
      return this;
    }

    /**
     * Changes {@link BackupOptions#connection()}.
     *
     * @param change such as {@code c -> c.withRegion("eu-central-1")}
     * @return this
     */
    public Builder connection(UnaryOperator<Connection> change) {
      connection = change.apply(connection);
      return this;
    }

    /**
     * Changes {@link BackupOptions#checks()}.
     *
     * @param change such as {@code c -> c.withFsync(true)}
     * @return this
     */
    public Builder checks(UnaryOperator<Checks> change) {
      checks = change.apply(checks);
      return this;
    }

    /**
     * Changes {@link BackupOptions#waiting()}.
     *
     * @param change such as {@code w -> w.withRetries(10)}
     * @return this
     */
    public Builder waiting(UnaryOperator<Waiting> change) {
      waiting = change.apply(waiting);
      return this;
    }

    /**
     * Sets {@link BackupOptions#filters()}.
     *
     * @param value what is left out
     * @return this
     */
    public Builder filters(Filters value) {
      filters = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#deletion()}.
     *
     * @param value what becomes of that which is not in the source any more
     * @return this
     */
    public Builder deletion(Deletion value) {
      deletion = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#oldVersions()}.
     *
     * @param value where old versions are kept
     * @return this
     */
    public Builder oldVersions(OldVersions value) {
      oldVersions = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#updateRules()}.
     *
     * @param value what is left as it is
     * @return this
     */
    public Builder updateRules(UpdateRules value) {
      updateRules = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#limits()}.
     *
     * @param value how fast, and how much
     * @return this
     */
    public Builder limits(Limits value) {
      limits = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#shard()}.
     *
     * @param value the part that is done here
     * @return this
     */
    public Builder shard(Shard value) {
      shard = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#dryRun()}.
     *
     * @param value whether nothing is to be changed
     * @return this
     */
    public Builder dryRun(boolean value) {
      dryRun = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#manifest()}.
     *
     * @param file replaced when the run ends
     * @return this
     */
    public Builder manifest(Path file) {
      manifest = Optional.of(file);
      return this;
    }

    /**
     * Sets {@link BackupOptions#stateDirectory()}.
     *
     * @param directory need not exist yet
     * @return this
     */
    public Builder stateDirectory(Path directory) {
      stateDirectory = Optional.of(directory);
      return this;
    }

    /**
     * Finishes.
     *
     * @return the options
     */
    public BackupOptions build() {
      return new BackupOptions(
          concurrency,
          comparison,
          attributes,
          connection,
          checks,
          waiting,
          filters,
          deletion,
          oldVersions,
          updateRules,
          limits,
          shard,
          dryRun,
          manifest,
          stateDirectory);
    }
  }
}
