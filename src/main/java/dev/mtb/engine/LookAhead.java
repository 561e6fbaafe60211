package dev.mtb.engine;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Looks at the children of a directory before the walk comes to them, in a source whose looks are
 * requests. Otherwise the files of one directory would be looked at one after another, each with a
 * round trip. The entries keep what a look has told. Thread-safe.
 */
final class LookAhead {
  /**
   * The number of looks that are begun or wait for the walk, for each request that may be under
   * way: those that are answered wait for the one at which the walk is.
   */
  private static final int FOR_EACH_REQUEST = 2;

  private final boolean isNeeded;
  private final ForkJoinPool pool;
  private final CopyingThreads threads;
  private final Stop stop;
  private final AtomicInteger begun = new AtomicInteger();

  /**
   * Looks by the threads of a pool.
   *
   * @param threads how many requests are useful at a time
   */
  LookAhead(RunContext context, ForkJoinPool pool, CopyingThreads threads) {
    this.isNeeded = context.tree().requestLimit().isPresent();
    this.pool = pool;
    this.threads = threads;
    this.stop = context.stop();
  }

  /** The children of a directory. For one thread. */
  interface Children {
    /** Returns empty at the end. */
    Optional<Child> next() throws IOException;
  }

  /**
   * The same children in the same order.
   *
   * @param needsLook whether the walk will look at a child
   * @return must be closed
   */
  Ahead of(Children children, Predicate<Child> needsLook) {
    return new Ahead(children, needsLook);
  }

  private boolean begin(Child child) {
    if (begun.incrementAndGet() > FOR_EACH_REQUEST * threads.now()) {
      begun.decrementAndGet();
      return false;
    }
    pool.execute(() -> look(child));
    return true;
  }

  private void look(Child child) {
    if (!stop.mayBegin()) {
      return;
    }
    try {
      var unused = child.entry().look();
    } catch (IOException | RuntimeException e) {
      // The walk looks again, and reports what is wrong.
      return;
    }
  }

  /** Children, the next of which are being looked at. For one thread. */
  final class Ahead implements Children, AutoCloseable {
    /** A child that the walk has not come to; {@code isBegun} whether a look was begun. */
    private record Next(Child child, boolean isBegun) {}

    private final Children children;
    private final Predicate<Child> needsLook;
    private final Deque<Next> waiting = new ArrayDeque<>();

    /** The child after those that wait. */
    private Optional<Child> upcoming = Optional.empty();

    private Ahead(Children children, Predicate<Child> needsLook) {
      this.children = children;
      this.needsLook = needsLook;
    }

    @Override
    public Optional<Child> next() throws IOException {
      if (!isNeeded) {
        return children.next();
      }
      fill();
      Optional<Next> next = Optional.ofNullable(waiting.poll());
      next.ifPresent(this::release);
      return next.map(Next::child);
    }

    /** Begins looks until there are enough, or no more children. */
    private void fill() throws IOException {
      while (waiting.size() <= FOR_EACH_REQUEST * threads.most()) {
        if (upcoming.isEmpty()) {
          upcoming = children.next();
        }
        if (upcoming.isEmpty()) {
          return;
        }
        boolean isWanted = needsLook.test(upcoming.get());
        boolean isBegun = isWanted && begin(upcoming.get());
        if (isWanted && !isBegun && !waiting.isEmpty()) {
          // Its look is begun when the walk has taken another child.
          return;
        }
        waiting.add(new Next(upcoming.get(), isBegun));
        upcoming = Optional.empty();
      }
    }

    private void release(Next next) {
      if (next.isBegun()) {
        begun.decrementAndGet();
      }
    }

    /** Gives up the children that the walk has not come to. */
    @Override
    public void close() {
      waiting.forEach(this::release);
      waiting.clear();
    }
  }
}
