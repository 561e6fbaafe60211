package dev.mtb.engine;

import dev.mtb.model.Metadata;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Looks at the children of a directory before the walk comes to them, in a source whose looks are
 * requests. Otherwise the files of one directory would be looked at one after another, each with a
 * round trip. Thread-safe.
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

  /** Begins a look; empty if enough are under way, or the run is stopped. */
  private Optional<Future<Metadata>> begin(TreeEntry entry) {
    // The pool of a run that was stopped takes no more tasks.
    if (!stop.mayBegin()) {
      return Optional.empty();
    }
    if (begun.incrementAndGet() > FOR_EACH_REQUEST * threads.now()) {
      begun.decrementAndGet();
      return Optional.empty();
    }
    FutureTask<Metadata> look = new FutureTask<>(entry::look);
    pool.execute(look);
    return Optional.of(look);
  }

  /** Children, the next of which are being looked at. For one thread. */
  final class Ahead implements Children, AutoCloseable {
    private final Children children;
    private final Predicate<Child> needsLook;
    private final Deque<Child> waiting = new ArrayDeque<>();

    /** The child after those that wait. */
    private Optional<Child> upcoming = Optional.empty();

    /** Why there are no more children. The walk first takes those that wait. */
    private Optional<IOException> failure = Optional.empty();

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
      Optional<Child> next = Optional.ofNullable(waiting.poll());
      next.ifPresent(this::release);
      if (next.isEmpty() && failure.isPresent()) {
        throw failure.get();
      }
      return next;
    }

    /** Begins looks until there are enough, or no more children. */
    private void fill() {
      while (waiting.size() <= FOR_EACH_REQUEST * threads.most()) {
        if (upcoming.isEmpty() && failure.isEmpty()) {
          read();
        }
        if (upcoming.isEmpty()) {
          return;
        }
        Child child = upcoming.get();
        if (needsLook.test(child)) {
          Optional<Future<Metadata>> look = begin(child.entry());
          if (look.isEmpty() && !waiting.isEmpty()) {
            // It is begun when the walk has taken another child.
            return;
          }
          child = look.map(child::withLook).orElse(child);
        }
        waiting.add(child);
        upcoming = Optional.empty();
      }
    }

    private void read() {
      try {
        upcoming = children.next();
      } catch (IOException e) {
        failure = Optional.of(e);
      }
    }

    private void release(Child child) {
      if (child.begun().isPresent()) {
        begun.decrementAndGet();
      }
    }

    /** Gives up the children that the walk has not come to. */
    @Override
    public void close() {
      for (Child child : waiting) {
        child.begun().ifPresent(look -> look.cancel(/* mayInterruptIfRunning= */ false));
        release(child);
      }
      waiting.clear();
    }
  }
}
