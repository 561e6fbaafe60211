package dev.mtb.engine;

import dev.mtb.scan.Entry;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Consumer;

/**
 * The threads that walk directories and compare what is in them, one directory a thread.
 * Thread-safe.
 *
 * <p>Directories found on the way are forked: a thread of a {@link ForkJoinPool} takes its own
 * latest task first, so that the walk goes deep before it goes wide and few directories are
 * pending.
 */
final class Checkers {
  /**
   * The number of directories that one thread may have waiting. When it has more, it walks the next
   * directory at once, so that a directory of a million directories does not fill the memory.
   */
  private static final int MOST_FORKED = 1000;

  private final ForkJoinPool pool;
  private final Stop stop;
  private final DirectoryWalk walk;
  private final Consumer<DirectoryNode> finisher;

  /**
   * Walks in a pool.
   *
   * @param finisher told when one thing in a directory is done
   */
  Checkers(ForkJoinPool pool, Stop stop, DirectoryWalk walk, Consumer<DirectoryNode> finisher) {
    this.pool = pool;
    this.stop = stop;
    this.walk = walk;
    this.finisher = finisher;
  }

  /** Walks a directory, in the pool. */
  void walk(DirectoryNode node) {
    pool.execute(() -> guarded(() -> walkNow(node)));
  }

  /** Compares entries of a list that lie in one directory, in the pool. */
  void compare(DirectoryNode parent, List<Entry> entries, Runnable whenDone) {
    pool.execute(
        () -> {
          try {
            guarded(() -> compareNow(parent, entries));
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

  private void walkNow(DirectoryNode node) {
    try {
      walk.whole(node, this::deeper);
    } finally {
      finisher.accept(node);
    }
  }

  private void compareNow(DirectoryNode parent, List<Entry> entries) {
    try {
      walk.listed(parent, entries, this::deeper);
    } finally {
      finisher.accept(parent);
    }
  }

  private void deeper(DirectoryNode node) {
    if (ForkJoinTask.getQueuedTaskCount() < MOST_FORKED) {
      walk(node);
    } else {
      walkNow(node);
    }
  }
}
