package dev.mtb.engine;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.copy.Buffers;
import dev.mtb.copy.Copier;
import dev.mtb.copy.CopyControl;
import dev.mtb.job.Failure;
import dev.mtb.model.Format;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Limits;
import dev.mtb.place.DestinationInSource;
import dev.mtb.place.SourceMounts;
import dev.mtb.scan.FileFilter;
import dev.mtb.scan.SourceList;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.Features;
import dev.mtb.store.Store;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.TreeEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of one run, wired together: list, checkers, queue, workers, sink. Used once, by the
 * thread that runs the job.
 */
final class Pipeline {
  private static final Logger log = LoggerFactory.getLogger(Pipeline.class);

  private final RunContext context;
  private final BackupOptions options;
  private final Stop stop;
  private final SourceList sources;
  private final OpenStore opened;
  private final Store destination;
  private final Optional<Manifest> manifest;
  private final Interruption interruption;
  private final Duration grace;

  private final Sides sides;
  private final Listings listings;
  private final ComparisonRules rules;
  private final FileFilter filter;
  private final SourceMounts mounts;
  private final CopyingThreads copying;
  private final ForkJoinPool checkerPool;
  private final ForkJoinPool copierPool;
  private final ForkJoinPool lookPool;

  /**
   * Makes the parts that the other parts share.
   *
   * @param manifest lists everything that is in the backup, if that is wanted
   * @param grace how long a stopped run waits for what is in flight
   */
  Pipeline(
      RunContext context,
      SourceList sources,
      OpenStore opened,
      Optional<Manifest> manifest,
      Interruption interruption,
      Duration grace) {
    this.context = context;
    this.options = context.options();
    this.stop = context.stop();
    this.sources = sources;
    this.opened = opened;
    this.destination = opened.destination();
    this.manifest = manifest;
    this.interruption = interruption;
    this.grace = grace;
    this.sides = new Sides(context.tree(), destination, opened.retry(), new Buffers());
    this.listings = new Listings(context, destination, context.seesExtraneous());
    this.rules = ComparisonRules.of(context, destination.features());
    this.filter = new FileFilter(options.filters(), context.tree());
    this.mounts = SourceMounts.in(StateDirectory.of(options));
    this.checkerPool = new ForkJoinPool(options.concurrency().checkers());
    this.copying = new CopyingThreads(options.concurrency(), context.tree(), destination);
    // A pool makes a thread only when there is a task for it.
    this.copierPool = new ForkJoinPool(copying.most());
    this.lookPool = new ForkJoinPool(copying.most());
  }

  /** Runs until everything is done, or the run is stopped. */
  void run() {
    NameCollisions collisions;
    try {
      collisions = NameCollisions.of(destination.features().names(), sources);
    } catch (InterruptedException e) {
      interruption.caught();
      stop.interrupted();
      return;
    }
    OldVersionsGuard guard = guard(collisions);
    Sink sink = sink(guard);
    Optional<Mirror> mirror =
        context.seesExtraneous() ? Optional.of(mirror(sink, collisions, guard)) : Optional.empty();
    try {
      flow(sink, mirror, collisions, guard);
    } finally {
      end(checkerPool, "checking");
      end(lookPool, "looking");
      end(copierPool, "copying");
      mirror.ifPresent(Pipeline::close);
    }
    opened.sync(context);
    if (mirror.isPresent() && context.purpose() == Purpose.BACKUP) {
      mounts.save();
    }
    reportRemainder();
  }

  private void flow(
      Sink sink, Optional<Mirror> mirror, NameCollisions collisions, OldVersionsGuard guard) {
    Runnable whenDone = mirror.isPresent() ? () -> finish(mirror.get()) : stop::done;
    DirectoryFinisher finisher =
        new DirectoryFinisher(context, copierPool, copying, destination, sink, whenDone);
    Workers workers =
        new Workers(
            context,
            sides,
            new ListedFileDecision(sides, rules, /* trustsTags= */ !options.checks().readData()),
            sink,
            finisher);
    WorkQueue queue = new WorkQueue(copierPool, copying::now, schedule(), workers::work, stop);
    DirectoryResolver resolver =
        new DirectoryResolver(context, listings, rules, sink, finisher, collisions, guard);
    DirectoryWalk walk =
        new DirectoryWalk(
            context,
            listings,
            mirror,
            new LookAhead(context, lookPool, copying),
            new Admission(context, filter, destinationInSource(), collisions, guard),
            new EntryComparison(
                context, destination, rules.updating(), resolver, queue, sink.seesUnchanged()),
            resolver);
    Checkers checkers = new Checkers(checkerPool, stop, walk, finisher::finished);
    feed(new ListFeed(context, root(), checkers, finisher::finished), queue);
  }

  /** The most requests that were under way at a time; empty if no side sends any. */
  OptionalInt requestsReached() {
    return copying.requestsReached();
  }

  private DestinationInSource destinationInSource() {
    Metadata root = opened.root().orElse(Metadata.known(Kind.DIRECTORY, 0));
    return context.policy().mayContainSource()
        ? DestinationInSource.ofDirectory(root)
        : DestinationInSource.of(context.job(), root);
  }

  private void feed(ListFeed feed, WorkQueue queue) {
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
      interruption.caught();
      stop.interrupted();
    } catch (RuntimeException | Error e) {
      // The tasks that the pools have begun must not go on.
      stop.crashed(e);
    }
  }

  private OldVersionsGuard guard(NameCollisions collisions) {
    Path base = context.job().base();
    return new OldVersionsGuard(
        opened.oldVersions(),
        destination.features().names(),
        target ->
            sources.couldSupply(target) || collisions.couldSupply(context.tree(), base, target));
  }

  private Sink sink(OldVersionsGuard guard) {
    return switch (context.purpose()) {
      case BACKUP -> careful(copying(guard), guard);
      case DRY_RUN -> careful(dryRun(), guard);
      case VERIFY -> new VerifySink(context.tally(), options.checks().strict());
    };
  }

  private Sink dryRun() {
    return new DryRunSink(context.tally(), destination.features().names());
  }

  private Sink copying(OldVersionsGuard guard) {
    boolean isReadBack = options.checks().verifyAfter();
    boolean needsDigests = isReadBack || manifest.isPresent();
    Copier copier =
        new Copier(
            sides.tree(),
            destination,
            sides.buffers(),
            new CopyControl(context.tally()::bytesWritten, stop::stopping, context.pause()),
            sides.retry(),
            needsDigests ? Optional.of(options.comparison().digest()) : Optional.empty());
    Optional<ReadBack> readBack =
        isReadBack
            ? Optional.of(new ReadBack(destination, copier, rules.plain(), context.pause()))
            : Optional.empty();
    return new CopySink(destination, copier, readBack, manifest, guard, context.tally());
  }

  private Sink careful(Sink sink, OldVersionsGuard guard) {
    boolean isDeleted = options.deletion().isWanted() && !context.policy().mayContainSource();
    return new CarefulSink(
        sink,
        listings,
        filter,
        guard,
        isDeleted ? CarefulSink.NotEmpty.IS_DELETED_LAST : CarefulSink.NotEmpty.STAYS,
        context.policy().makingWay());
  }

  private Mirror mirror(Sink sink, NameCollisions collisions, OldVersionsGuard guard) {
    // Old versions are never extra, and stale files are no difference for a verification.
    Predicate<Path> isKept =
        target ->
            guard.holds(target)
                || (context.purpose() == Purpose.VERIFY
                    && TemporaryNames.isStale(target.getFileName()));
    Mirror.Rules mirrored =
        new Mirror.Rules(
            options.deletion(),
            filter,
            isKept,
            guard.keepsBeside(),
            target ->
                sources.supplies(target)
                    || sources.leadsThrough(target)
                    || collisions.mayBeListed(target),
            () -> stop.ranOutOfTime() || context.allowance().filesNotAdmitted() > 0);
    return new Mirror(context, mirrored, listings, mounts, sink);
  }

  private Schedule schedule() {
    Features features = destination.features();
    return options
        .limits()
        .order()
        .map(order -> (Schedule) new OrderedSchedule(order, features.operationsPerDirectory()))
        .orElseGet(() -> new FairSchedule(features, copying.most()));
  }

  private DirectoryNode root() {
    Optional<Path> whole = sources.wholeSource();
    Optional<Metadata> metadata = Optional.empty();
    TreeEntry root = context.tree().way(whole.orElse(context.job().base()));
    if (whole.isPresent() && (!isTreeRoot(root) || context.tree().hasRootMetadata())) {
      try {
        metadata = Optional.of(root.look());
      } catch (IOException e) {
        // The walk meets the same failure and reports it.
        log.debug("no metadata of {}", whole.get(), e);
      }
    }
    return DirectoryNode.root(root, context.destinationPath(), metadata);
  }

  private boolean isTreeRoot(TreeEntry entry) {
    return entry.path().equals(context.tree().root());
  }

  /** Deletes extraneous items, when all else is done. */
  private void finish(Mirror mirror) {
    try {
      copierPool.execute(
          () -> {
            try {
              // The new files must be safe on the disk before what they replace is deleted.
              opened.sync(context);
              mirror.finish();
            } catch (Throwable e) {
              stop.crashed(e);
            } finally {
              stop.done();
            }
          });
    } catch (RejectedExecutionException e) {
      // The run was stopped, so the pool takes no more tasks.
      stop.done();
    }
  }

  /**
   * Lets a pool finish what is in flight, however often the calling thread is interrupted
   * meanwhile. Never interrupts the pool's threads: a channel would be closed half-way.
   */
  private void end(ForkJoinPool pool, String what) {
    pool.shutdown();
    if (!Uninterruptibles.awaitTerminationUninterruptibly(pool, grace)) {
      log.warn("gave up waiting for what was {} after {}", what, Format.duration(grace));
    }
    interruption.take();
  }

  /**
   * Closes something that was only read, or is not needed any more: its failure does not matter to
   * the user.
   */
  private static void close(Closeable done) {
    try {
      done.close();
    } catch (IOException e) {
      log.debug("{} cannot be closed", done, e);
    }
  }

  /**
   * Reports that limits kept files from being copied, so that the user does not think that the
   * backup is complete.
   */
  private void reportRemainder() {
    Limits limits = options.limits();
    Allowance allowance = context.allowance();
    if (stop.stopping()) {
      return;
    }
    if (stop.ranOutOfTime()) {
      context.failed(
          Failure.Stage.SCAN,
          "the time of Limits.maxDuration ("
              + Format.duration(limits.maxDuration().orElseThrow())
              + ") was over before everything had been begun; run again for the rest");
    }
    if (allowance.filesNotAdmitted() > 0) {
      context.failed(
          Failure.Stage.COPY,
          "what Limits.maxTransfer allows ("
              + Format.size(limits.maxTransfer().orElseThrow())
              + ") was not enough for "
              + allowance.filesNotAdmitted()
              + " more files with "
              + Format.size(allowance.bytesNotAdmitted())
              + "; run again for the rest");
    }
  }
}
