package dev.mtb.cli;

import dev.mtb.job.BackupListener;

/** Lines of results on standard output. */
interface ResultLines extends BackupListener {
  /** No lines. */
  ResultLines NONE = new ResultLines() {};

  /** Prints what was held back until now; called when the run has ended. */
  default void finish() {}
}
