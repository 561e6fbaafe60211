package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.Shard;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Recollection;
import dev.mtb.store.RefusedException;
import dev.mtb.store.Store;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NotDirectoryException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The maker of directories: makes a directory at the destination, after its parents, or finds that
 * it is there. Looks at nothing below a directory that this run made. Thread-safe.
 *
 * <p>A directory of another shard is made only if this shard has something to put into it.
 */
final class DirectoryResolver implements DirectoryNode.Resolver {
  private static final Logger log = LoggerFactory.getLogger(DirectoryResolver.class);

  /** A directory without an object of its own: only its contents show that it is there. */
  private static final Metadata IMPLIED = Metadata.known(Kind.DIRECTORY, 0);

  private static final ListedEntry SOME_DIRECTORY = ListedEntry.directory(Optional.empty());

  private final Shard shard;
  private final Tally tally;
  private final Stop stop;
  private final Policy policy;
  private final Store destination;
  private final Listings listings;
  private final Comparison comparison;
  private final boolean isTrusting;
  private final Sink sink;
  private final DirectoryFinisher finisher;
  private final NameCollisions collisions;
  private final OldVersionsGuard guard;

  DirectoryResolver(
      RunContext context,
      Listings listings,
      ComparisonRules rules,
      Sink sink,
      DirectoryFinisher finisher,
      NameCollisions collisions,
      OldVersionsGuard guard) {
    this.shard = context.options().shard();
    this.tally = context.tally();
    this.stop = context.stop();
    this.policy = context.policy();
    this.listings = listings;
    this.destination = listings.destination();
    this.comparison = rules.updating();
    this.isTrusting = rules.isTrusting();
    this.sink = sink;
    this.finisher = finisher;
    this.collisions = collisions;
    this.guard = guard;
  }

  @Override
  public DirectoryNode.State resolve(DirectoryNode node) {
    DirectoryNode.State above =
        node.parent.map(p -> p.resolve(this)).orElse(DirectoryNode.State.PRESENT);
    if (above.isGivenUp()) {
      return above;
    }
    Failure.Stage stage = Failure.Stage.SCAN;
    try {
      // A path of the list may lead through a symbolic link. At the destination the link becomes a
      // directory.
      Metadata source = node.metadata().isPresent() ? node.metadata().get() : node.entry.look();
      if (source.kind() != Kind.DIRECTORY) {
        // The list names something below a file. No file of the destination may be replaced by a
        // directory for it.
        throw new NotDirectoryException(node.source.toString());
      }
      Optional<String> obstacle =
          collisions.obstacle(node.target).or(() -> guard.obstacle(node.target, Kind.DIRECTORY));
      if (obstacle.isPresent()) {
        stage = sink.stage();
        throw new RefusedException(obstacle.get());
      }
      stage = Failure.Stage.COMPARE;
      boolean isOurs = shard.owns(node.target);
      boolean needsWay = !destination.features().impliesDirectories() || node.parent.isEmpty();
      if (!isOurs && !needsWay) {
        node.look(source, ImmutableSet.of());
        return above;
      }
      if (above == DirectoryNode.State.NEW) {
        node.existing(Optional.empty());
      } else if (node.existing().isEmpty()) {
        node.existing(
            isOurs && destination.features().listingShows()
                ? lookByListing(node, source)
                : destination.stat(node.target));
      }
      Optional<Metadata> existing = node.existing().orElseThrow();
      stage = sink.stage();
      return settle(node, source, existing);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      failed(node, stage, e);
    }
    return DirectoryNode.State.FAILED;
  }

  private void failed(DirectoryNode node, Failure.Stage stage, Exception e) {
    if (e instanceof RuntimeException) {
      log.warn("unexpected trouble with {}", node.target, e);
    }
    boolean isBase = node.target.toString().isEmpty();
    String what =
        stage == Failure.Stage.SCAN
            ? (isBase ? "the base " + node.source + " " : "") + "cannot be read: "
            : stage == Failure.Stage.COMPARE
                ? "cannot be looked at in the destination: "
                : "the directory cannot be made: ";
    tally.failed(
        new Failure(
            node.target,
            stage,
            what + policy.words(e) + "; nothing in it was " + policy.done(),
            Failure.Cause.ERROR));
  }

  /**
   * Looks at a directory by listing it. If the directory exists, its listing is needed anyway, and
   * shows the directory itself. If the catalog has the directory as it is now, no more requests are
   * needed.
   */
  private Optional<Metadata> lookByListing(DirectoryNode node, Metadata source) throws IOException {
    Listing listing = listings.of(node.target);
    boolean isEmpty = listing.names().map(Map::isEmpty).orElse(false);
    if (listing.self().isEmpty() && isEmpty) {
      // A file may have the directory's name.
      return destination.stat(node.target);
    }
    node.listed(listing);
    // Some servers (S3Proxy) leave a directory's own object out of the list of what is below it.
    // Then an empty listing does not tell whether the directory exists.
    ListedEntry self = listing.self().orElse(SOME_DIRECTORY);
    boolean isListed = listing.self().isPresent();
    if (isTrusting
        && isListed
        && destination.recall(node.target, self, source) == Recollection.SAME) {
      return Optional.of(source);
    }
    Optional<Metadata> existing = destination.look(node.target, self);
    if (existing.isEmpty()) {
      return Optional.of(IMPLIED);
    }
    if (isTrusting && comparison.directory(source, existing).isUnchanged()) {
      destination.confirm(node.target, self, source);
    }
    return existing;
  }

  private DirectoryNode.State settle(
      DirectoryNode node, Metadata source, Optional<Metadata> existing) throws IOException {
    if (node.parent.isEmpty()) {
      return settleRoot(node, source, existing);
    }
    Decision decision = comparison.directory(source, existing);
    if (decision.isSkipped()) {
      return DirectoryNode.State.SKIPPED;
    }
    if (!shard.owns(node.target)) {
      return settleWay(node, source, existing);
    }
    if (policy.leavesDirectoriesOnTheWay()
        && node.isOnTheWay
        && decision.action() != Action.CREATE
        && decision.action() != Action.REPLACE) {
      // The user asked only for something in the directory.
      return DirectoryNode.State.PRESENT;
    }
    if (decision.action() == Action.REPLACE) {
      if (policy.reasonToKeep(source, existing, decision).isPresent()) {
        throw new RefusedException(
            "something newer that is no directory is there; RestoreJob.overwrite replaces it");
      }
    }
    if (decision.action() != Action.NONE) {
      tally.decided(node.target, source, decision.action(), decision.reason());
    }
    if (decision.action() == Action.CREATE || decision.action() == Action.REPLACE) {
      return make(node, source, existing, decision);
    }
    set(node, source, decision.attributes());
    return DirectoryNode.State.PRESENT;
  }

  private DirectoryNode.State make(
      DirectoryNode node, Metadata source, Optional<Metadata> existing, Decision decision)
      throws IOException {
    return make(
        node,
        source,
        () -> sink.makeDirectory(node, source, existing, decision),
        made -> comparison.directory(source, Optional.of(made)).attributes());
  }

  /**
   * Decides about a directory of another shard. That shard sets the metadata, unless this run makes
   * the directory.
   */
  private DirectoryNode.State settleWay(
      DirectoryNode node, Metadata source, Optional<Metadata> existing) throws IOException {
    if (existing.isPresent() && existing.get().kind() == Kind.DIRECTORY) {
      node.look(source, ImmutableSet.of());
      return DirectoryNode.State.PRESENT;
    }
    return make(
        node,
        source,
        () -> sink.makeSharedDirectory(node, source, existing),
        made -> ImmutableSet.of());
  }

  private interface Making {
    /** Makes the directory, and returns what is to be set of it. */
    Set<Attribute> make() throws IOException;
  }

  private DirectoryNode.State make(
      DirectoryNode node,
      Metadata source,
      Making making,
      Function<Metadata, Set<Attribute>> whenThere)
      throws IOException {
    try {
      set(node, source, making.make());
      return DirectoryNode.State.NEW;
    } catch (IOException e) {
      if (!isTaken(e) && !isTaken(e.getCause())) {
        throw e;
      }
      // Another node or another shard has made the directory meanwhile. Two nodes can stand for one
      // directory at the destination: BASE/etc/a and /etc/b both land in etc.
      Optional<Metadata> made = destination.stat(node.target);
      if (made.isEmpty() || made.get().kind() != Kind.DIRECTORY) {
        throw e;
      }
      node.existing(made);
      set(node, source, whenThere.apply(made.get()));
      return DirectoryNode.State.PRESENT;
    }
  }

  /** Whether something stood in a new directory's place; a retry wraps its last failure. */
  private static boolean isTaken(Throwable e) {
    return e instanceof FileAlreadyExistsException || e instanceof DirectoryNotEmptyException;
  }

  /**
   * Sets attributes now where that has the same result as later. A mode may forbid writing into the
   * directory, so it has to wait.
   */
  private void set(DirectoryNode node, Metadata source, Set<Attribute> attributes) {
    if (shard.owns(node.target)) {
      sink.directory(node.target);
    }
    boolean isEarly =
        !destination.features().contentsMoveDirectoryMtime()
            && !attributes.isEmpty()
            && !attributes.contains(Attribute.MODE);
    node.look(source, isEarly ? ImmutableSet.of() : attributes);
    if (isEarly) {
      finisher.setEarly(node, attributes);
    }
  }

  /**
   * Resolves the destination itself. It was made when it was opened, so it is missing only in a dry
   * run.
   */
  private DirectoryNode.State settleRoot(
      DirectoryNode root, Metadata source, Optional<Metadata> existing) {
    boolean isNew = existing.isEmpty() || destination.isNew();
    boolean isOurs =
        root.metadata().isPresent()
            && destination.features().keepsRootMetadata()
            && shard.owns(root.target);
    if (isOurs && existing.isPresent()) {
      Decision decision = comparison.directory(source, existing);
      if (isNew) {
        tally.decided(root.target, source, Action.CREATE, Reason.NEW);
      } else if (decision.action() != Action.NONE) {
        tally.decided(root.target, source, decision.action(), decision.reason());
      }
      Set<Attribute> early = policy.setBeforeContents(source, decision.attributes(), isNew);
      if (!early.isEmpty()) {
        finisher.set(root, early);
      }
      Set<Attribute> settable = policy.settable(decision.attributes(), isNew);
      root.look(source, Sets.difference(settable, early).immutableCopy());
    } else if (root.metadata().isPresent()) {
      root.look(source, ImmutableSet.of());
    }
    return isNew ? DirectoryNode.State.NEW : DirectoryNode.State.PRESENT;
  }
}
