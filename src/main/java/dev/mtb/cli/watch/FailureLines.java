package dev.mtb.cli.watch;

import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * A line on standard error for each failure, and for each file that is left alone, while the run
 * goes on; with {@code -v} also for each file that is skipped, and with {@code -vv} for those of
 * which there may be very many. What filters leave out is in the log, which {@code -vv} shows.
 */
public final class FailureLines implements BackupListener {
  private final PrintStream err;
  private final int verbosity;

  /**
   * Makes them.
   *
   * @param verbosity how often {@code -v} is given; -1 for failures only
   */
  public FailureLines(PrintStream err, int verbosity) {
    this.err = err;
    this.verbosity = verbosity;
  }

  @Override
  public void kept(Path path, String why) {
    if (verbosity >= 0) {
      print(path, why);
    }
  }

  @Override
  public void skipped(Path path, String why) {
    skipped(path, why, 1);
  }

  private void skipped(Path path, String why, int minimum) {
    if (verbosity >= minimum) {
      err.println("mtb: skipped " + Text.path(path) + ": " + Text.message(why));
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (action != Action.NONE || verbosity < 1) {
      return;
    }
    switch (reason) {
      case NEWER_THERE -> skipped(path, "it is newer at the destination (--update)", 1);
      case THERE_ALREADY ->
          skipped(path, "it is at the destination already (--ignore-existing)", 2);
      case NOT_THERE -> skipped(path, "it is not at the destination (--existing)", 2);
      default -> {}
    }
  }

  @Override
  public void failed(Failure failure) {
    if (failure.stage() != Failure.Stage.VERIFY) {
      print(failure.path(), failure.error());
    }
  }

  private void print(Path path, String why) {
    err.println("mtb: " + Text.path(path) + ": " + Text.message(why));
  }
}
