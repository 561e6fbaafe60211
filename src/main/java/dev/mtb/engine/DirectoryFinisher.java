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

  /**
   * Tasks that set the metadata of directories. They run before the next file is copied, or they
   * would collect until the end of the run.
   */
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  /** Tasks of the pool that will run {@link #waiting} and have not begun. */
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
      // The directory was only read, so a failure to close it loses nothing.
      log.debug("{} cannot be closed", directory.path(), e);
    }
  }

  /**
   * Sets a directory's metadata at once, while its contents are copied, where the contents do not
   * change its mtime. Then nested directories need not wait for each other at the end.
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

  /** Sets a directory's metadata in this thread. A failure is reported. */
  void set(DirectoryNode directory, Set<Attribute> attributes) {
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
   * Gives a task to a copying thread. As long as there are files, the pool's threads copy them and
   * run the waiting tasks between two files. When there are no files, a thread has to be started.
   */
  private void later(Runnable task) {
    waiting.add(task);
    if (runners.get() >= threads.now()) {
      return;
    }
    runners.incrementAndGet();
    try {
      pool.execute(
          () -> {
            runners.decrementAndGet();
            runWaiting();
          });
    } catch (RejectedExecutionException e) {
      // The run was stopped, so the pool takes no more tasks.
    }
  }

  /** Runs the waiting tasks, in a thread of the pool. */
  void runWaiting() {
    Runnable task = waiting.poll();
    while (task != null && !stop.stopping()) {
      try {
        task.run();
      } catch (Throwable e) {
        stop.crashed(e);
      }
      task = waiting.poll();
    }
  }
}
