package dev.mtb;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a job is run. Immutable; made by {@link #builder()}, every value has a default.
 *
 * <pre>{@code
 * BackupOptions options = BackupOptions.builder().threads(64).compare(CompareMode.CHECKSUM).build();
 * }</pre>
 */
public final class BackupOptions {
  /**
   * Copying threads unless told otherwise. Through one S3FS mount copies gain little beyond some
   * dozens of threads, since uploads queue up inside s3fs; fewer leave round trips unused.
   */
  public static final int DEFAULT_THREADS = 32;

  /**
   * Comparing threads unless told otherwise. Each lists one directory, for which s3fs sends up to
   * 20 HEADs at a time, so 32 keep some hundreds in flight, about what a bucket takes from one
   * client without throttling.
   */
  public static final int DEFAULT_CHECKERS = 32;

  /** More threads than this only cost memory: each copying thread has a buffer of its own. */
  public static final int MAX_THREADS = 1024;

  /**
   * Retries unless told otherwise: with pauses that double from half a second they outlast a
   * quarter of a minute, which most throttling and restarts of a server do not.
   */
  public static final int DEFAULT_RETRIES = 5;

  /** Pauses grow to a minute, so that these take two hours; who waits longer starts MTB again. */
  public static final int MAX_RETRIES = 100;

  private final int threads;
  private final int checkers;
  private final CompareMode compare;
  private final Optional<Duration> modifyWindow;
  private final KeptAttributes attributes;
  private final DigestAlgorithm digest;
  private final boolean dryRun;
  private final boolean requireMount;
  private final boolean fsync;
  private final Optional<Path> stateDirectory;
  private final Via via;
  private final Optional<URI> endpoint;
  private final Optional<String> region;
  private final Addressing addressing;
  private final Optional<Path> passwdFile;
  private final boolean readData;
  private final boolean strict;
  private final int retries;
  private final Duration lockWait;
  private final boolean verifyAfter;
  private final Optional<Path> manifest;
  private final Filters filters;
  private final Deletion deletion;
  private final OldVersions oldVersions;
  private final UpdateRules updateRules;
  private final Limits limits;
  private final Shard shard;

  private BackupOptions(Builder builder) {
    threads = builder.threads;
    checkers = builder.checkers;
    compare = builder.compare;
    modifyWindow = builder.modifyWindow;
    attributes = builder.attributes;
    digest = builder.digest;
    dryRun = builder.dryRun;
    requireMount = builder.requireMount;
    fsync = builder.fsync;
    stateDirectory = builder.stateDirectory;
    via = builder.via;
    endpoint = builder.endpoint;
    region = builder.region;
    addressing = builder.addressing;
    passwdFile = builder.passwdFile;
    readData = builder.readData;
    strict = builder.strict;
    retries = builder.retries;
    lockWait = builder.lockWait;
    verifyAfter = builder.verifyAfter;
    manifest = builder.manifest;
    filters = builder.filters;
    deletion = builder.deletion;
    oldVersions = builder.oldVersions;
    updateRules = builder.updateRules;
    limits = builder.limits;
    shard = builder.shard;
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
   * Threads that copy.
   *
   * @return 1 to {@link #MAX_THREADS}; default {@link #DEFAULT_THREADS}
   */
  public int threads() {
    return threads;
  }

  /**
   * Threads that scan and compare directories.
   *
   * @return 1 to {@link #MAX_THREADS}; default {@link #DEFAULT_CHECKERS}
   */
  public int checkers() {
    return checkers;
  }

  /**
   * How content is compared.
   *
   * @return default {@link CompareMode#SIZE_MTIME}
   */
  public CompareMode compare() {
    return compare;
  }

  /**
   * Times of modification no further apart than this are equal.
   *
   * @return empty, the default, if they are compared as finely as source and destination keep them
   */
  public Optional<Duration> modifyWindow() {
    return modifyWindow;
  }

  /**
   * Which attributes of the sources are kept.
   *
   * @return default {@link KeptAttributes#ALL}
   */
  public KeptAttributes attributes() {
    return attributes;
  }

  /**
   * The digest of {@link CompareMode#CHECKSUM}, of {@link #verifyAfter()} and of the {@link
   * #manifest()}.
   *
   * @return default {@link DigestAlgorithm#MD5}
   */
  public DigestAlgorithm digest() {
    return digest;
  }

  /**
   * Whether everything is decided and nothing changed.
   *
   * @return default false
   */
  public boolean dryRun() {
    return dryRun;
  }

  /**
   * Whether a destination that is not on a mounted S3FS is refused.
   *
   * @return default false
   */
  public boolean requireMount() {
    return requireMount;
  }

  /**
   * Whether each file is forced to disk before it gets its name. Without effect on S3FS, where a
   * file is in the bucket when its channel is closed.
   *
   * @return default false
   */
  public boolean fsync() {
    return fsync;
  }

  /**
   * Where MTB remembers which folders are mount points of S3FS, so that it can refuse to write to
   * one that is not mounted, what it has stored in buckets, and which runs are going on.
   *
   * @return empty for the user's own: {@code $MTB_STATE_DIR}, or {@code $XDG_STATE_HOME/mtb}, or
   *     {@code ~/.local/state/mtb}
   */
  public Optional<Path> stateDirectory() {
    return stateDirectory;
  }

  /**
   * How a destination on a mounted S3FS is written to.
   *
   * @return default {@link Via#AUTO}; for a plain folder it does not matter
   */
  public Via via() {
    return via;
  }

  /**
   * The URL of the S3 service, for an {@link S3Location}.
   *
   * @return empty for Amazon's own in the region
   */
  public Optional<URI> endpoint() {
    return endpoint;
  }

  /**
   * The region of the bucket, for an {@link S3Location}.
   *
   * @return empty for what the AWS SDK finds ({@code AWS_REGION}, {@code ~/.aws/config}), or else
   *     {@code us-east-1}
   */
  public Optional<String> region() {
    return region;
  }

  /**
   * Where the name of the bucket stands in a request, for an {@link S3Location}.
   *
   * @return default {@link Addressing#AUTO}
   */
  public Addressing addressing() {
    return addressing;
  }

  /**
   * A password file of s3fs with the credentials, for an {@link S3Location}.
   *
   * @return empty for what the AWS SDK finds (environment, {@code ~/.aws}, the machine's role)
   */
  public Optional<Path> passwdFile() {
    return passwdFile;
  }

  /**
   * Whether {@code verify} reads every content back even where the bucket's own checksum proves it.
   *
   * @return default false; for a destination that is not a bucket it does not matter
   */
  public boolean readData() {
    return readData;
  }

  /**
   * Whether {@code verify} takes everything that the backup has and the source does not have for a
   * failure. Without effect on a backup.
   *
   * @return default false: it is counted as {@link Totals#extra()}
   */
  public boolean strict() {
    return strict;
  }

  /**
   * How often an operation is tried again that failed for a reason that may pass.
   *
   * @return 0 to {@link #MAX_RETRIES}; default {@link #DEFAULT_RETRIES}
   */
  public int retries() {
    return retries;
  }

  /**
   * How long a run waits for another that is writing to the same destination, or to one inside the
   * other. A run that changes nothing neither waits nor is waited for.
   *
   * @return default zero: it is refused at once, as a destination that cannot be used
   */
  public Duration lockWait() {
    return lockWait;
  }

  /**
   * Whether each file that was copied is read back, right after it was written, and compared with
   * what was read when it was copied. One that differs is copied once more; if it still differs it
   * is a failure of stage {@link Failure.Stage#VERIFY}, and marked so that the next run copies it
   * again.
   *
   * @return default false
   */
  public boolean verifyAfter() {
    return verifyAfter;
  }

  /**
   * Where the digests of every file of this job that is in the backup when the run ends are written
   * to, in the form that {@code md5sum -c} (or that of {@link #digest()}) reads in the destination.
   * It is replaced when the run ends; a dry run writes none. Files that have not changed are read
   * for it.
   *
   * @return empty if they are not wanted
   */
  public Optional<Path> manifest() {
    return manifest;
  }

  /**
   * What is left out of the backup, and of a comparison with it.
   *
   * @return default {@link Filters#NONE}
   */
  public Filters filters() {
    return filters;
  }

  /**
   * What becomes of that which is not in the source any more.
   *
   * @return default {@link Deletion#NONE}
   */
  public Deletion deletion() {
    return deletion;
  }

  /**
   * Where old versions are kept.
   *
   * @return default {@link OldVersions#NONE}
   */
  public OldVersions oldVersions() {
    return oldVersions;
  }

  /**
   * What is left as it is at the destination, although it differs. Without effect on {@code
   * verify}.
   *
   * @return default {@link UpdateRules#NONE}
   */
  public UpdateRules updateRules() {
    return updateRules;
  }

  /**
   * How fast a run may go, how much it may do, and what it does first. Of these only the speed
   * matters for {@code verify}.
   *
   * @return default {@link Limits#NONE}
   */
  public Limits limits() {
    return limits;
  }

  /**
   * The part of the job that is done here; other machines do the others.
   *
   * @return default {@link Shard#WHOLE}
   */
  public Shard shard() {
    return shard;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private int threads = DEFAULT_THREADS;
    private int checkers = DEFAULT_CHECKERS;
    private CompareMode compare = CompareMode.SIZE_MTIME;
    private Optional<Duration> modifyWindow = Optional.empty();
    private KeptAttributes attributes = KeptAttributes.ALL;
    private DigestAlgorithm digest = DigestAlgorithm.MD5;
    private boolean dryRun;
    private boolean requireMount;
    private boolean fsync;
    private Optional<Path> stateDirectory = Optional.empty();
    private Via via = Via.AUTO;
    private Optional<URI> endpoint = Optional.empty();
    private Optional<String> region = Optional.empty();
    private Addressing addressing = Addressing.AUTO;
    private Optional<Path> passwdFile = Optional.empty();
    private boolean readData;
    private boolean strict;
    private int retries = DEFAULT_RETRIES;
    private Duration lockWait = Duration.ZERO;
    private boolean verifyAfter;
    private Optional<Path> manifest = Optional.empty();
    private Filters filters = Filters.NONE;
    private Deletion deletion = Deletion.NONE;
    private OldVersions oldVersions = OldVersions.NONE;
    private UpdateRules updateRules = UpdateRules.NONE;
    private Limits limits = Limits.NONE;
    private Shard shard = Shard.WHOLE;

    private Builder() {}

    /**
     * Sets {@link BackupOptions#threads()}.
     *
     * @param count 1 to {@link #MAX_THREADS}
     * @return this
     * @throws InvalidJobException if it is not in that range
     */
    public Builder threads(int count) {
      threads = checkThreads("threads", count);
      return this;
    }

    /**
     * Sets {@link BackupOptions#checkers()}.
     *
     * @param count 1 to {@link #MAX_THREADS}
     * @return this
     * @throws InvalidJobException if it is not in that range
     */
    public Builder checkers(int count) {
      checkers = checkThreads("checkers", count);
      return this;
    }

    /**
     * Sets {@link BackupOptions#compare()}.
     *
     * @param mode how content is compared
     * @return this
     */
    public Builder compare(CompareMode mode) {
      compare = requireNonNull(mode);
      return this;
    }

    /**
     * Sets {@link BackupOptions#modifyWindow()}.
     *
     * @param window zero or more
     * @return this
     * @throws InvalidJobException if it is negative
     */
    public Builder modifyWindow(Duration window) {
      if (window.isNegative()) {
        throw new InvalidJobException("modify window " + window + " is negative");
      }
      modifyWindow = Optional.of(window);
      return this;
    }

    /**
     * Sets {@link BackupOptions#attributes()}.
     *
     * @param kept which are kept
     * @return this
     */
    public Builder attributes(KeptAttributes kept) {
      attributes = requireNonNull(kept);
      return this;
    }

    /**
     * Sets {@link BackupOptions#digest()}.
     *
     * @param algorithm the digest
     * @return this
     */
    public Builder digest(DigestAlgorithm algorithm) {
      digest = requireNonNull(algorithm);
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
     * Sets {@link BackupOptions#requireMount()}.
     *
     * @param value whether only S3FS will do
     * @return this
     */
    public Builder requireMount(boolean value) {
      requireMount = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#fsync()}.
     *
     * @param value whether files are forced to disk
     * @return this
     */
    public Builder fsync(boolean value) {
      fsync = value;
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
     * Sets {@link BackupOptions#via()}.
     *
     * @param value the way
     * @return this
     */
    public Builder via(Via value) {
      via = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#endpoint()}.
     *
     * @param url with {@code http} or {@code https}
     * @return this
     * @throws InvalidJobException if it is no such URL
     */
    public Builder endpoint(URI url) {
      boolean isWeb = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (!isWeb || url.getHost() == null) {
        throw new InvalidJobException(
            "the endpoint '" + url + "' is not a URL such as https://s3.example.com");
      }
      if (url.getUserInfo() != null) {
        // It would stand in messages and reports.
        throw new InvalidJobException(
            "the endpoint must not hold credentials; give them with --passwd-file");
      }
      endpoint = Optional.of(url);
      return this;
    }

    /**
     * Sets {@link BackupOptions#region()}.
     *
     * @param name such as {@code eu-central-1}
     * @return this
     */
    public Builder region(String name) {
      if (name.isBlank()) {
        throw new InvalidJobException("the region is empty");
      }
      region = Optional.of(name);
      return this;
    }

    /**
     * Sets {@link BackupOptions#addressing()}.
     *
     * @param value where the bucket's name stands
     * @return this
     */
    public Builder addressing(Addressing value) {
      addressing = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#passwdFile()}.
     *
     * @param file of the form {@code key:secret}
     * @return this
     */
    public Builder passwdFile(Path file) {
      passwdFile = Optional.of(file);
      return this;
    }

    /**
     * Sets {@link BackupOptions#readData()}.
     *
     * @param value whether contents are read back
     * @return this
     */
    public Builder readData(boolean value) {
      readData = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#strict()}.
     *
     * @param value whether what only the backup has is a failure
     * @return this
     */
    public Builder strict(boolean value) {
      strict = value;
      return this;
    }

    /**
     * Sets {@link BackupOptions#retries()}.
     *
     * @param count 0 to {@link #MAX_RETRIES}
     * @return this
     * @throws InvalidJobException if it is not in that range
     */
    public Builder retries(int count) {
      if (count < 0 || count > MAX_RETRIES) {
        throw new InvalidJobException(
            "retries must be between 0 and " + MAX_RETRIES + ", not " + count);
      }
      retries = count;
      return this;
    }

    /**
     * Sets {@link BackupOptions#lockWait()}.
     *
     * @param duration zero or more
     * @return this
     * @throws InvalidJobException if it is negative
     */
    public Builder lockWait(Duration duration) {
      if (duration.isNegative()) {
        throw new InvalidJobException("lock wait " + duration + " is negative");
      }
      lockWait = duration;
      return this;
    }

    /**
     * Sets {@link BackupOptions#verifyAfter()}.
     *
     * @param value whether copies are read back
     * @return this
     */
    public Builder verifyAfter(boolean value) {
      verifyAfter = value;
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
     * Sets {@link BackupOptions#filters()}.
     *
     * @param value what is left out
     * @return this
     */
    public Builder filters(Filters value) {
      filters = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#deletion()}.
     *
     * @param value what becomes of that which is not in the source any more
     * @return this
     */
    public Builder deletion(Deletion value) {
      deletion = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#updateRules()}.
     *
     * @param value what is left as it is
     * @return this
     */
    public Builder updateRules(UpdateRules value) {
      updateRules = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#oldVersions()}.
     *
     * @param value where old versions are kept
     * @return this
     */
    public Builder oldVersions(OldVersions value) {
      oldVersions = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#limits()}.
     *
     * @param value how fast, and how much
     * @return this
     */
    public Builder limits(Limits value) {
      limits = requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link BackupOptions#shard()}.
     *
     * @param value the part that is done here
     * @return this
     */
    public Builder shard(Shard value) {
      shard = requireNonNull(value);
      return this;
    }

    /**
     * Finishes.
     *
     * @return the options
     */
    public BackupOptions build() {
      return new BackupOptions(this);
    }

    private static int checkThreads(String what, int count) {
      if (count < 1 || count > MAX_THREADS) {
        throw new InvalidJobException(
            what + " must be between 1 and " + MAX_THREADS + ", not " + count);
      }
      return count;
    }
  }
}
