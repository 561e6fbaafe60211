package dev.mtb.cli;

import dev.mtb.BackupListener;
import dev.mtb.Failure;
import java.io.PrintStream;

/** A line on standard error for each failure, as it happens. */
final class FailureLines implements BackupListener {
  private final PrintStream err;

  FailureLines(PrintStream err) {
    this.err = err;
  }

  @Override
  public void failed(Failure failure) {
    if (failure.stage() != Failure.Stage.VERIFY) {
      err.println("mtb: " + Text.path(failure.path()) + ": " + Text.printable(failure.error()));
    }
  }
}
