package dev.mtb.engine;

import dev.mtb.job.Failure;
import dev.mtb.model.ErrorText;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The failures that a walk meets, in words for the user. Thread-safe. */
final class ScanFailures {
  private static final Logger log = LoggerFactory.getLogger(ScanFailures.class);

  private final Tree tree;
  private final Policy policy;
  private final Tally tally;
  private final Stop stop;

  ScanFailures(RunContext context) {
    this.tree = context.tree();
    this.policy = context.policy();
    this.tally = context.tally();
    this.stop = context.stop();
  }

  /**
   * Whether nothing is at a path. If the user named the path, this is an error, and not a file that
   * vanished during the scan: the next run will not find it either.
   */
  static boolean isMissing(Exception e) {
    return e instanceof NoSuchFileException || e instanceof NotDirectoryException;
  }

  /** Reports what is missing in the source. */
  void missing(Path source, Path target, Failure.Cause cause) {
    if (isLost()) {
      return;
    }
    String error =
        cause == Failure.Cause.ERROR ? policy.missing(source) : "vanished during the scan";
    // The base itself has an empty path in the report, so the message names it.
    String subject = target.toString().isEmpty() ? source + ": " : "";
    tally.failed(new Failure(target, Failure.Stage.SCAN, subject + error, cause));
  }

  /**
   * Reports what cannot be read.
   *
   * @param stage whether that is in the source (scan) or in the destination (compare)
   * @param consequence such as {@code it was not backed up}
   */
  void failed(Path source, Path target, Failure.Stage stage, Exception e, String consequence) {
    if (isLost()) {
      return;
    }
    if (e instanceof RuntimeException) {
      // The file system breaks the contract of java.nio. The other files may be fine, so the run
      // goes on.
      log.warn("unexpected trouble with {}", target, e);
    }
    Failure.Cause cause =
        stage == Failure.Stage.SCAN && e instanceof IOException io && tree.isMoved(io, source)
            ? Failure.Cause.SOURCE_MOVED
            : Failure.Cause.ERROR;
    String where = stage == Failure.Stage.SCAN ? "" : " in the destination";
    tally.failed(
        new Failure(
            target,
            stage,
            "cannot be read" + where + ": " + ErrorText.of(e) + "; " + consequence,
            cause));
  }

  /** Reports that the walk met the destination in the source. */
  void destination(Path source, Path target) {
    tally.failed(
        new Failure(
            target,
            Failure.Stage.SCAN,
            "this is the destination itself, or a mount of it ("
                + source
                + "); it was not backed up into itself; exclude it",
            Failure.Cause.ERROR));
  }

  /** Whether the whole backup that is restored cannot be read any more. Then the run ends. */
  private boolean isLost() {
    try {
      tree.check();
      return false;
    } catch (DestinationException lost) {
      stop.lost(lost);
      return true;
    }
  }
}
