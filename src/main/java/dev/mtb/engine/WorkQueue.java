package dev.mtb.engine;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * The queue of work for the copying threads, in the order of a {@link Schedule}. Bounded: a checker
 * that finds work faster than it is done has to wait. Thread-safe.
 *
 * <p>Only checkers wait here, never copiers, so the pool that drains it cannot block on it.
 */
final class WorkQueue {
  private final ForkJoinPool pool;
  private final IntSupplier threads;
  private final Schedule line;
  private final Consumer<FileWork> worker;
  private final Stop stop;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  private int waiting;
  private int active;

  /**
   * Makes one.
   *
   * @param threads how many of the pool's threads may work; the number may change at any time
   */
  WorkQueue(
      ForkJoinPool pool, IntSupplier threads, Schedule line, Consumer<FileWork> worker, Stop stop) {
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
      putToWork();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Has one more thread work, if there is something to do and it may. */
  private void putToWork() {
    if (active < threads.getAsInt() && line.isReady()) {
      active++;
      pool.execute(this::drain);
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
      boolean isOneTooMany = active > threads.getAsInt();
      FileWork work = stop.stopping() || isOneTooMany ? null : line.poll();
      if (work == null) {
        active--;
        return null;
      }
      putToWork();
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
