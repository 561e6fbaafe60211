package dev.mtb.engine;

import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.Shard;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The comparison of what the walk finds with what the destination has: files and links that need
 * work go to the queue. Thread-safe.
 */
final class EntryComparison {
  private final Policy policy;
  private final Shard shard;
  private final Tally tally;
  private final ScanFailures failures;
  private final Store destination;
  private final Comparison comparison;
  private final DirectoryResolver resolver;
  private final WorkQueue queue;
  private final boolean queuesUnchanged;
  private final boolean hasExactNames;

  /**
   * Compares for a run.
   *
   * @param queuesUnchanged whether unchanged files need work, too
   */
  EntryComparison(
      RunContext context,
      Store destination,
      Comparison comparison,
      DirectoryResolver resolver,
      WorkQueue queue,
      boolean queuesUnchanged) {
    this.policy = context.policy();
    this.shard = context.options().shard();
    this.tally = context.tally();
    this.failures = new ScanFailures(context);
    this.destination = destination;
    this.comparison = comparison;
    this.resolver = resolver;
    this.queue = queue;
    this.queuesUnchanged = queuesUnchanged;
    this.hasExactNames = destination.features().names().isExact();
  }

  /**
   * Compares one child.
   *
   * @param listing of the destination's directory; empty if that is new; not used if the directory
   *     is another shard's
   * @return a directory, which is to be walked; empty for anything else
   */
  Optional<DirectoryNode> compare(Child child, Metadata metadata, Optional<Listing> listing)
      throws DestinationException {
    boolean isNew = listing.isEmpty();
    if (!shard.owns(child.parent().target)) {
      if (metadata.kind() == Kind.DIRECTORY) {
        // The destination is asked about it only if this shard owns it or something in it.
        return Optional.of(DirectoryNode.found(child, metadata));
      }
      DirectoryNode.State state = child.parent().resolve(resolver);
      if (state.isGivenUp()) {
        return Optional.empty();
      }
      isNew = state == DirectoryNode.State.NEW;
    }
    Optional<ListedEntry> entry = Optional.empty();
    Optional<Metadata> existing = Optional.empty();
    try {
      if (!isNew) {
        entry = listing.orElseThrow().entry(destination.nameOf(child.name()));
        if (entry.isEmpty()) {
          existing = existing(child, listing.get());
        }
      }
    } catch (DestinationException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      failures.failed(
          child.source(), child.target(), Failure.Stage.COMPARE, e, "it was not " + policy.done());
      return Optional.empty();
    }
    if (policy.meetsBackup(child.target(), metadata, existing)) {
      tally.failed(
          new Failure(
              child.target(),
              Failure.Stage.COMPARE,
              "the backup itself lies there; it was not restored over itself",
              Failure.Cause.ERROR));
      return Optional.empty();
    }
    return entry.isPresent()
        ? listed(child, metadata, entry.get())
        : found(child, metadata, existing);
  }

  /**
   * The metadata at the destination. If a name is listed and cannot be found, that is a failure,
   * since its state is unknown.
   */
  private Optional<Metadata> existing(Child child, Listing listing) throws IOException {
    Path target = child.target();
    if (listing.names().isEmpty()) {
      return destination.stat(target);
    }
    if (listing.mayHold(destination.nameOf(child.name()))) {
      return Optional.of(destination.statListed(target));
    }
    // The destination may have it under an equivalent name.
    return hasExactNames ? Optional.empty() : destination.stat(target);
  }

  /**
   * Compares a child by what the listing tells of it. A copying thread asks for more if that is
   * needed.
   */
  private Optional<DirectoryNode> listed(Child child, Metadata metadata, ListedEntry entry) {
    if (metadata.kind() != Kind.DIRECTORY) {
      tally.scanned(metadata);
      put(work(child, metadata, Optional.empty(), Decision.UNCHANGED, Optional.of(entry)));
      return Optional.empty();
    }
    return entry.isDirectory()
        ? Optional.of(DirectoryNode.found(child, metadata))
        : found(child, metadata, Optional.of(Metadata.known(Kind.FILE, entry.size())));
  }

  private Optional<DirectoryNode> found(
      Child child, Metadata metadata, Optional<Metadata> existing) {
    if (metadata.kind() == Kind.DIRECTORY) {
      return Optional.of(DirectoryNode.found(child, metadata, existing));
    }
    tally.scanned(metadata);
    Decision decision = comparison.file(metadata, existing);
    if (decision.isSkipped()) {
      tally.skippedByRule(child.target(), metadata, decision.reason());
    } else if (decision.isUnchanged() && !queuesUnchanged) {
      tally.unchanged(child.target(), metadata);
    } else {
      put(work(child, metadata, existing, decision, Optional.empty()));
    }
    return Optional.empty();
  }

  private static FileWork work(
      Child child,
      Metadata metadata,
      Optional<Metadata> existing,
      Decision decision,
      Optional<ListedEntry> listed) {
    return new FileWork(
        child.parent(), child.entry(), child.target(), metadata, existing, decision, listed);
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
}
