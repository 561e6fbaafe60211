package dev.mtb.engine;

import dev.mtb.compare.ContentComparison;
import dev.mtb.compare.Decision;
import dev.mtb.copy.Buffers;
import dev.mtb.copy.SourceException;
import dev.mtb.copy.StoppedException;
import dev.mtb.files.Folders;
import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Retry;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
 * What the copying threads do: one file after another, and a directory's own metadata when all in
 * it is done. Thread-safe.
 */
final class Workers {
  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  private final ForkJoinPool pool;
  private final Folders folders;

  /** Directories' own metadata: done before any other file, or they would pile up to the end. */
  private final Queue<Runnable> errands = new ConcurrentLinkedQueue<>();

  /** Tasks in the pool that will see to errands and have not begun. */
  private final AtomicInteger runners = new AtomicInteger();

  private final Destination destination;
  private final Retry retry;
  private final ContentComparison contents;
  private final Examination examination;
  private final Buffers buffers;
  private final Allowance allowance;
  private final Sink end;
  private final Tally tally;
  private final Stop stop;
  private final Runnable whenDone;
  private final Direction direction;

  /**
   * Wires it.
   *
   * @param whenDone run once, in some thread, when the root is done
   */
  Workers(
      ForkJoinPool pool,
      Folders folders,
      Destination destination,
      Retry retry,
      ContentComparison contents,
      Examination examination,
      Buffers buffers,
      Allowance allowance,
      Sink end,
      Tally tally,
      Stop stop,
      Runnable whenDone,
      Direction direction) {
    this.pool = pool;
    this.direction = direction;
    this.folders = folders;
    this.destination = destination;
    this.retry = retry;
    this.contents = contents;
    this.examination = examination;
    this.buffers = buffers;
    this.allowance = allowance;
    this.end = end;
    this.tally = tally;
    this.stop = stop;
    this.whenDone = whenDone;
  }

  /** Does one file or link. */
  void work(FileWork found) {
    errands();
    if (!stop.mayBegin()) {
      if (!stop.stopping()) {
        tally.leftForNextRun(found.target());
        finished(found.directory());
      }
      return;
    }
    boolean isSettled =
        found.glance().isEmpty() && !found.decision().needsContent() && !end.seesUnchanged();
    if (isSettled) {
      settle(found);
      return;
    }
    tally.busy(Activity.COMPARING, found.target());
    try {
      settle(found);
    } finally {
      tally.idle();
    }
  }

  private void settle(FileWork found) {
    FileWork work = found;
    try {
      if (work.glance().isPresent()) {
        Examination.Result result = examination.examine(work);
        work = work.settled(result.decision(), result.existing());
      }
      Decision decision = work.decision();
      if (decision.needsContent()) {
        decision = decision.withContent(sameContent(work));
      }
      if (decision.isLeft()) {
        tally.left(work.target(), work.metadata(), decision.reason());
      } else if (!allowance.admits(work.metadata(), decision.action())) {
        tally.leftForNextRun(work.target());
      } else if (decision.action() == Action.NONE) {
        end.unchanged(work);
        tally.unchanged(work.target(), work.metadata());
      } else if (direction.leavesAlone(work.metadata(), work.existing(), decision)) {
        tally.leftAlone(work.target(), direction.whyLeftAlone(work.existing().orElseThrow()));
      } else {
        Sink.Doing doing = end.prepare(work, decision);
        tally.decided(work.target(), work.metadata(), decision.action(), decision.reason());
        doing.run();
      }
    } catch (SourceException e) {
      if (isLost(e)) {
        return;
      }
      failed(
          work.target(),
          e.getMessage(),
          e.moved() ? Failure.Cause.SOURCE_MOVED : Failure.Cause.ERROR);
    } catch (WrongCopyException e) {
      tally.failed(
          new Failure(work.target(), Failure.Stage.VERIFY, e.getMessage(), Failure.Cause.ERROR));
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (StoppedException e) {
      // Undone; the report says that the run was stopped.
      return;
    } catch (IOException e) {
      failed(work.target(), "cannot be written: " + ErrorText.of(e), Failure.Cause.ERROR);
    } catch (RuntimeException e) {
      // A file system that does not do what it promises; the other files may well be fine.
      log.warn("unexpected trouble with {}", work.source(), e);
      failed(work.target(), "cannot be written: " + ErrorText.of(e), Failure.Cause.ERROR);
    }
    finished(work.directory());
  }

  /** What is restored is read from a place that may be lost as a whole. */
  private boolean isLost(SourceException e) {
    try {
      if (e.getCause() instanceof DestinationException lost) {
        throw lost;
      }
      direction.check();
      return false;
    } catch (DestinationException lost) {
      stop.lost(lost);
      return true;
    }
  }

  private void failed(Path target, String error, Failure.Cause cause) {
    tally.failed(new Failure(target, end.stage(), error, cause));
  }

  private boolean sameContent(FileWork work) throws IOException {
    if (work.metadata().kind() == Kind.LINK) {
      byte[] source = PathBytes.of(sourceTarget(work));
      return Arrays.equals(source, PathBytes.of(destination.readLink(work.target())));
    }
    // Reading may fail half-way; then both are read again, since the source may have changed.
    return retry.run(Retry.Kind.LOOK, "reading", work.target(), attempt -> sameFileContent(work));
  }

  private static Path sourceTarget(FileWork work) throws SourceException {
    try {
      return Files.readSymbolicLink(work.source());
    } catch (IOException e) {
      throw SourceException.of(e, work.source());
    }
  }

  private boolean sameFileContent(FileWork work) throws IOException {
    try (Buffers.Loan loan = buffers.lend()) {
      String source;
      try (ReadableByteChannel in = folders.read(work.source(), work.start())) {
        source = contents.digest(in, loan.buffer());
      } catch (IOException e) {
        throw SourceException.of(e, work.source());
      }
      try (ReadableByteChannel copy = destination.read(work.target())) {
        return contents.digest(copy, loan.buffer()).equals(source);
      }
    }
  }

  /** One thing in a directory is done. If it was the last, the directory itself is. */
  void finished(DirectoryNode directory) {
    Optional<DirectoryNode> node = Optional.of(directory);
    while (node.isPresent() && node.get().end() && !stop.stopping()) {
      DirectoryNode done = node.get();
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
      end.setDirectoryMetadata(directory.target, source, attributes);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException | RuntimeException e) {
      if (e instanceof RuntimeException) {
        log.warn("unexpected trouble with {}", directory.target, e);
      }
      failed(
          directory.target,
          "the directory's own metadata cannot be set: " + ErrorText.of(e),
          Failure.Cause.ERROR);
    } finally {
      tally.idle();
    }
  }

  /**
   * Has something done by a copying thread. The pool's threads are busy with files as long as there
   * are any, and ask for errands between two; when there are none, they are to be woken.
   */
  private void later(Runnable errand) {
    errands.add(errand);
    if (runners.get() >= pool.getParallelism()) {
      return;
    }
    runners.incrementAndGet();
    try {
      pool.execute(
          () -> {
            runners.decrementAndGet();
            errands();
          });
    } catch (RejectedExecutionException e) {
      // The run is over: it was stopped.
    }
  }

  private void errands() {
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
