package dev.mtb.cli;

import dev.mtb.BackupListener;
import dev.mtb.Failure;
import java.io.PrintStream;
import java.nio.file.Path;

/** A line on standard error for each failure, and for what is left alone, as it happens. */
final class FailureLines implements BackupListener {
  private final PrintStream err;
  private final boolean isQuiet;

  FailureLines(PrintStream err, boolean isQuiet) {
    this.err = err;
    this.isQuiet = isQuiet;
  }

  @Override
  public void leftAlone(Path path, String why) {
    if (!isQuiet) {
      err.println("mtb: " + Text.path(path) + ": " + Text.printable(why));
    }
  }

  @Override
  public void failed(Failure failure) {
    if (failure.stage() != Failure.Stage.VERIFY) {
      err.println("mtb: " + Text.path(failure.path()) + ": " + Text.printable(failure.error()));
    }
  }
}
