package dev.mtb.engine;

import dev.mtb.compare.ContentComparison;
import dev.mtb.compare.Decision;
import dev.mtb.copy.Buffers;
import dev.mtb.copy.SourceException;
import dev.mtb.copy.StoppedException;
import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.PathBytes;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Retry;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.io.function.IORunnable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The work of the copying threads: one file or link after another. Thread-safe. */
final class Workers {
  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  private final RunContext context;
  private final Sides sides;
  private final ContentComparison contents;
  private final ListedFileDecision listedDecision;
  private final Sink sink;
  private final DirectoryFinisher finisher;
  private final Tally tally;
  private final Stop stop;

  Workers(
      RunContext context,
      Sides sides,
      ListedFileDecision listedDecision,
      Sink sink,
      DirectoryFinisher finisher) {
    this.context = context;
    this.sides = sides;
    this.contents = new ContentComparison(context.options().comparison().digest());
    this.listedDecision = listedDecision;
    this.sink = sink;
    this.finisher = finisher;
    this.tally = context.tally();
    this.stop = context.stop();
  }

  /** Does one file or link. */
  void work(FileWork found) {
    finisher.runWaiting();
    if (!stop.mayBegin()) {
      if (!stop.stopping()) {
        tally.postponed(found.target());
        finisher.finished(found.directory());
      }
      return;
    }
    boolean isSettled =
        found.listed().isEmpty() && !found.decision().needsContent() && !sink.seesUnchanged();
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
      if (work.listed().isPresent()) {
        ListedFileDecision.Result result = listedDecision.of(work);
        work = work.settled(result.decision(), result.existing());
      }
      Decision decision = work.decision();
      if (decision.needsContent()) {
        decision = decision.withContent(sameContent(work));
      }
      if (decision.isSkipped()) {
        tally.skippedByRule(work.target(), work.metadata(), decision.reason());
      } else if (!context.allowance().admits(work.metadata(), decision.action())) {
        tally.postponed(work.target());
      } else if (decision.action() == Action.NONE) {
        sink.unchanged(work);
        tally.unchanged(work.target(), work.metadata());
      } else if (reasonToKeep(work, decision).isPresent()) {
        tally.kept(work.target(), reasonToKeep(work, decision).get());
      } else {
        IORunnable action = sink.prepare(work, decision);
        tally.decided(work.target(), work.metadata(), decision.action(), decision.reason());
        action.run();
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
      // The copy was undone. The report tells that the run was stopped, so this is no failure of
      // the file.
      return;
    } catch (IOException e) {
      failed(work.target(), "cannot be written: " + ErrorText.of(e), Failure.Cause.ERROR);
    } catch (RuntimeException e) {
      // The file system breaks the contract of java.nio. The other files may be fine, so the run
      // goes on.
      log.warn("unexpected trouble with {}", work.source(), e);
      failed(work.target(), "cannot be written: " + ErrorText.of(e), Failure.Cause.ERROR);
    }
    finisher.finished(work.directory());
  }

  private Optional<String> reasonToKeep(FileWork work, Decision decision) {
    return context.policy().reasonToKeep(work.metadata(), work.existing(), decision);
  }

  /** Whether the whole backup that is restored cannot be read any more. Then the run ends. */
  private boolean isLost(SourceException e) {
    try {
      if (e.getCause() instanceof DestinationException lost) {
        throw lost;
      }
      context.tree().check();
      return false;
    } catch (DestinationException lost) {
      stop.lost(lost);
      return true;
    }
  }

  private void failed(Path target, String error, Failure.Cause cause) {
    tally.failed(new Failure(target, sink.stage(), error, cause));
  }

  private boolean sameContent(FileWork work) throws IOException {
    if (work.metadata().kind() == Kind.LINK) {
      byte[] source = PathBytes.of(sourceTarget(work));
      return Arrays.equals(source, PathBytes.of(sides.destination().readLink(work.target())));
    }
    // If reading fails half-way, both sides are read again, since the source may have changed.
    return sides
        .retry()
        .run(Retry.Kind.LOOK, "reading", work.target(), attempt -> sameFileContent(work));
  }

  private Path sourceTarget(FileWork work) throws SourceException {
    try {
      return work.entry().readLink();
    } catch (IOException e) {
      throw SourceException.of(e, sides.tree(), work.source());
    }
  }

  private boolean sameFileContent(FileWork work) throws IOException {
    try (Buffers.Loan loan = sides.buffers().lend()) {
      String source;
      try (ReadableByteChannel in = work.entry().read()) {
        source = contents.digest(in, loan.buffer());
      } catch (IOException e) {
        throw SourceException.of(e, sides.tree(), work.source());
      }
      try (ReadableByteChannel copy = sides.destination().read(work.target())) {
        return contents.digest(copy, loan.buffer()).equals(source);
      }
    }
  }
}
