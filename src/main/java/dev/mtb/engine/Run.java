package dev.mtb.engine;

import com.google.common.base.Ticker;
import com.google.common.collect.Comparators;
import com.google.common.util.concurrent.RateLimiter;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.compare.Comparison;
import dev.mtb.compare.ContentComparison;
import dev.mtb.compare.MtimeRules;
import dev.mtb.copy.Buffers;
import dev.mtb.copy.Copier;
import dev.mtb.files.Folders;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.options.KeptAttributes;
import dev.mtb.options.Limits;
import dev.mtb.place.Destinations;
import dev.mtb.place.OwnPlaces;
import dev.mtb.place.RememberedBase;
import dev.mtb.place.RunLock;
import dev.mtb.place.SourceMounts;
import dev.mtb.place.StoredBackup;
import dev.mtb.scan.FileFilter;
import dev.mtb.scan.OutputCheck;
import dev.mtb.scan.SourceList;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Features;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.Retry;
import dev.mtb.store.RetryingDestination;
import dev.mtb.store.SelectiveDestination;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a job, from its lists to its report. */
public final class Run {
  private static final Logger log = LoggerFactory.getLogger(Run.class);

  /**
   * How long a stopped run waits for what is in flight: a small file is finished in a few round
   * trips, and a large one notices between two chunks. What hangs longer hangs in the kernel.
   */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private enum Purpose {
    BACKUP,
    DRY_RUN,
    VERIFY
  }

  /** Opens the destination; tests put one with faults here. */
  interface Opener {
    Destination open(boolean readOnly) throws DestinationException;
  }

  private final BackupJob job;
  private final Direction direction;
  private final Purpose purpose;
  private final Duration grace;
  private final Opener opener;
  private final Tally tally;
  private final Stop stop;
  private final Allowance allowance;
  private final Retry.Pause pause;
  private final Instant startedAt = Instant.now();
  private final long startedNanos = System.nanoTime();
  private List<String> advice = List.of();
  private Optional<Manifest> manifest = Optional.empty();

  /** A run that could not even begin has nothing to say of the backup. */
  private boolean hasBegun;

  /** Set again at the very end: until then it would make the destination's own files fail. */
  private boolean interrupted;

  private Run(
      BackupJob job,
      Direction direction,
      Purpose purpose,
      Opener opener,
      BackupListener listener,
      Duration grace,
      Optional<Retry.Pause> pause) {
    this.job = job;
    this.direction = direction;
    this.grace = grace;
    this.opener = opener;
    this.purpose = purpose;
    this.tally = new Tally(listener);
    Limits limits = purpose == Purpose.VERIFY ? Limits.NONE : job.options().limits();
    this.stop = new Stop(Ticker.systemTicker(), deadline(limits));
    this.allowance = new Allowance(limits.maxTransfer());
    this.pause = pause.orElse(stop::pause);
  }

  private OptionalLong deadline(Limits limits) {
    return limits.maxDuration().isPresent()
        ? OptionalLong.of(startedNanos + nanos(limits.maxDuration().get()))
        : OptionalLong.empty();
  }

  /** A century is for ever, and more would overflow. */
  private static long nanos(Duration duration) {
    return Comparators.min(duration, Duration.ofDays(36_500)).toNanos();
  }

  /**
   * Runs a backup, or the dry run of one.
   *
   * @param job what to do
   * @param listener told of everything
   * @return how it went
   * @throws InvalidJobException if it makes no sense
   */
  public static BackupReport backup(BackupJob job, BackupListener listener) {
    try (RunLock lock = job.options().dryRun() ? RunLock.NONE : RunLock.of(job.options())) {
      return backup(job, opener(job, lock), listener);
    }
  }

  static BackupReport backup(BackupJob job, Opener opener, BackupListener listener) {
    return backup(job, opener, listener, GRACE);
  }

  static BackupReport backup(
      BackupJob job, Opener opener, BackupListener listener, Duration grace) {
    Purpose purpose = job.options().dryRun() ? Purpose.DRY_RUN : Purpose.BACKUP;
    return new Run(job, intoBackup(job), purpose, opener, listener, grace, Optional.empty())
        .report();
  }

  /** Tests need not wait. */
  static BackupReport backup(
      BackupJob job, Opener opener, BackupListener listener, Retry.Pause pause) {
    return new Run(
            job, intoBackup(job), Purpose.BACKUP, opener, listener, GRACE, Optional.of(pause))
        .report();
  }

  /**
   * Compares a backup with its sources.
   *
   * @param job what should be there
   * @param listener told of everything
   * @return how it went
   * @throws InvalidJobException if it makes no sense
   */
  public static BackupReport verify(BackupJob job, BackupListener listener) {
    return verify(job, opener(job, RunLock.NONE), listener);
  }

  static BackupReport verify(BackupJob job, Opener opener, BackupListener listener) {
    return new Run(job, intoBackup(job), Purpose.VERIFY, opener, listener, GRACE, Optional.empty())
        .report();
  }

  /**
   * Restores from a backup, or says what that would do: a backup that goes the other way, with the
   * care that a {@link Direction} takes.
   *
   * @param job what to do
   * @param listener told of everything
   * @return how it went
   * @throws InvalidJobException if it makes no sense
   */
  public static BackupReport restore(RestoreJob job, BackupListener listener) {
    refuseTargetInBackup(job);
    BackupOptions options = job.options();
    Instant begun = Instant.now();
    try (StoredBackup backup = StoredBackup.open(job);
        RunLock lock = options.dryRun() ? RunLock.NONE : RunLock.of(options)) {
      Opener opener =
          readOnly ->
              Destinations.openTarget(job.target(), options, job.overwrite(), readOnly, lock);
      if (!options.dryRun()) {
        backup.expect(path -> isMissing(job.target(), backup.root().relativize(path)));
      }
      BackupJob reversed = reversed(job, backup.root());
      return new Run(
              reversed,
              Direction.outOf(
                  backup, targetOfBackup(job), job.overwrite(), Destinations.oldVersions(reversed)),
              options.dryRun() ? Purpose.DRY_RUN : Purpose.BACKUP,
              opener,
              listener,
              GRACE,
              Optional.empty())
          .report();
    } catch (DestinationException e) {
      return unusable(job, begun, e);
    }
  }

  private static void refuseTargetInBackup(RestoreJob job) {
    if (OwnPlaces.isTargetInBackup(job)) {
      throw new InvalidJobException(
          "the target "
              + job.target()
              + " lies inside the backup "
              + job.backupName()
              + ": it is on an S3FS mount of the same bucket");
    }
    if (job.directory().isEmpty()) {
      return;
    }
    for (Path backup : Destinations.namesOf(job.directory().get())) {
      for (Path target : Destinations.namesOf(job.target())) {
        if (target.startsWith(backup)) {
          throw new InvalidJobException(
              "the target " + target + " lies inside the backup " + backup);
        }
      }
    }
  }

  /** A backup may lie in the directory that it is restored to (/mnt/backup in /). */
  private static Optional<Path> targetOfBackup(RestoreJob job) {
    if (job.directory().isEmpty()) {
      return Optional.empty();
    }
    for (Path backup : Destinations.namesOf(job.directory().get())) {
      for (Path target : Destinations.namesOf(job.target())) {
        if (backup.startsWith(target)) {
          return Optional.of(target.relativize(backup));
        }
      }
    }
    return Optional.empty();
  }

  private static BackupJob reversed(RestoreJob job, Path root) {
    BackupJob.Builder reversed =
        BackupJob.builder().base(root).destination(job.target()).options(job.options());
    List<Path> paths = job.paths().isEmpty() ? List.of(Path.of("")) : job.paths();
    for (Path path : paths) {
      reversed.source(PathBytes.resolve(root, PathBytes.of(path)));
    }
    return reversed.build();
  }

  /** Of the target nothing is known yet but its path. */
  private static boolean isMissing(Path directory, Path target) {
    Path file = PathBytes.resolve(directory, PathBytes.of(target));
    return !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Nothing can be read, and nothing was begun. */
  private static BackupReport unusable(RestoreJob job, Instant begun, DestinationException e) {
    boolean wasInterrupted = Thread.currentThread().isInterrupted();
    return new BackupReport(
        wasInterrupted ? Outcome.INTERRUPTED : Outcome.FAILED,
        job.options().dryRun(),
        begun,
        Duration.between(begun, Instant.now()),
        new Tally(BackupListener.NONE).totals(),
        wasInterrupted ? List.of() : List.of(Failure.givenUp(e.getMessage())),
        List.of());
  }

  private static Direction intoBackup(BackupJob job) {
    return Direction.intoBackup(Destinations.oldVersions(job));
  }

  private static Opener opener(BackupJob job, RunLock lock) {
    return readOnly -> Destinations.open(job, readOnly, lock);
  }

  private BackupReport report() {
    try {
      return run();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private BackupReport run() {
    tally.begun();
    // What is restored may lie in the directory that it is restored to (/mnt/backup in /).
    List<Path> apart = direction.mayContainSource() ? List.of() : Destinations.namesOf(job);
    SourceList sources =
        SourceList.read(job, apart, Destinations.directoryOfOldVersions(job), seesExtraneous());
    Optional<RememberedBase> lastBase =
        direction.mayContainSource() ? Optional.empty() : RememberedBase.of(job, apart);
    if (purpose != Purpose.VERIFY) {
      lastBase
          .flatMap(last -> last.warning(job.base(), sources::lists))
          .ifPresent(sentence -> log.warn("{}", sentence));
      job.options()
          .manifest()
          .ifPresent(
              file ->
                  OutputCheck.of(job, job.options().filters().files())
                      .check("manifest", file, Manifest::isBeginning));
    }
    if (purpose == Purpose.BACKUP) {
      manifest =
          job.options()
              .manifest()
              .map(
                  file ->
                      Manifest.start(
                          file,
                          job.options().comparison().digest(),
                          job.destinationName(),
                          startedAt));
    }
    try {
      open(sources);
      BackupReport result = result();
      if (purpose == Purpose.BACKUP && hasBegun) {
        lastBase.ifPresent(last -> last.save(job.base(), sources.first()));
      }
      return manifest.isPresent() && hasBegun ? finish(manifest.get(), result) : result;
    } finally {
      manifest.ifPresent(Manifest::close);
    }
  }

  /** A backup whose manifest is missing is not what was asked for. */
  private BackupReport finish(Manifest written, BackupReport result) {
    // An interrupted thread cannot write.
    interrupted |= Thread.interrupted();
    try {
      written.finish(result);
      return result;
    } catch (IOException e) {
      tally.failed(
          new Failure(
              written.file(),
              Failure.Stage.VERIFY,
              "the manifest cannot be written: "
                  + ErrorText.of(e)
                  + "; what it should list is in the backup",
              Failure.Cause.ERROR));
      return result();
    }
  }

  private void open(SourceList sources) {
    try (Destination real = opener.open(purpose != Purpose.BACKUP)) {
      Retry retry = retry(real);
      // Who waits for his next try takes no part in the limits.
      Destination destination = new RetryingDestination(selective(limited(real)), retry);
      Optional<Metadata> root = destination.stat(emptyPath());
      if (root.isEmpty() && purpose == Purpose.VERIFY) {
        throw new DestinationException(
            "there is no backup to verify: " + destination.name() + " does not exist");
      }
      flow(sources, destination, retry, root);
      advice = destination.advice();
      advice.forEach(sentence -> log.info("{}", sentence));
    } catch (DestinationException e) {
      lostOrInterrupted(e);
    } catch (IOException e) {
      lostOrInterrupted(
          new DestinationException(
              "the destination " + job.destinationName() + " cannot be used: " + e.getMessage(),
              e));
    }
    if (stop.crash().isPresent()) {
      throw new IllegalStateException("internal error", stop.crash().get());
    }
  }

  private static MtimeRules.Precision precision(MtimePrecision place) {
    return new MtimeRules.Precision(place.granularity(), place.mayLackDigits());
  }

  private Destination selective(Destination real) {
    KeptAttributes kept = job.options().attributes();
    return kept.equals(KeptAttributes.ALL) ? real : new SelectiveDestination(real, kept);
  }

  /**
   * Out of a bucket, the operations that count are the requests to it; the target's own cost
   * nothing.
   */
  private Destination limited(Destination real) {
    Limits limits = job.options().limits();
    OptionalDouble operations = limits.operationsPerSecond();
    Optional<StoredBackup> bucket = direction.bucketThatIsRead();
    if (bucket.isPresent() && operations.isPresent()) {
      double count = operations.getAsDouble();
      bucket.get().limit(throttle(Limits.NONE.withOperationsPerSecond(count)));
      limits = Limits.NONE.withBandwidth(limits.bandwidth());
    }
    boolean isLimited = limits.bandwidth().isLimited() || limits.operationsPerSecond().isPresent();
    return isLimited ? real.limitedBy(throttle(limits)) : real;
  }

  private Throttle throttle(Limits limits) {
    return new Throttle(
        limits, Clock.system(ZoneId.systemDefault()), RateLimiter::create, pause, stop::stopping);
  }

  private Retry retry(Destination destination) {
    return new Retry(
        destination,
        job.options().waiting().retries(),
        Math.max(job.options().concurrency().threads(), job.options().concurrency().checkers()),
        pause,
        stop::stopping,
        () -> ThreadLocalRandom.current().nextDouble(),
        Ticker.systemTicker());
  }

  /** Who is interrupted while the destination is opened has not lost it. */
  private void lostOrInterrupted(DestinationException e) {
    if (Thread.interrupted()) {
      interrupted = true;
      stop.interrupted();
    } else {
      stop.lost(e);
    }
  }

  private Path emptyPath() {
    return job.base().getFileSystem().getPath("");
  }

  private void flow(
      SourceList sources, Destination destination, Retry retry, Optional<Metadata> rootFound) {
    hasBegun = true;
    BackupOptions options = job.options();
    Features features = destination.features();
    NameRivals rivals;
    try {
      rivals = NameRivals.of(features.names(), sources);
    } catch (InterruptedException e) {
      interrupted = true;
      stop.interrupted();
      return;
    }
    CompareMode mode =
        purpose == Purpose.VERIFY ? CompareMode.CHECKSUM : options.comparison().mode();
    Comparison comparison =
        new Comparison(
            mode,
            new MtimeRules(
                options.comparison().modifyWindow(),
                features.earliestMtime(),
                precision(features.mtimes()),
                precision(direction.sourceMtimes())),
            options.attributes(),
            features.keepsPermissions(),
            features.keepsOwner());
    Comparison underRules =
        purpose == Purpose.VERIFY ? comparison : comparison.under(options.updateRules());
    // Whoever verifies wants to know, and a wide window makes alike what is not the same.
    boolean isTrusting =
        purpose != Purpose.VERIFY
            && options.comparison().modifyWindow().orElse(Duration.ZERO).isZero();
    Buffers buffers = new Buffers();
    Folders folders = new Folders();
    boolean needsDigests = options.checks().verifyAfter() || manifest.isPresent();
    Copier copier =
        new Copier(
            folders,
            destination,
            buffers,
            tally::bytesWritten,
            stop::stopping,
            pause,
            retry,
            needsDigests ? Optional.of(options.comparison().digest()) : Optional.empty());
    Optional<ReadBack> readBack =
        options.checks().verifyAfter()
            ? Optional.of(new ReadBack(destination, copier, comparison, pause))
            : Optional.empty();
    Optional<OldVersionsPlace> oldVersions = direction.oldVersions();
    OldVersionsGuard guard =
        new OldVersionsGuard(
            oldVersions,
            target -> sources.couldSupply(target) || rivals.couldSupply(job.base(), target));
    FileFilter filter = new FileFilter(options.filters());
    Sink end =
        switch (purpose) {
          case BACKUP ->
              careful(
                  new CopySink(destination, copier, readBack, manifest, guard, tally),
                  destination,
                  filter,
                  guard);
          case DRY_RUN -> careful(new DryRunSink(tally), destination, filter, guard);
          case VERIFY -> new VerifySink(tally, options.checks().strict());
        };
    ForkJoinPool checkerPool = new ForkJoinPool(options.concurrency().checkers());
    ForkJoinPool copierPool = new ForkJoinPool(options.concurrency().threads());
    DirectoryNode root = root(sources);
    SourceMounts mounts = SourceMounts.in(StateDirectory.of(options));
    Optional<Mirror> mirror =
        !seesExtraneous()
            ? Optional.empty()
            : Optional.of(
                new Mirror(
                    new Mirror.Rules(
                        options.deletion(),
                        filter,
                        target ->
                            oldVersions.map(p -> p.holds(target, features.names())).orElse(false)
                                || (purpose == Purpose.VERIFY
                                    && Direction.isStale(target.getFileName())),
                        oldVersions.isPresent() && oldVersions.get().directory().isEmpty(),
                        target ->
                            sources.supplies(target)
                                || sources.leadsThrough(target)
                                || rivals.mayBeListed(target),
                        () -> stop.ranOutOfTime() || allowance.filesLeft() > 0),
                    destination,
                    emptyPath(),
                    mounts,
                    end,
                    tally,
                    stop));
    try {
      Workers workers =
          new Workers(
              copierPool,
              folders,
              destination,
              retry,
              new ContentComparison(options.comparison().digest()),
              new Examination(
                  folders,
                  destination,
                  underRules,
                  mode,
                  isTrusting,
                  !options.checks().readData(),
                  buffers),
              buffers,
              allowance,
              end,
              tally,
              stop,
              mirror.isPresent() ? () -> finish(mirror.get(), destination, copierPool) : stop::done,
              direction);
      WorkQueue queue =
          new WorkQueue(
              copierPool, options.concurrency().threads(), line(features), workers::work, stop);
      DirectoryResolver resolver =
          new DirectoryResolver(
              destination,
              underRules,
              end,
              workers,
              tally,
              stop,
              isTrusting,
              direction,
              rivals,
              options.shard());
      Checkers checkers =
          new Checkers(
              checkerPool,
              folders,
              destination,
              ownPlaces(rootFound.orElse(Metadata.known(Kind.DIRECTORY, 0))),
              filter,
              mirror,
              options.shard(),
              underRules,
              resolver,
              queue,
              end.seesUnchanged(),
              workers::finished,
              tally,
              stop,
              direction,
              rivals);
      ListFeed feed = new ListFeed(job, root, checkers, workers::finished, tally, stop);
      stop.whenStopping(
          () -> {
            queue.wakeAll();
            feed.wake();
          });
      try {
        sources.forEach(feed);
        feed.finish();
        stop.await();
      } catch (InterruptedException e) {
        interrupted = true;
        stop.interrupted();
      } catch (RuntimeException | Error e) {
        // What the pools have begun must not go on without us.
        stop.crashed(e);
      }
    } finally {
      end(checkerPool, "checking");
      end(copierPool, "copying");
      close(folders);
      mirror.ifPresent(Run::close);
    }
    sync(destination);
    if (mirror.isPresent() && purpose == Purpose.BACKUP) {
      mounts.save();
    }
    reportWhatIsLeft();
  }

  /** Whether it matters what is only at the destination. */
  private boolean seesExtraneous() {
    return purpose == Purpose.VERIFY || job.options().deletion().isWanted();
  }

  private OwnPlaces ownPlaces(Metadata root) {
    return direction.mayContainSource() ? OwnPlaces.ofDirectory(root) : OwnPlaces.of(job, root);
  }

  /** Nothing is reported as safe before it is. */
  private void sync(Destination destination) {
    if (purpose != Purpose.BACKUP || stop.lost().isPresent()) {
      return;
    }
    try {
      destination.sync();
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException e) {
      tally.failed(
          new Failure(
              emptyPath(),
              Failure.Stage.COPY,
              ErrorText.of(e)
                  + "; what was copied may be lost if the machine fails: see what is wrong with the"
                  + " disk (dmesg), and run again",
              Failure.Cause.ERROR));
    }
  }

  private Sink careful(
      Sink end, Destination destination, FileFilter filter, OldVersionsGuard guard) {
    boolean isDeleted = job.options().deletion().isWanted() && !direction.mayContainSource();
    return new CarefulSink(
        end,
        destination,
        filter,
        guard,
        isDeleted ? CarefulSink.NotEmpty.IS_DELETED_LAST : CarefulSink.NotEmpty.STAYS,
        direction.makingWay());
  }

  private Schedule line(Features features) {
    int most = features.operationsPerDirectory();
    return job.options()
        .limits()
        .order()
        .map(order -> (Schedule) new OrderedSchedule(order, most))
        .orElseGet(() -> new FairSchedule(most));
  }

  /** A backup that is not complete must not pass for one. */
  private void reportWhatIsLeft() {
    Limits limits = job.options().limits();
    if (stop.stopping()) {
      return;
    }
    if (stop.ranOutOfTime()) {
      left(
          Failure.Stage.SCAN,
          "the time of Limits.maxDuration ("
              + Format.duration(limits.maxDuration().orElseThrow())
              + ") was over before everything had been begun; run again for the rest");
    }
    if (allowance.filesLeft() > 0) {
      left(
          Failure.Stage.COPY,
          "what Limits.maxTransfer allows ("
              + Format.size(limits.maxTransfer().orElseThrow())
              + ") was not enough for "
              + allowance.filesLeft()
              + " more files with "
              + Format.size(allowance.bytesLeft())
              + "; run again for the rest");
    }
  }

  private void left(Failure.Stage stage, String error) {
    tally.failed(new Failure(emptyPath(), stage, error, Failure.Cause.ERROR));
  }

  /** What is deleted is deleted when all else is done. */
  private void finish(Mirror mirror, Destination destination, ForkJoinPool pool) {
    try {
      pool.execute(
          () -> {
            try {
              // What takes the place of something must not be lost with it.
              sync(destination);
              mirror.finish();
            } catch (Throwable e) {
              stop.crashed(e);
            } finally {
              stop.done();
            }
          });
    } catch (RejectedExecutionException e) {
      // The run is over: it was stopped.
      stop.done();
    }
  }

  /** Directories of the source that were only read, or notes that nobody needs any more. */
  private static void close(Closeable done) {
    try {
      done.close();
    } catch (IOException e) {
      log.debug("{} cannot be closed", done, e);
    }
  }

  private DirectoryNode root(SourceList sources) {
    Optional<Metadata> metadata = Optional.empty();
    if (sources.wholeSource().isPresent() && direction.hasRootMetadata()) {
      try {
        metadata = Optional.of(Metadata.following(sources.wholeSource().get()));
      } catch (IOException e) {
        // The walk will find out, and say so.
        log.debug("no metadata of {}", sources.wholeSource().get(), e);
      }
    }
    return DirectoryNode.root(sources.wholeSource().orElse(job.base()), emptyPath(), metadata);
  }

  /**
   * Lets a pool finish what is in flight, however often the caller is interrupted meanwhile. Never
   * interrupts: a channel would be closed half-way.
   */
  private void end(ForkJoinPool pool, String what) {
    pool.shutdown();
    if (!Uninterruptibles.awaitTerminationUninterruptibly(pool, grace)) {
      log.warn("gave up waiting for what was {} after {}", what, Format.duration(grace));
    }
    interrupted |= Thread.interrupted();
  }

  private BackupReport result() {
    List<Failure> failures = new ArrayList<>(tally.failures());
    stop.lost().map(Throwable::getMessage).map(Failure::givenUp).ifPresent(failures::add);
    Outcome outcome =
        stop.lost().isPresent()
            ? Outcome.FAILED
            : stop.wasInterrupted()
                ? Outcome.INTERRUPTED
                : failures.isEmpty() ? Outcome.OK : Outcome.PARTIAL;
    return new BackupReport(
        outcome,
        purpose == Purpose.DRY_RUN,
        startedAt,
        Duration.ofNanos(System.nanoTime() - startedNanos),
        tally.totals(),
        failures,
        advice);
  }
}
