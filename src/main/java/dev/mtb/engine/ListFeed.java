package dev.mtb.engine;

import dev.mtb.job.BackupJob;
import dev.mtb.job.Failure;
import dev.mtb.scan.Entry;
import dev.mtb.scan.SourceList;
import dev.mtb.store.Tree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * The feed of the checkers with the entries of a list: neighbours in the list that lie in one
 * directory go together, so that it can be listed once. Used by one thread.
 */
final class ListFeed implements SourceList.Visitor {
  /** Entries that go together at most: a directory of this many files is still compared at once. */
  private static final int LARGEST_GROUP = 10_000;

  /** Groups that may wait for a checker. */
  private static final int GROUPS_WAITING = 256;

  private final BackupJob job;
  private final Tree tree;
  private final DirectoryNode root;
  private final Checkers checkers;
  private final Consumer<DirectoryNode> finisher;
  private final Tally tally;
  private final Stop stop;

  /**
   * Directories on the way to listed entries that are held, since the list may come back to them:
   * some 10 MB. One that the list comes back to later is looked at again.
   */
  private static final int MOST_HELD = 20_000;

  /** The latest first to last. */
  private final Map<Path, DirectoryNode> implied =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);

  private final Semaphore room = new Semaphore(GROUPS_WAITING);
  private List<Entry> group = new ArrayList<>();

  ListFeed(
      RunContext context, DirectoryNode root, Checkers checkers, Consumer<DirectoryNode> finisher) {
    this.job = context.job();
    this.tree = context.tree();
    this.root = root;
    this.checkers = checkers;
    this.finisher = finisher;
    this.tally = context.tally();
    this.stop = context.stop();
  }

  @Override
  public void entry(Entry entry) throws InterruptedException {
    if (!stop.mayBegin()) {
      return;
    }
    if (entry.target().toString().isEmpty()) {
      root.isListed = true;
      root.begin();
      checkers.walk(root);
      return;
    }
    boolean isNeighbour =
        !group.isEmpty()
            && group.size() < LARGEST_GROUP
            && Objects.equals(entry.source().getParent(), group.get(0).source().getParent());
    if (!isNeighbour) {
      flush();
    }
    group.add(entry);
  }

  @Override
  public void unusable(Path path, String error) {
    tally.failed(new Failure(path, Failure.Stage.SCAN, error, Failure.Cause.ERROR));
  }

  /** Lets the feeding thread go, after the run was stopped: a hung checker makes no room. */
  void wake() {
    room.release();
  }

  /** Hands out what is left, and lets go of all directories. */
  void finish() throws InterruptedException {
    flush();
    // Children let go of their parents by themselves, so the order does not matter.
    implied.values().forEach(finisher);
    finisher.accept(root);
  }

  private void flush() throws InterruptedException {
    if (group.isEmpty()) {
      return;
    }
    List<Entry> entries = group;
    group = new ArrayList<>();
    Entry first = entries.get(0);
    DirectoryNode parent = directory(first.target().getParent(), first.outside());
    room.acquire();
    if (stop.stopping()) {
      room.release();
      return;
    }
    parent.begin();
    checkers.compare(parent, entries, room::release);
    letGoOfOldest();
  }

  private DirectoryNode directory(Path target, boolean outside) {
    if (target == null) {
      return root;
    }
    DirectoryNode known = implied.get(target);
    if (known != null) {
      return known;
    }
    DirectoryNode parent = directory(target.getParent(), outside);
    Path source = (outside ? tree.root() : job.base()).resolve(target);
    DirectoryNode node = DirectoryNode.implied(parent, tree.way(source), target);
    implied.put(target, node);
    return node;
  }

  /** Children hold their parents by themselves. */
  private void letGoOfOldest() {
    Iterator<DirectoryNode> oldest = implied.values().iterator();
    while (implied.size() > MOST_HELD) {
      DirectoryNode node = oldest.next();
      oldest.remove();
      finisher.accept(node);
    }
  }
}
