package dev.mtb.engine;

import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Store;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the work on directories: sets a directory's own metadata when everything in it is
 * done. Thread-safe.
 */
final class DirectoryFinisher {
  private static final Logger log = LoggerFactory.getLogger(DirectoryFinisher.class);

  private final ForkJoinPool pool;
  private final CopyingThreads threads;
  private final Store destination;
  private final Sink sink;
  private final Tally tally;
  private final Stop stop;
  private final Runnable whenDone;

  /** Directories' own metadata: set before any other file, or they would pile up to the end. */
  private final Queue<Runnable> errands = new ConcurrentLinkedQueue<>();

  /** Tasks in the pool that will see to errands and have not begun. */
  private final AtomicInteger runners = new AtomicInteger();

  /**
   * Finishes directories in the threads that copy.
   *
   * @param whenDone run once, in some thread, when the root is done
   */
  DirectoryFinisher(
      RunContext context,
      ForkJoinPool pool,
      CopyingThreads threads,
      Store destination,
      Sink sink,
      Runnable whenDone) {
    this.pool = pool;
    this.threads = threads;
    this.destination = destination;
    this.sink = sink;
    this.tally = context.tally();
    this.stop = context.stop();
    this.whenDone = whenDone;
  }

  /** One thing in a directory is done. If it was the last, the directory itself is. */
  void finished(DirectoryNode directory) {
    Optional<DirectoryNode> node = Optional.of(directory);
    while (node.isPresent() && node.get().end() && !stop.stopping()) {
      DirectoryNode done = node.get();
      release(done.entry);
      Set<Attribute> attributes = done.toSet(destination.features().contentsMoveDirectoryMtime());
      if (!attributes.isEmpty()) {
        later(() -> finish(done, attributes));
        return;
      }
      node = done.parent;
      if (node.isEmpty()) {
        whenDone.run();
      }
    }
  }

  private static void release(TreeEntry directory) {
    try {
      directory.done();
    } catch (IOException e) {
      // It was only read.
      log.debug("{} cannot be closed", directory.path(), e);
    }
  }

  /**
   * Sets a directory's metadata at once, beside the work on its contents, where those do not change
   * it: then a chain of directories need not wait for one after another at the end.
   */
  void setEarly(DirectoryNode directory, Set<Attribute> attributes) {
    directory.begin();
    later(
        () -> {
          set(directory, attributes);
          finished(directory);
        });
  }

  private void finish(DirectoryNode directory, Set<Attribute> attributes) {
    set(directory, attributes);
    if (!stop.stopping()) {
      directory.parent.ifPresentOrElse(this::finished, whenDone);
    }
  }

  private void set(DirectoryNode directory, Set<Attribute> attributes) {
    Metadata source = directory.metadata().orElseThrow();
    tally.busy(Activity.FINISHING, directory.target);
    try {
      sink.setDirectoryMetadata(directory.target, source, attributes);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      if (e instanceof RuntimeException) {
        log.warn("unexpected trouble with {}", directory.target, e);
      }
      tally.failed(
          new Failure(
              directory.target,
              sink.stage(),
              "the directory's own metadata cannot be set: " + ErrorText.of(e),
              Failure.Cause.ERROR));
    } finally {
      tally.idle();
    }
  }

  /**
   * Gives an errand to a copying thread. The pool's threads are busy with files as long as there
   * are any, and ask for errands between two files; without files, a thread has to be woken.
   */
  private void later(Runnable errand) {
    errands.add(errand);
    if (runners.get() >= threads.now()) {
      return;
    }
    runners.incrementAndGet();
    try {
      pool.execute(
          () -> {
            runners.decrementAndGet();
            runErrands();
          });
    } catch (RejectedExecutionException e) {
      // The run is over: it was stopped.
    }
  }

  /** Runs what waits, in a thread of the pool. */
  void runErrands() {
    Runnable errand = errands.poll();
    while (errand != null && !stop.stopping()) {
      try {
        errand.run();
      } catch (Throwable e) {
        stop.crashed(e);
      }
      errand = errands.poll();
    }
  }
}
