package dev.mtb.cli;

import dev.mtb.cli.report.Subject;
import dev.mtb.cli.watch.JsonEvents;
import dev.mtb.cli.watch.LogFile;
import dev.mtb.cli.watch.Progress;
import dev.mtb.cli.watch.TerminalSize;
import dev.mtb.cli.watch.Watch;
import dev.mtb.model.InvalidJobException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that say how a run can be followed. */
final class WatchOptions {
  private static final int STDOUT = 1;
  private static final int STDERR = 2;

  /** When a progress bar is shown. */
  enum ProgressMode {
    AUTO,
    ALWAYS,
    NEVER
  }

  @Option(
      names = "--progress",
      paramLabel = "auto|always|never",
      converter = Converters.ProgressModes.class,
      completionCandidates = Converters.ProgressModes.class,
      defaultValue = "auto",
      description =
          "Show a progress bar, and on a wide terminal what each thread does; auto: if standard"
              + " error is a terminal, else a line a minute.")
  private ProgressMode progress;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description =
          "Append to a log: a line with a time for the start, each file that is copied, skipped or"
              + " fails, each message and the end, whatever -q says; more with -vv.")
  private Path logFile;

  @Option(
      names = "--json",
      description =
          "Print what happens as it happens, a JSON object a line: planned, started, copied,"
              + " skipped, failed, summary.")
  private boolean json;

  /** Starts to show progress. */
  Progress progress(boolean quiet, PrintStream err, Watch watch) {
    boolean isAuto = progress == ProgressMode.AUTO;
    // On the same terminal a bar would be mixed with the events, which show enough.
    boolean isOff =
        progress == ProgressMode.NEVER
            || (isAuto && (quiet || (json && TerminalSize.isTerminal(STDOUT))));
    return isOff
        ? Progress.NONE
        : Progress.start(isAuto, err, watch, TerminalSize.of(STDERR), Progress.PERIOD_OF_LINES);
  }

  /**
   * Checks that nothing but events goes to standard output.
   *
   * @param reportsToOutput whether the JSON report goes there
   */
  void check(boolean itemizes, boolean reportsToOutput) {
    if (json && itemizes) {
      throw new InvalidJobException("--json and --itemize both print what happens; give one");
    }
    if (json && reportsToOutput) {
      throw new InvalidJobException(
          "--json ends with the report as its summary; give --report another FILE, or leave it"
              + " out");
    }
  }

  Optional<JsonEvents> events(PrintStream out, PrintStream err) {
    return json ? Optional.of(new JsonEvents(out, err, Clock.systemUTC())) : Optional.empty();
  }

  /**
   * Opens the log file, if there is to be one.
   *
   * @param reports files that the run writes
   * @throws InvalidJobException if the log cannot be written
   */
  LogFile log(Subject subject, List<Path> reports, PrintStream err) {
    if (logFile == null) {
      return LogFile.NONE;
    }
    subject.outputs().check("log file", logFile, LogFile::isBeginning);
    return LogFile.open(logFile, reports, subject.options().dryRun(), Clock.systemUTC(), err);
  }
}
