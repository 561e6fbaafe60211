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
 * The feed of the checkers with the entries of a list: entries that follow each other in the list
 * and lie in one directory form a group, so that the directory is listed once. Used by one thread.
 */
final class ListFeed implements SourceList.Visitor {
  /** The most entries in a group. A directory of this many files is compared by one thread. */
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
   * The number of directories above listed entries that are held in memory (some 10 MB), since more
   * entries of the list may lie in them. A directory that was dropped and is needed again is looked
   * at again.
   */
  private static final int MOST_HELD = 20_000;

  /** In the order of their last use, the oldest first. */
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

  /**
   * Wakes the feeding thread after the run was stopped, since a checker that hangs does not make
   * room.
   */
  void wake() {
    room.release();
  }

  /** Hands out the last group, and releases all directories. */
  void finish() throws InterruptedException {
    flush();
    // Each child releases its parent itself, so the order does not matter.
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

  /**
   * Releases the directory that was used longest ago. Children that are in use keep their parents.
   */
  private void letGoOfOldest() {
    Iterator<DirectoryNode> oldest = implied.values().iterator();
    while (implied.size() > MOST_HELD) {
      DirectoryNode node = oldest.next();
      oldest.remove();
      finisher.accept(node);
    }
  }
}
