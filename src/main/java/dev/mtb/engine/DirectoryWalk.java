package dev.mtb.engine;

import com.google.common.collect.Iterators;
import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.Metadata;
import dev.mtb.options.Shard;
import dev.mtb.scan.Entry;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Listing;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeScan;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The walk through one directory of the source, and its match with the destination. Thread-safe.
 *
 * <p>A directory of another shard is walked, too, since this shard may own something below it; but
 * it is not looked at in the destination. Every shard reports why a directory cannot be walked. All
 * other failures are reported by the shard that owns the entry.
 */
final class DirectoryWalk {
  private static final Logger log = LoggerFactory.getLogger(DirectoryWalk.class);

  private final Policy policy;
  private final Tree tree;
  private final Shard shard;
  private final Tally tally;
  private final Stop stop;
  private final ScanFailures failures;
  private final Listings listings;
  private final Optional<Mirror> mirror;
  private final LookAhead ahead;
  private final Admission admission;
  private final EntryComparison entries;
  private final DirectoryResolver resolver;

  /**
   * Walks for a run.
   *
   * @param mirror notes what only the destination has; empty if that does not matter
   */
  DirectoryWalk(
      RunContext context,
      Listings listings,
      Optional<Mirror> mirror,
      LookAhead ahead,
      Admission admission,
      EntryComparison entries,
      DirectoryResolver resolver) {
    this.policy = context.policy();
    this.tree = context.tree();
    this.shard = context.options().shard();
    this.tally = context.tally();
    this.stop = context.stop();
    this.failures = new ScanFailures(context);
    this.listings = listings;
    this.mirror = mirror;
    this.ahead = ahead;
    this.admission = admission;
    this.entries = entries;
    this.resolver = resolver;
  }

  /**
   * Compares everything in a directory.
   *
   * @param deeper takes the directories in it
   */
  void whole(DirectoryNode node, Consumer<DirectoryNode> deeper) {
    if (!stop.mayBegin() || !mayEnter(node)) {
      return;
    }
    tally.busy(Activity.LISTING, node.target);
    try (TreeScan scan = open(node)) {
      Optional<Beside> beside = beside(node);
      if (beside.isPresent()) {
        children(node, scan, beside.get(), deeper);
      }
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      if (node.isListed && ScanFailures.isMissing(e)) {
        failures.missing(node.source, node.target, Failure.Cause.ERROR);
      } else {
        failedInside(node, Failure.Stage.SCAN, e, "more");
      }
    } finally {
      node.forgetNames();
      tally.idle();
    }
  }

  /**
   * Compares entries of a list that lie in one directory.
   *
   * @param deeper takes the directories among them
   */
  void listed(DirectoryNode parent, List<Entry> listed, Consumer<DirectoryNode> deeper) {
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
                : Optional.of(listings.ofSome(parent, listed.size()));
      } else {
        resolveOursAbove(parent);
      }
      Iterator<Child> next =
          Iterators.transform(
              listed.iterator(),
              e -> Child.of(parent, tree.entry(e.source()), /* isListed= */ true));
      try (LookAhead.Ahead children =
          ahead.of(
              () -> Optional.ofNullable(Iterators.getNext(next, null)), admission::needsLook)) {
        Optional<Child> child = children.next();
        while (child.isPresent() && stop.mayBegin()) {
          child(child.get(), listing, deeper);
          child = children.next();
        }
      }
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      failedInside(parent, Failure.Stage.COMPARE, e, "listed");
    } finally {
      tally.idle();
    }
  }

  private boolean mayEnter(DirectoryNode node) {
    if (node.device == Metadata.UNKNOWN) {
      // A directory that the list names: its file system is the one that the walk stays in.
      node.device = node.metadata().map(Metadata::device).orElse((long) Metadata.UNKNOWN);
    }
    if (admission.isMountPoint(node)) {
      log.info("not entered, since it is a mount point (Filters.oneFileSystem): {}", node.target);
      // The run backs up the mount point, and not what is mounted there.
      if (shard.owns(node.target)) {
        node.resolve(resolver);
      }
      return false;
    }
    return !admission.refusesRoot(node);
  }

  /**
   * Opens a directory, and takes its metadata anew, since another directory may be at its path now.
   */
  private static TreeScan open(DirectoryNode node) throws IOException {
    TreeScan scan = node.entry.scan();
    scan.directory().ifPresent(node::seen);
    return scan;
  }

  /**
   * What the destination has of a directory of the source.
   *
   * @param listing of the destination's directory; empty if that is new
   * @param match of the names on both sides, if it matters what only the destination has
   */
  private record Beside(Optional<Listing> listing, Optional<DirectoryMatch> match) {
    static final Beside UNKNOWN = new Beside(Optional.of(Listing.ASK), Optional.empty());
    static final Beside NOTHING = new Beside(Optional.empty(), Optional.empty());
  }

  /** Looks at the destination; empty if nothing in the directory is to be compared. */
  private Optional<Beside> beside(DirectoryNode node) throws DestinationException {
    if (!shard.owns(node.target)) {
      return Optional.of(Beside.UNKNOWN);
    }
    DirectoryNode.State state = node.resolve(resolver);
    if (state.isGivenUp()) {
      return Optional.empty();
    }
    if (state == DirectoryNode.State.NEW) {
      return Optional.of(Beside.NOTHING);
    }
    try {
      Listing listing = listings.ofWhole(node);
      return Optional.of(new Beside(Optional.of(listing), mirror.map(m -> m.match(node, listing))));
    } catch (DestinationException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      failedInside(node, Failure.Stage.COMPARE, e, "more");
      return Optional.empty();
    }
  }

  private void children(
      DirectoryNode node, TreeScan scan, Beside beside, Consumer<DirectoryNode> deeper)
      throws IOException {
    boolean isWhole;
    try (LookAhead.Ahead children =
        ahead.of(
            () -> scan.next().map(entry -> Child.of(node, entry, /* isListed= */ false)),
            admission::needsLook)) {
      Optional<Child> child = children.next();
      while (child.isPresent() && stop.mayBegin()) {
        Child found = child.get();
        beside.match().ifPresent(match -> match.inSource(found.name()));
        child(found, beside.listing(), deeper);
        child = children.next();
      }
      isWhole = child.isEmpty();
    }
    if (stop.stopping()) {
      return;
    }
    scan.check();
    if (beside.match().isPresent() && isWhole) {
      mirror.orElseThrow().note(beside.match().get());
    }
  }

  private void child(Child child, Optional<Listing> listing, Consumer<DirectoryNode> deeper)
      throws DestinationException {
    Optional<Metadata> metadata = admission.admit(child);
    Optional<DirectoryNode> directory =
        metadata.isPresent() ? entries.compare(child, metadata.get(), listing) : Optional.empty();
    if (directory.isPresent()) {
      DirectoryNode node = directory.get();
      node.isListed = child.isListed();
      if (!node.isListed) {
        node.device = child.parent().device;
      }
      deeper.accept(node);
    }
  }

  /**
   * Makes the directories that this shard owns above a listed entry, even if another shard owns the
   * entry.
   */
  private void resolveOursAbove(DirectoryNode node) {
    Optional<DirectoryNode> above = node.parent;
    while (above.isPresent()) {
      if (shard.owns(above.get().target)) {
        above.get().resolve(resolver);
      }
      above = above.get().parent;
    }
  }

  private void failedInside(DirectoryNode node, Failure.Stage stage, Exception e, String what) {
    failures.failed(
        node.source, node.target, stage, e, "nothing " + what + " in it was " + policy.done());
  }
}
