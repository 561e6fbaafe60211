package dev.mtb.cli;

import dev.mtb.cli.report.FailureCommand;
import dev.mtb.cli.setup.RunRecord;
import dev.mtb.cli.setup.RunRecords;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.PathBytes;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What follows a run: its record for {@code mtb status}, and the command of --on-failure. For one
 * thread.
 */
final class AfterRun {
  private final Supplier<Optional<FailureCommand>> onFailure;
  private final PrintStream err;
  private Optional<RunRecords> records = Optional.empty();
  private Optional<RunRecord> begun = Optional.empty();
  private boolean isOver;

  /**
   * Before a command line is read.
   *
   * @param onFailure what was read of it
   */
  AfterRun(Supplier<Optional<FailureCommand>> onFailure, PrintStream err) {
    this.onFailure = onFailure;
    this.err = err;
  }

  /**
   * The run is one that {@code mtb status} tells of, and begins.
   *
   * @param destination empty if it is not known
   * @param waits whether the run waits for another that writes to the destination
   */
  void begin(RunRecords all, String destination, Optional<Path> optionsFile, boolean waits) {
    records = Optional.of(all);
    begun =
        all.begin(
            destination,
            optionsFile.map(file -> PathBytes.toText(file.toAbsolutePath().normalize())).orElse(""),
            waits);
  }

  boolean hasBegun() {
    return begun.isPresent();
  }

  /**
   * The run has ended, and so have its reports.
   *
   * @param jsonFile where its JSON report is, if it is in a file
   */
  void ended(
      int exitCode,
      BackupReport report,
      String destination,
      String summary,
      Optional<Path> jsonFile) {
    List<String> failures =
        report.failures().stream()
            .limit(RunRecords.MOST_FAILURES)
            .map(failure -> inWords(failure, destination))
            .toList();
    end(exitCode, summary, failures);
    if (!RunRecord.isSuccess(exitCode)) {
      // The summary of a run that was given up counts files only.
      String message =
          report.failures().stream()
              .filter(AfterRun::isOfRun)
              .findFirst()
              .map(failure -> summary + "; " + inWords(failure, destination))
              .orElse(summary);
      onFailure
          .get()
          .ifPresent(command -> command.run(exitCode, report, destination, message, jsonFile, err));
    }
  }

  /** The run could not begin, or ended with an internal error: it has no report. */
  void refused(int exitCode, String message) {
    if (isOver) {
      return;
    }
    end(exitCode, message, List.of());
    onFailure.get().ifPresent(command -> command.run(exitCode, message, err));
  }

  private void end(int exitCode, String summary, List<String> failures) {
    isOver = true;
    begun.ifPresent(run -> records.orElseThrow().end(run, exitCode, summary, failures));
  }

  private static boolean isOfRun(Failure failure) {
    return failure.cause() == Failure.Cause.GIVEN_UP;
  }

  private static String inWords(Failure failure, String destination) {
    String path = PathBytes.toText(failure.path());
    return (isOfRun(failure) || path.isEmpty() ? destination : path)
        + ": "
        + OptionNames.inFlags(failure.error());
  }
}
