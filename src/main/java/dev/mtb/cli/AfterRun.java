package dev.mtb.cli;

import dev.mtb.cli.report.FailureCommand;
import dev.mtb.cli.report.Subject;
import dev.mtb.cli.setup.RunRecord;
import dev.mtb.cli.setup.RunRecords;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.PathBytes;
import dev.mtb.state.StateDirectory;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What follows a run: its record for {@code mtb status}, and the command of --on-failure. */
final class AfterRun {
  private static final String WRONG_USAGE = "wrong usage; run it by hand to see what is wrong";

  private final String destination;
  private final Optional<RunRecords> records;
  private final Optional<RunRecord> begun;

  private AfterRun(String destination, Optional<RunRecords> records, Optional<RunRecord> begun) {
    this.destination = destination;
    this.records = records;
    this.begun = begun;
  }

  /**
   * For a run that begins.
   *
   * @param isRecorded whether it is a backup that changes something
   * @param optionsFile that it was started with
   */
  static AfterRun begin(Subject subject, boolean isRecorded, Optional<Path> optionsFile) {
    Optional<RunRecords> records =
        isRecorded
            ? Optional.of(RunRecords.in(StateDirectory.of(subject.options())))
            : Optional.empty();
    return new AfterRun(
        subject.name(), records, records.flatMap(r -> r.begin(subject.name(), name(optionsFile))));
  }

  /** Records that a run with a file of options could not begin. */
  static void refused(Path optionsFile, RunRecords records, int exitCode) {
    records
        .begin("", name(Optional.of(optionsFile)))
        .ifPresent(begun -> records.end(begun, exitCode, WRONG_USAGE, List.of()));
  }

  private static String name(Optional<Path> optionsFile) {
    return optionsFile.map(file -> PathBytes.toText(file.toAbsolutePath().normalize())).orElse("");
  }

  /** The run has ended, and so have its reports. */
  void ended(
      int exitCode,
      BackupReport report,
      String summary,
      Optional<FailureCommand> onFailure,
      Optional<Path> jsonFile,
      PrintStream err) {
    if (begun.isPresent()) {
      List<String> failures =
          report.failures().stream().limit(RunRecords.MOST_FAILURES).map(this::inWords).toList();
      records.orElseThrow().end(begun.get(), exitCode, summary, failures);
    }
    if (exitCode != 0 && onFailure.isPresent()) {
      onFailure.get().run(exitCode, report, destination, summary, jsonFile, err);
    }
  }

  private String inWords(Failure failure) {
    boolean isOfRun = failure.cause() == Failure.Cause.GIVEN_UP;
    return (isOfRun ? destination : PathBytes.toText(failure.path()))
        + ": "
        + OptionNames.inFlags(failure.error());
  }
}
