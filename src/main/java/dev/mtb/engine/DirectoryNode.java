package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.mtb.model.Attribute;
import dev.mtb.model.Metadata;
import dev.mtb.store.Listing;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A directory in which something is still to be done. The node exists until everything below the
 * directory is finished. Then the directory's own metadata is set.
 */
final class DirectoryNode {
  /** What is known of the directory at the destination. */
  enum State {
    /** The destination was not looked at yet. */
    UNKNOWN,
    /** It was there before this run. */
    PRESENT,
    /** This run made it (or would have), so that nothing can be in it yet. */
    NEW,
    /** The run could not make it. The failure was reported, and nothing below it is copied. */
    FAILED,
    /** The run does not make it, and copies nothing below it. */
    SKIPPED;

    boolean isGivenUp() {
      return this == FAILED || this == SKIPPED;
    }
  }

  final Optional<DirectoryNode> parent;
  final TreeEntry entry;
  final Path source;
  final Path target;

  /** Whether the list does not name it, and names only something below it. */
  final boolean isOnTheWay;

  /**
   * The metadata of the source. Empty for a directory that the list does not name, until the source
   * is looked at.
   */
  private Optional<Metadata> metadata;

  /** What is there at the destination; null until the destination is looked at. */
  private Optional<Metadata> existing;

  private State state = State.UNKNOWN;
  private Set<Attribute> toSet = ImmutableSet.of();
  private boolean touched;

  /** One for the reading of this directory, and one for each item in it that is not done. */
  private final AtomicInteger pending = new AtomicInteger(1);

  /**
   * The device of the listed entry that this directory lies below. Used only by the thread that
   * walks the directory.
   */
  long device = Metadata.UNKNOWN;

  /** Whether the list names it. Used only by the thread that walks the directory. */
  boolean isListed;

  /** Names found in it, by what they are at the destination; see {@link NameCollisions}. */
  private Map<String, String> names;

  /** What is in it at the destination, if the resolver has listed it. */
  private Optional<Listing> listing = Optional.empty();

  private final AtomicBoolean isListingClaimed = new AtomicBoolean();

  /** Work that waits in the {@link WorkQueue}; guarded by the queue's lock. */
  final ArrayDeque<FileWork> queued = new ArrayDeque<>(2);

  int running;
  int inARow;

  private DirectoryNode(
      Optional<DirectoryNode> parent,
      TreeEntry entry,
      Path target,
      Optional<Metadata> metadata,
      boolean isOnTheWay) {
    this.isOnTheWay = isOnTheWay;
    this.parent = parent;
    this.entry = entry;
    this.source = entry.path();
    this.target = target;
    this.metadata = metadata;
    parent.ifPresent(DirectoryNode::begin);
  }

  /** The destination itself. */
  static DirectoryNode root(TreeEntry entry, Path target, Optional<Metadata> metadata) {
    return new DirectoryNode(Optional.empty(), entry, target, metadata, /* isOnTheWay= */ false);
  }

  /** A directory that was found in its parent, or is listed. */
  static DirectoryNode found(Child child, Metadata metadata) {
    return new DirectoryNode(
        Optional.of(child.parent()),
        child.entry(),
        child.target(),
        Optional.of(metadata),
        /* isOnTheWay= */ false);
  }

  /** The same, where it is known what is at the destination. */
  static DirectoryNode found(Child child, Metadata metadata, Optional<Metadata> existing) {
    DirectoryNode node = found(child, metadata);
    node.existing = existing;
    return node;
  }

  /** A directory that the list does not name, and that a listed entry lies in. */
  static DirectoryNode implied(DirectoryNode parent, TreeEntry entry, Path target) {
    return new DirectoryNode(
        Optional.of(parent), entry, target, Optional.empty(), /* isOnTheWay= */ true);
  }

  synchronized Optional<Metadata> metadata() {
    return metadata;
  }

  /**
   * Takes the metadata of the directory as it is when it is read. It may have changed since it was
   * found.
   */
  synchronized void seen(Metadata now) {
    if (state == State.UNKNOWN) {
      metadata = Optional.of(now);
    }
  }

  /** Resolves the directory, once for all threads. */
  synchronized State resolve(Resolver resolver) {
    if (state == State.UNKNOWN) {
      state = resolver.resolve(this);
    }
    return state;
  }

  /** Looks at a directory at the destination, and makes it if need be. */
  interface Resolver {
    /** Called once, holding the node's lock. */
    State resolve(DirectoryNode node);
  }

  /** For the resolver. */
  void look(Metadata source, Set<Attribute> attributesToSet) {
    metadata = Optional.of(source);
    toSet = attributesToSet;
  }

  /** For the resolver: keeps a listing for the thread that compares what is in the directory. */
  void listed(Listing found) {
    listing = Optional.of(found);
  }

  /** Takes what the resolver listed, once. */
  synchronized Optional<Listing> takeListing() {
    Optional<Listing> taken = listing;
    listing = Optional.empty();
    return taken;
  }

  /** For the resolver: what is there, if it was known when the node was made. */
  Optional<Optional<Metadata>> existing() {
    return Optional.ofNullable(existing);
  }

  /** For the resolver. */
  void existing(Optional<Metadata> found) {
    existing = found;
  }

  synchronized State state() {
    return state;
  }

  /** Makes a directory ready to be changed. */
  interface Preparation {
    /** Called once, holding the node's lock. */
    void prepare() throws IOException;
  }

  /**
   * Notes that something in the directory will be changed.
   *
   * @param preparation done before the first change; other threads wait until it is done
   */
  synchronized void touch(Preparation preparation) throws IOException {
    if (!touched) {
      touched = true;
      preparation.prepare();
    }
  }

  synchronized void alsoSet(Attribute attribute) {
    toSet = Sets.union(toSet, ImmutableSet.of(attribute)).immutableCopy();
  }

  /** The attributes to set when everything below is done. */
  synchronized Set<Attribute> toSet(boolean contentsMoveMtime) {
    boolean moved = touched && contentsMoveMtime && metadata.isPresent();
    return moved ? Sets.union(toSet, ImmutableSet.of(Attribute.MTIME)).immutableCopy() : toSet;
  }

  /** The permission bits that the destination's directory had before this run. */
  synchronized int existingMode() {
    return existing == null ? Metadata.UNKNOWN : existing.map(Metadata::mode).orElse(-1);
  }

  /** For the thread that walks it. */
  Map<String, String> names() {
    if (names == null) {
      names = new HashMap<>();
    }
    return names;
  }

  /** Frees {@link #names}, after the walk. */
  void forgetNames() {
    names = null;
  }

  /** Returns true at the first call only. */
  boolean claimListing() {
    return isListingClaimed.compareAndSet(false, true);
  }

  /** Counts one more item that is to be done in it. */
  void begin() {
    pending.incrementAndGet();
  }

  /** Counts an item as done, and tells whether it was the last one. */
  boolean end() {
    return pending.decrementAndGet() == 0;
  }
}
