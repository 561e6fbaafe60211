package dev.mtb.engine;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The queue of work for the copying threads, in the order of a {@link Schedule}. Bounded: a checker
 * that finds work faster than it is done has to wait. Thread-safe.
 *
 * <p>Only checkers wait here, never copiers, so the pool that drains it cannot block on it.
 */
final class WorkQueue {
  private final ForkJoinPool pool;
  private final int threads;
  private final Schedule line;
  private final Consumer<FileWork> worker;
  private final Stop stop;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  private int waiting;
  private int active;

  WorkQueue(ForkJoinPool pool, int threads, Schedule line, Consumer<FileWork> worker, Stop stop) {
    this.pool = pool;
    this.threads = threads;
    this.line = line;
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
    lock.lock();
    try {
      while (!stop.stopping() && (waiting >= line.most() || line.isFull(work.directory()))) {
        if (!waits) {
          return false;
        }
        room.awaitUninterruptibly();
      }
      if (stop.stopping()) {
        return true;
      }
      line.add(work);
      waiting++;
      if (active < threads && line.isReady()) {
        active++;
        pool.execute(this::drain);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the checkers that wait for room, after the run was stopped. */
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
        line.done(done.directory());
      }
      FileWork work = stop.stopping() ? null : line.poll();
      if (work == null) {
        active--;
        return null;
      }
      waiting--;
      if (waiting == line.most() - Schedule.BATCH || line.hasRoomAgain(work.directory())) {
        room.signalAll();
      }
      return work;
    } finally {
      lock.unlock();
    }
  }
}
