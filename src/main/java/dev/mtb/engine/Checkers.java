package dev.mtb.engine;

import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.files.Folders;
import dev.mtb.files.ReplacedException;
import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.Shard;
import dev.mtb.place.OwnPlaces;
import dev.mtb.scan.DirectoryScan;
import dev.mtb.scan.Entry;
import dev.mtb.scan.FileFilter;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Expands directories and compares what is in them, one directory a thread. Thread-safe.
 *
 * <p>All directories are walked, also those that are another shard's, since what is below may be
 * this one's; of those nothing is looked at in the destination. What keeps a directory from being
 * walked is reported by every shard, and everything else by the one whose it is.
 *
 * <p>Directories found on the way are forked: a {@link ForkJoinPool} takes its own latest first, so
 * that the walk goes deep before wide and little is pending.
 */
final class Checkers {
  private static final Logger log = LoggerFactory.getLogger(Checkers.class);

  /**
   * Directories that one thread may have waiting; beyond that it walks into them at once, so that a
   * directory of a million directories does not fill the memory.
   */
  private static final int MOST_FORKED = 1000;

  /** A directory that was replaced this often while it was opened will be replaced again. */
  private static final int TRIES = 3;

  private final ForkJoinPool pool;
  private final Folders folders;
  private final Destination destination;
  private final OwnPlaces ownPlaces;
  private final FileFilter filter;
  private final Optional<Mirror> mirror;
  private final Shard shard;
  private final Comparison comparison;
  private final DirectoryResolver resolver;
  private final WorkQueue queue;
  private final boolean queuesUnchanged;
  private final Consumer<DirectoryNode> finisher;
  private final Tally tally;
  private final Stop stop;
  private final Direction direction;
  private final NameRivals rivals;

  /**
   * Wires it.
   *
   * @param mirror notes what is only at the destination, if that matters
   * @param ownPlaces recognises the destination if the walk should come upon it
   * @param queuesUnchanged whether there is something to be done about unchanged files, too
   * @param finisher told when one thing in a directory is done
   */
  Checkers(
      ForkJoinPool pool,
      Folders folders,
      Destination destination,
      OwnPlaces ownPlaces,
      FileFilter filter,
      Optional<Mirror> mirror,
      Shard shard,
      Comparison comparison,
      DirectoryResolver resolver,
      WorkQueue queue,
      boolean queuesUnchanged,
      Consumer<DirectoryNode> finisher,
      Tally tally,
      Stop stop,
      Direction direction,
      NameRivals rivals) {
    this.rivals = rivals;
    this.pool = pool;
    this.direction = direction;
    this.folders = folders;
    this.destination = destination;
    this.ownPlaces = ownPlaces;
    this.filter = filter;
    this.mirror = mirror;
    this.shard = shard;
    this.comparison = comparison;
    this.resolver = resolver;
    this.queue = queue;
    this.queuesUnchanged = queuesUnchanged;
    this.finisher = finisher;
    this.tally = tally;
    this.stop = stop;
  }

  /** Walks a directory, in the pool. */
  void walk(DirectoryNode node) {
    pool.execute(() -> guarded(() -> directory(node)));
  }

  /** Compares entries of a list that lie in one directory, in the pool. */
  void compare(DirectoryNode parent, List<Entry> entries, Runnable whenDone) {
    pool.execute(
        () -> {
          try {
            guarded(() -> listed(parent, entries));
          } finally {
            whenDone.run();
          }
        });
  }

  private void guarded(Runnable task) {
    if (stop.stopping()) {
      return;
    }
    try {
      task.run();
    } catch (Throwable e) {
      stop.crashed(e);
    }
  }

  private void directory(DirectoryNode node) {
    if (!stop.mayBegin()) {
      finisher.accept(node);
      return;
    }
    if (node.device == Metadata.UNKNOWN) {
      // A listed one: all below it that is on its own file system belongs to it.
      node.device = node.metadata().map(Metadata::device).orElse((long) Metadata.UNKNOWN);
    }
    if (node.metadata().isPresent() && filter.isOutside(node.metadata().get(), node.device)) {
      log.info("not entered, since it is a mount point (Filters.oneFileSystem): {}", node.target);
      onlyItself(node);
      return;
    }
    if (node.parent.isEmpty()
        && node.metadata().isPresent()
        && ownPlaces.hold(node.source, node.metadata().get(), /* isListed= */ true)) {
      refuseDestination(node.source, node.target);
      finisher.accept(node);
      return;
    }
    Failure.Stage stage = Failure.Stage.SCAN;
    tally.busy(Activity.LISTING, node.target);
    try (DirectoryScan scan = open(node)) {
      Optional<Listing> listing = Optional.of(Listing.ASK);
      Optional<Mirror.Comparison> both = Optional.empty();
      if (shard.owns(node.target)) {
        DirectoryNode.State state = node.resolve(resolver);
        if (state.isGivenUp()) {
          return;
        }
        stage = Failure.Stage.COMPARE;
        if (state == DirectoryNode.State.NEW) {
          listing = Optional.empty();
        } else {
          Listing there = listing(node);
          listing = Optional.of(there);
          both = mirror.map(m -> m.compare(node, there));
        }
        stage = Failure.Stage.SCAN;
      }
      Optional<Path> child = scan.next();
      while (child.isPresent() && stop.mayBegin()) {
        if (both.isPresent()) {
          both.get().inSource(child.get().getFileName());
        }
        child(node, child.get(), listing, Failure.Cause.SOURCE_MOVED);
        child = scan.next();
      }
      if (node.source.equals(node.start) || stop.stopping() || scan.look().isPresent()) {
        if (both.isPresent() && child.isEmpty() && !stop.stopping()) {
          both.get().done();
        }
        return;
      }
      // Its files were looked at by path: what was found may be another directory's.
      throw new ReplacedException(node.source);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      if (node.isListed && stage == Failure.Stage.SCAN && isMissing(e)) {
        missing(node.source, node.target, Failure.Cause.ERROR);
      } else {
        failed(node.source, node.target, stage, e, "nothing more in it was " + direction.done());
      }
    } finally {
      node.forgetNames();
      tally.idle();
      finisher.accept(node);
    }
  }

  /** Opens a directory, and makes sure that what is known of it is known of this one. */
  private DirectoryScan open(DirectoryNode node) throws IOException {
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      DirectoryScan scan = DirectoryScan.open(folders, node.source, node.start);
      try {
        // The one that everything begins with may be a link to a directory.
        if (node.source.equals(node.start)) {
          return scan;
        }
        Optional<Metadata> now = scan.look();
        if (now.isPresent()) {
          node.seen(now.get());
          return scan;
        }
      } catch (IOException | RuntimeException e) {
        scan.close();
        throw e;
      }
      scan.close();
      folders.forget(node.source, node.start);
    }
    throw new ReplacedException(node.source);
  }

  /** A mount point is backed up, and what is mounted there is not. */
  private void onlyItself(DirectoryNode node) {
    if (shard.owns(node.target)) {
      node.resolve(resolver);
    }
    finisher.accept(node);
  }

  private Listing listing(DirectoryNode node) throws IOException {
    Optional<Listing> listed = node.takeListing();
    if (listed.isPresent()) {
      return listed.get();
    }
    return mirror.isPresent() ? destination.listNames(node.target) : destination.list(node.target);
  }

  private void listed(DirectoryNode parent, List<Entry> entries) {
    tally.busy(Activity.LISTING, parent.target);
    try {
      if (!stop.mayBegin()) {
        return;
      }
      Optional<Listing> listing = Optional.of(Listing.ASK);
      if (shard.owns(parent.target)) {
        DirectoryNode.State state = parent.resolve(resolver);
        if (state.isGivenUp()) {
          return;
        }
        listing =
            state == DirectoryNode.State.NEW
                ? Optional.empty()
                : Optional.of(listingFor(parent, entries.size()));
      } else {
        resolveOursAbove(parent);
      }
      for (Entry entry : entries) {
        if (!stop.mayBegin()) {
          return;
        }
        child(parent, entry.source(), listing, Failure.Cause.ERROR);
      }
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      failed(
          parent.source,
          parent.target,
          Failure.Stage.COMPARE,
          e,
          "nothing listed in it was " + direction.done());
    } finally {
      tally.idle();
      finisher.accept(parent);
    }
  }

  /** Directories on the way to what is listed are this shard's, whosever the listed files are. */
  private void resolveOursAbove(DirectoryNode node) {
    Optional<DirectoryNode> above = node.parent;
    while (above.isPresent()) {
      if (shard.owns(above.get().target)) {
        above.get().resolve(resolver);
      }
      above = above.get().parent;
    }
  }

  /**
   * Where listing costs requests for everything in a directory, it is worth it only if most of the
   * directory is wanted. How much the destination holds cannot be known before; the source's own
   * directory tells about it for nothing.
   */
  private Listing listingFor(DirectoryNode parent, int wanted) throws IOException {
    Optional<Listing> listed = parent.takeListing();
    if (listed.isPresent()) {
      return listed.get();
    }
    if (destination.features().listingBringsMetadata()) {
      return holdsMoreThan(parent, destination.features().listedForOne() * wanted)
          ? Listing.ASK
          : destination.list(parent.target);
    }
    return parent.sweep() ? destination.list(parent.target) : Listing.ASK;
  }

  private boolean holdsMoreThan(DirectoryNode directory, int count) {
    try (DirectoryScan scan = DirectoryScan.open(folders, directory.source, directory.start)) {
      int seen = 0;
      while (seen <= count && scan.next().isPresent()) {
        seen++;
      }
      return seen > count;
    } catch (IOException e) {
      // A directory may be entered and yet not be listed; then each file is asked for.
      return true;
    }
  }

  /**
   * Compares one child.
   *
   * @param listing of the destination's directory; empty if that is new; of no account if the
   *     directory is another shard's
   * @param causeIfMissing who is to blame if it does not exist
   */
  private void child(
      DirectoryNode parent, Path source, Optional<Listing> listing, Failure.Cause causeIfMissing)
      throws DestinationException {
    Path name = source.getFileName();
    Path target = parent.target.resolve(name);
    boolean isListed = causeIfMissing == Failure.Cause.ERROR;
    boolean isOurs = shard.ownsFile(target);
    if (Direction.isStale(name)) {
      if (isOurs) {
        tally.skipped(target, "a temporary file that a killed run, or FUSE, has left");
      }
      return;
    }
    Optional<Boolean> isDirectory = direction.isListedAsDirectory(source);
    if (isDirectory.isPresent() && filter.leavesOutByName(source, target, isDirectory.get())) {
      // Not looked at, which costs a request.
      return;
    }
    Metadata metadata;
    try {
      metadata = Metadata.of(source);
    } catch (DestinationException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      boolean isMissing = e instanceof NoSuchFileException || (isListed && isMissing(e));
      if (filter.leavesOutUnseen(source, target) || (isMissing && !isOurs)) {
        return;
      }
      if (isMissing) {
        missing(source, target, causeIfMissing);
      } else {
        failed(source, target, Failure.Stage.SCAN, e, "it was not " + direction.done());
      }
      return;
    }
    if (filter.leavesOut(source, target, metadata)) {
      return;
    }
    Optional<String> rival =
        metadata.kind() == Kind.SPECIAL
            ? Optional.empty()
            : isListed ? rivals.obstacle(target) : rivals.obstacle(parent, target);
    if (rival.isPresent()) {
      // The others, too, are left to the shard whose it is.
      if (isOurs) {
        tally.failed(new Failure(target, Failure.Stage.COMPARE, rival.get(), Failure.Cause.ERROR));
      }
      return;
    }
    if (!isOurs && metadata.kind() != Kind.DIRECTORY) {
      return;
    }
    if (metadata.kind() == Kind.SPECIAL) {
      tally.skipped(target, "a device, socket or pipe");
      return;
    }
    if (isDestination(parent, source, metadata, isListed)) {
      if (isOurs) {
        refuseDestination(source, target);
      }
      return;
    }
    Optional<String> obstacle = direction.obstacle(target, metadata.kind(), rivals.rules());
    if (obstacle.isPresent() && metadata.kind() != Kind.DIRECTORY) {
      tally.failed(new Failure(target, Failure.Stage.COMPARE, obstacle.get(), Failure.Cause.ERROR));
      return;
    }
    Optional<ListedEntry> glance = Optional.empty();
    Optional<Metadata> existing = Optional.empty();
    boolean isNew = listing.isEmpty();
    if (!shard.owns(parent.target)) {
      if (metadata.kind() == Kind.DIRECTORY) {
        // Whether it is there is asked if it, or something in it, is this shard's.
        walkInto(DirectoryNode.glanced(parent, source, target, metadata), isListed);
        return;
      }
      DirectoryNode.State state = parent.resolve(resolver);
      if (state.isGivenUp()) {
        return;
      }
      isNew = state == DirectoryNode.State.NEW;
    }
    try {
      if (!isNew) {
        glance = listing.orElseThrow().glance(destination.nameOf(name));
        if (glance.isEmpty()) {
          existing = existing(target, name, listing.get());
        }
      }
    } catch (DestinationException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      failed(source, target, Failure.Stage.COMPARE, e, "it was not " + direction.done());
      return;
    }
    if (direction.meetsBackup(target, metadata, existing)) {
      tally.failed(
          new Failure(
              target,
              Failure.Stage.COMPARE,
              "the backup itself lies there; it was not restored over itself",
              Failure.Cause.ERROR));
      return;
    }
    if (glance.isPresent()) {
      glanced(parent, source, target, metadata, glance.get(), isListed);
      return;
    }
    if (metadata.kind() == Kind.DIRECTORY) {
      walkInto(DirectoryNode.found(parent, source, target, metadata, existing), isListed);
    } else {
      file(parent, source, target, metadata, existing);
    }
  }

  /** What is there. What is listed and yet not found is a failure: nobody knows what is there. */
  private Optional<Metadata> existing(Path target, Path name, Listing listing) throws IOException {
    if (listing.names().isEmpty()) {
      return destination.stat(target);
    }
    if (listing.mayHold(destination.nameOf(name))) {
      return Optional.of(destination.statListed(target));
    }
    // It may be there under another name that is the same there.
    return rivals.rules().isExact() ? Optional.empty() : destination.stat(target);
  }

  /** Of what is there only the listing has told so far: more is asked for where it is needed. */
  private void glanced(
      DirectoryNode parent,
      Path source,
      Path target,
      Metadata metadata,
      ListedEntry glance,
      boolean isListed) {
    if (metadata.kind() != Kind.DIRECTORY) {
      tally.scanned(metadata);
      put(
          new FileWork(
              parent,
              source,
              target,
              metadata,
              Optional.empty(),
              Decision.UNCHANGED,
              Optional.of(glance)));
    } else if (glance.isDirectory()) {
      walkInto(DirectoryNode.glanced(parent, source, target, metadata), isListed);
    } else {
      Metadata file = Metadata.known(Kind.FILE, glance.size());
      walkInto(DirectoryNode.found(parent, source, target, metadata, Optional.of(file)), isListed);
    }
  }

  /** A mount that a filter keeps from being walked into is nobody's trouble. */
  private boolean isDestination(
      DirectoryNode parent, Path source, Metadata metadata, boolean isListed) {
    return (isListed || !filter.isOutside(metadata, parent.device))
        && ownPlaces.hold(source, metadata, isListed);
  }

  private void refuseDestination(Path source, Path target) {
    tally.failed(
        new Failure(
            target,
            Failure.Stage.SCAN,
            "this is the destination itself, or a mount of it ("
                + source
                + "); it was not backed up into itself; exclude it",
            Failure.Cause.ERROR));
  }

  private void walkInto(DirectoryNode node, boolean isListed) {
    node.isListed = isListed;
    if (!isListed) {
      node.device = node.parent.orElseThrow().device;
    }
    if (ForkJoinTask.getQueuedTaskCount() < MOST_FORKED) {
      walk(node);
    } else {
      directory(node);
    }
  }

  private void file(
      DirectoryNode parent,
      Path source,
      Path target,
      Metadata metadata,
      Optional<Metadata> existing) {
    tally.scanned(metadata);
    Decision decision = comparison.file(metadata, existing);
    if (decision.isLeft()) {
      tally.left(target, metadata, decision.reason());
      return;
    }
    if (decision.isUnchanged() && !queuesUnchanged) {
      tally.unchanged(target, metadata);
      return;
    }
    put(new FileWork(parent, source, target, metadata, existing, decision, Optional.empty()));
  }

  /** Waits while the copying threads have enough to do. */
  private void put(FileWork work) {
    work.directory().begin();
    if (!queue.offer(work)) {
      tally.busy(Activity.WAITING, work.target());
      queue.put(work);
      tally.idle();
    }
  }

  /**
   * Whether nothing is at a path. Of a file that the user named this is an error, and not only a
   * file that moved while it was read: the next run will not find it either.
   */
  private static boolean isMissing(Exception e) {
    return e instanceof NoSuchFileException || e instanceof NotDirectoryException;
  }

  private void missing(Path source, Path target, Failure.Cause cause) {
    if (isLost()) {
      return;
    }
    String error =
        cause == Failure.Cause.ERROR ? direction.missing(source) : "vanished during the scan";
    // The base itself has no other name in the report.
    String subject = target.toString().isEmpty() ? source + ": " : "";
    tally.failed(new Failure(target, Failure.Stage.SCAN, subject + error, cause));
  }

  /** What is restored is read from a place that may be lost as a whole; then the run ends. */
  private boolean isLost() {
    try {
      direction.check();
      return false;
    } catch (DestinationException lost) {
      stop.lost(lost);
      return true;
    }
  }

  private void failed(
      Path source, Path target, Failure.Stage stage, Exception e, String consequence) {
    if (isLost()) {
      return;
    }
    if (e instanceof RuntimeException) {
      // A file system that does not do what it promises; the other files may well be fine.
      log.warn("unexpected trouble with {}", target, e);
    }
    Failure.Cause cause =
        stage == Failure.Stage.SCAN && e instanceof IOException io && Folders.isMoved(io, source)
            ? Failure.Cause.SOURCE_MOVED
            : Failure.Cause.ERROR;
    String where = stage == Failure.Stage.SCAN ? "" : " in the destination";
    tally.failed(
        new Failure(
            target,
            stage,
            "cannot be read" + where + ": " + ErrorText.of(e) + "; " + consequence,
            cause));
  }
}
