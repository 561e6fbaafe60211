package dev.mtb.cli;

import dev.mtb.job.BackupListener;

/** Lines of results on standard output. */
interface ResultLines extends BackupListener {
  ResultLines NONE = new ResultLines() {};

  /** Prints what was held back. Called after the run. */
  default void finish() {}
}
