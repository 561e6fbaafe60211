package dev.mtb.engine;

import java.util.ArrayDeque;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Deals out work to the copiers: from each directory in turn, no more of one directory at a time
 * than its file system likes. Bounded: who finds work faster than it is done has to wait.
 * Thread-safe.
 *
 * <p>Only checkers wait here, never copiers, so the pool that drains it cannot block on it.
 */
final class WorkQueue {
  /** What one directory may have waiting: enough that its turn always finds something. */
  private static final int PER_DIRECTORY = 256;

  /**
   * What all directories together may have waiting, at some 500 bytes each: 4 MB. Enough that
   * hundreds of directories take turns.
   */
  private static final int IN_ALL = 8192;

  /**
   * A file this large takes longer than its directory's small ones together, so it is begun before
   * them: begun last it would be copied when there is nothing else left to do.
   */
  private static final long LARGE = 8L << 20;

  /**
   * Files that are taken from a directory before it is the next one's turn, where a directory may
   * have any number under way at a time. 20,000 small files in 500 directories, copied in memory:
   * opening both directories for each file took 1.0 s of processor time, of 4.2 s.
   */
  private static final int IN_A_ROW = 16;

  private final ForkJoinPool pool;
  private final int threads;
  private final int runningPerDirectory;
  private final Consumer<FileWork> worker;
  private final Stop stop;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  /** Directories that have work waiting and are not at their limit, each once. */
  private final ArrayDeque<DirectoryNode> ready = new ArrayDeque<>();

  private int waiting;
  private int active;

  WorkQueue(
      ForkJoinPool pool,
      int threads,
      int runningPerDirectory,
      Consumer<FileWork> worker,
      Stop stop) {
    this.pool = pool;
    this.threads = threads;
    this.runningPerDirectory = runningPerDirectory;
    this.worker = worker;
    this.stop = stop;
  }

  /** Adds work; waits for room. Dropped if the run is being stopped. */
  void put(FileWork work) {
    boolean unused = put(work, /* waits= */ true);
  }

  /** Adds work if there is room for it; tells whether nothing more is to be done about it. */
  boolean offer(FileWork work) {
    return put(work, /* waits= */ false);
  }

  private boolean put(FileWork work, boolean waits) {
    DirectoryNode directory = work.directory();
    lock.lock();
    try {
      while (!stop.stopping() && (waiting >= IN_ALL || directory.queued.size() >= PER_DIRECTORY)) {
        if (!waits) {
          return false;
        }
        room.awaitUninterruptibly();
      }
      if (stop.stopping()) {
        return true;
      }
      boolean isLarge = work.metadata().size() >= LARGE;
      if (isLarge) {
        // Before all others, whatever directory's turn it is.
        directory.queued.addFirst(work);
        ready.remove(directory);
      } else {
        directory.queued.addLast(work);
      }
      waiting++;
      boolean isInLine = !isLarge && directory.queued.size() > 1;
      if (!isInLine && directory.running < runningPerDirectory) {
        enlist(directory);
      }
      if (active < threads && !ready.isEmpty()) {
        active++;
        pool.execute(this::drain);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Puts a directory that is not in the line into it. */
  private void enlist(DirectoryNode directory) {
    if (directory.queued.getFirst().metadata().size() >= LARGE) {
      ready.addFirst(directory);
    } else {
      ready.addLast(directory);
    }
  }

  /** Lets everybody go who waits for room, after the run was stopped. */
  void wakeAll() {
    lock.lock();
    try {
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void drain() {
    FileWork work = next(null);
    while (work != null) {
      try {
        worker.accept(work);
      } catch (Throwable e) {
        stop.crashed(e);
      }
      work = next(work);
    }
  }

  /** Hands in what is done, if anything, and takes the next. */
  private FileWork next(FileWork done) {
    lock.lock();
    try {
      if (done != null) {
        DirectoryNode directory = done.directory();
        boolean wasAtLimit = directory.running == runningPerDirectory;
        directory.running--;
        if (wasAtLimit && !directory.queued.isEmpty()) {
          enlist(directory);
        }
      }
      DirectoryNode directory = stop.stopping() ? null : ready.poll();
      if (directory == null) {
        active--;
        return null;
      }
      FileWork work = directory.queued.poll();
      waiting--;
      directory.running++;
      if (!directory.queued.isEmpty() && directory.running < runningPerDirectory) {
        if (runningPerDirectory == Integer.MAX_VALUE && ++directory.inARow % IN_A_ROW != 0) {
          ready.addFirst(directory);
        } else {
          enlist(directory);
        }
      }
      room.signalAll();
      return work;
    } finally {
      lock.unlock();
    }
  }
}
