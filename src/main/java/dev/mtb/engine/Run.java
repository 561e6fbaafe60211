package dev.mtb.engine;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.Location;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.DestinationInSource;
import dev.mtb.place.Destinations;
import dev.mtb.place.OpenTree;
import dev.mtb.place.RememberedBase;
import dev.mtb.place.RunLock;
import dev.mtb.scan.OutputCheck;
import dev.mtb.scan.SourceList;
import dev.mtb.store.DestinationException;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a job, from its lists to its report. */
public final class Run {
  private static final Logger log = LoggerFactory.getLogger(Run.class);

  /**
   * How long a stopped run waits for what is in flight: a small file is finished in a few round
   * trips, and the copy of a large file stops between two chunks. A thread that takes longer hangs
   * in a system call.
   */
  private static final Duration GRACE = Duration.ofSeconds(10);

  /** Opens the destination; tests give one with faults. */
  interface Opener {
    Store open(boolean readOnly) throws DestinationException;
  }

  private final RunContext context;
  private final BackupJob job;
  private final Opener opener;
  private final Duration grace;
  private final Interruption interruption = new Interruption();
  private final Instant startedAt = Instant.now();
  private final long startedNanos = System.nanoTime();
  private List<String> advice = List.of();
  private OptionalInt connections = OptionalInt.empty();
  private Optional<Manifest> manifest = Optional.empty();

  /** Whether the destination was opened: a run that failed before saves nothing. */
  private boolean hasBegun;

  private Run(RunContext context, Opener opener, Duration grace) {
    this.context = context;
    this.job = context.job();
    this.opener = opener;
    this.grace = grace;
  }

  /**
   * Runs a backup, or the dry run of one.
   *
   * @throws InvalidJobException if it makes no sense
   */
  public static BackupReport backup(BackupJob job, BackupListener listener) {
    return of(job, purpose(job.options()), listener);
  }

  /**
   * Compares a backup with its sources.
   *
   * @throws InvalidJobException if it makes no sense
   */
  public static BackupReport verify(BackupJob job, BackupListener listener) {
    return of(job, Purpose.VERIFY, listener);
  }

  private static BackupReport of(BackupJob job, Purpose purpose, BackupListener listener) {
    Instant startedAt = Instant.now();
    try (OpenTree sources = OpenTree.of(job);
        RunLock lock = purpose == Purpose.BACKUP ? RunLock.of(job.options()) : RunLock.NONE) {
      Opener opener = readOnly -> Destinations.open(job, readOnly, lock);
      return new Run(context(job, sources.tree(), purpose, listener), opener, GRACE).report();
    } catch (DestinationException e) {
      return Restore.unusable(e, job.options(), startedAt);
    }
  }

  static Purpose purpose(BackupOptions options) {
    return options.dryRun() ? Purpose.DRY_RUN : Purpose.BACKUP;
  }

  // For tests, which open the destination themselves

  static BackupReport backup(BackupJob job, Opener opener, BackupListener listener) {
    return backup(job, opener, listener, GRACE);
  }

  static BackupReport backup(
      BackupJob job, Opener opener, BackupListener listener, Duration grace) {
    return onThisMachine(
        job, purpose(job.options()), listener, context -> new Run(context, opener, grace));
  }

  static BackupReport backup(
      BackupJob job, Opener opener, BackupListener listener, Retry.Pause pause) {
    return onThisMachine(
        job, Purpose.BACKUP, listener, context -> new Run(context.withPause(pause), opener, GRACE));
  }

  static BackupReport verify(BackupJob job, Opener opener, BackupListener listener) {
    return onThisMachine(job, Purpose.VERIFY, listener, context -> new Run(context, opener, GRACE));
  }

  private static BackupReport onThisMachine(
      BackupJob job, Purpose purpose, BackupListener listener, Function<RunContext, Run> maker) {
    try (Tree tree = OpenTree.ofThisMachine(job.base())) {
      return maker.apply(context(job, tree, purpose, listener)).report();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Restores from a backup, or tells in a dry run what it would restore.
   *
   * @throws InvalidJobException if it makes no sense
   */
  public static BackupReport restore(RestoreJob job, BackupListener listener) {
    return new Restore(job).run(listener);
  }

  /** Runs the job of a context. */
  static BackupReport of(RunContext context, Opener opener) {
    return new Run(context, opener, GRACE).report();
  }

  private static RunContext context(
      BackupJob job, Tree sources, Purpose purpose, BackupListener listener) {
    return RunContext.of(job, new Origin(sources, Policy.BACKUP), purpose, listener);
  }

  private BackupReport report() {
    try {
      return run();
    } finally {
      interruption.restore();
    }
  }

  private BackupReport run() {
    context.tally().begun();
    // The backup may lie in the directory that it is restored to (/mnt/backup is in /).
    boolean mayContainSource = context.policy().mayContainSource();
    Optional<OldVersionsPlace> oldVersions = Destinations.oldVersions(job);
    List<Path> apart = mayContainSource ? List.of() : Destinations.namesOf(job);
    SourceList sources =
        SourceList.read(
            job,
            context.tree(),
            apart,
            Destinations.directoryOfOldVersions(job),
            context.seesExtraneous());
    refuseBackupOfItself();
    Optional<RememberedBase> lastBase =
        mayContainSource || job.from().isPresent() || job.destination() instanceof Location.Own
            ? Optional.empty()
            : RememberedBase.of(job, apart);
    if (context.purpose() != Purpose.VERIFY) {
      lastBase
          .flatMap(last -> last.warning(job.base(), sources::lists))
          .ifPresent(sentence -> log.warn("{}", sentence));
      job.options().manifest().ifPresent(this::checkManifest);
    }
    if (context.purpose() == Purpose.BACKUP) {
      manifest = job.options().manifest().map(this::startManifest);
    }
    try {
      open(sources, oldVersions);
      BackupReport result = result();
      long there = result.totals().copied() + result.totals().unchanged();
      if (context.purpose() == Purpose.BACKUP && hasBegun && there > 0) {
        lastBase.ifPresent(last -> last.save(job.base(), sources.first()));
      }
      return manifest.isPresent() && hasBegun ? finish(manifest.get(), result) : result;
    } finally {
      manifest.ifPresent(Manifest::close);
    }
  }

  /**
   * Refuses source and destination that lie in each other in one bucket. On this machine, the walk
   * recognises the destination.
   */
  private void refuseBackupOfItself() {
    if (job.from().isEmpty() || context.policy().mayContainSource()) {
      return;
    }
    Location from = job.from().get();
    if (DestinationInSource.isWithin(job.destination(), from, job.options())
        || DestinationInSource.isWithin(from, job.destination(), job.options())) {
      throw new InvalidJobException(
          "the destination "
              + job.destinationName()
              + " and the source "
              + from
              + " lie one inside the other; back up to another place");
    }
  }

  private void checkManifest(Path file) {
    OutputCheck.of(job, context.tree(), job.options().filters().files())
        .check("manifest", file, Manifest::isBeginning);
  }

  private Manifest startManifest(Path file) {
    return Manifest.start(
        file, job.options().comparison().digest(), job.destinationName(), startedAt);
  }

  /** A backup whose manifest is missing is not what was asked for. */
  private BackupReport finish(Manifest written, BackupReport result) {
    // An interrupted thread cannot write.
    interruption.take();
    try {
      written.finish(result);
      return result;
    } catch (IOException e) {
      context
          .tally()
          .failed(
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

  @SuppressWarnings("try") // It only closes the store, unless that is the embedder's own.
  private void open(SourceList sources, Optional<OldVersionsPlace> oldVersions) {
    try {
      Store real = opener.open(context.purpose() != Purpose.BACKUP);
      try (Closeable whenDone = job.destination() instanceof Location.Own ? () -> {} : real) {
        run(sources, OpenStore.of(context, real, oldVersions));
      }
    } catch (DestinationException e) {
      lostOrInterrupted(e);
    } catch (IOException e) {
      lostOrInterrupted(
          new DestinationException(
              "the destination " + job.destinationName() + " cannot be used: " + e.getMessage(),
              e));
    }
    if (context.stop().crash().isPresent()) {
      throw new IllegalStateException("internal error", context.stop().crash().get());
    }
  }

  private void run(SourceList sources, OpenStore destination) {
    hasBegun = true;
    Pipeline pipeline = new Pipeline(context, sources, destination, manifest, interruption, grace);
    pipeline.run();
    connections = pipeline.requestsReached();
    connections.ifPresent(most -> log.info("requests at a time: {} at most", most));
    advice = destination.destination().advice();
    advice.forEach(sentence -> log.info("{}", sentence));
  }

  /** An interruption while the destination is opened looks like a loss of the destination. */
  private void lostOrInterrupted(DestinationException e) {
    if (interruption.take()) {
      context.stop().interrupted();
    } else {
      context.stop().lost(e);
    }
  }

  private BackupReport result() {
    Stop stop = context.stop();
    List<Failure> failures = new ArrayList<>(context.tally().failures());
    stop.lost().map(Throwable::getMessage).map(Failure::givenUp).ifPresent(failures::add);
    Outcome outcome =
        stop.lost().isPresent()
            ? Outcome.FAILED
            : stop.wasInterrupted()
                ? Outcome.INTERRUPTED
                : failures.isEmpty() ? Outcome.OK : Outcome.PARTIAL;
    return new BackupReport(
        outcome,
        context.purpose() == Purpose.DRY_RUN,
        startedAt,
        Duration.ofNanos(System.nanoTime() - startedNanos),
        context.tally().totals(),
        failures,
        advice,
        connections);
  }
}
