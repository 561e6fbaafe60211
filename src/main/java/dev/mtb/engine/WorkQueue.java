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
  private final Schedule schedule;
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
      ForkJoinPool pool,
      IntSupplier threads,
      Schedule schedule,
      Consumer<FileWork> worker,
      Stop stop) {
    this.pool = pool;
    this.threads = threads;
    this.schedule = schedule;
    this.worker = worker;
    this.stop = stop;
  }

  /** Adds work; waits for room. Dropped if the run is being stopped. */
  void put(FileWork work) {
    boolean unused = put(work, /* waits= */ true);
  }

  /**
   * Adds work if there is room for it.
   *
   * @return false if the caller has to try again
   */
  boolean offer(FileWork work) {
    return put(work, /* waits= */ false);
  }

  private boolean put(FileWork work, boolean waits) {
    lock.lock();
    try {
      while (!stop.stopping()
          && (waiting >= schedule.most() || schedule.isFull(work.directory()))) {
        if (!waits) {
          return false;
        }
        room.awaitUninterruptibly();
      }
      if (stop.stopping()) {
        return true;
      }
      schedule.add(work);
      waiting++;
      putToWork();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Starts one more thread, if there is work and the limit allows it. */
  private void putToWork() {
    if (active < threads.getAsInt() && schedule.isReady()) {
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

  /** Reports work as done, if there is any, and takes the next. */
  private FileWork next(FileWork done) {
    lock.lock();
    try {
      if (done != null) {
        schedule.done(done.directory());
      }
      boolean isOneTooMany = active > threads.getAsInt();
      FileWork work = stop.stopping() || isOneTooMany ? null : schedule.poll();
      if (work == null) {
        active--;
        return null;
      }
      putToWork();
      waiting--;
      if (waiting == schedule.most() - Schedule.BATCH || schedule.hasRoomAgain(work.directory())) {
        room.signalAll();
      }
      return work;
    } finally {
      lock.unlock();
    }
  }
}
