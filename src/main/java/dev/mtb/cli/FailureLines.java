package dev.mtb.cli;

import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A line on standard error for each failure, and for what is left alone, as it happens; with {@code
 * -v} also for what is skipped, and with {@code -vv} for what may be very much of that. What
 * filters leave out is in the log, which {@code -vv} shows.
 */
final class FailureLines implements BackupListener {
  private final PrintStream err;
  private final int verbosity;

  /**
   * Makes them.
   *
   * @param verbosity how often {@code -v} is given; -1 for failures only
   */
  FailureLines(PrintStream err, int verbosity) {
    this.err = err;
    this.verbosity = verbosity;
  }

  @Override
  public void leftAlone(Path path, String why) {
    if (verbosity >= 0) {
      err.println("mtb: " + Text.path(path) + ": " + Text.printable(why));
    }
  }

  @Override
  public void skipped(Path path, String why) {
    if (verbosity >= 1) {
      err.println("mtb: skipped " + Text.path(path) + ": " + Text.printable(why));
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (action == Action.NONE && verbosity >= 1) {
      byRule(reason).ifPresent(why -> skipped(path, why));
    }
  }

  /** Why a rule leaves a file as it is at the destination, if it is worth a line. */
  private Optional<String> byRule(Reason reason) {
    return switch (reason) {
      case NEWER_THERE -> Optional.of("it is newer at the destination (--update)");
      case THERE_ALREADY -> ifVeryVerbose("it is at the destination already (--ignore-existing)");
      case NOT_THERE -> ifVeryVerbose("it is not at the destination (--existing)");
      default -> Optional.empty();
    };
  }

  private Optional<String> ifVeryVerbose(String why) {
    return verbosity >= 2 ? Optional.of(why) : Optional.empty();
  }

  @Override
  public void failed(Failure failure) {
    if (failure.stage() != Failure.Stage.VERIFY) {
      err.println("mtb: " + Text.path(failure.path()) + ": " + Text.printable(failure.error()));
    }
  }
}
