package dev.mtb.cli;

import dev.mtb.cli.report.FailureCommand;
import dev.mtb.cli.report.Invocation;
import dev.mtb.cli.report.ReportFile;
import dev.mtb.cli.report.Reports;
import dev.mtb.cli.report.Subject;
import dev.mtb.model.InvalidJobException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Options that say which reports are written. */
final class ReportOptions {
  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Write the run's report as JSON; '-' is standard output.")
  private Path json;

  @Option(
      names = "--report-html",
      paramLabel = "FILE",
      description =
          "Write a page about the run: totals, rates over time, the slowest files, failures. It"
              + " needs no network and no other file.")
  private Path html;

  @Option(
      names = "--metrics-file",
      paramLabel = "FILE",
      description =
          "Write figures of the run for Prometheus (the textfile collector of its node_exporter,"
              + " which reads FILEs that end in .prom), each run into the same; a dry run writes"
              + " none.")
  private Path metrics;

  @Option(
      names = "--on-failure",
      paramLabel = "COMMAND",
      description =
          "Have /bin/sh run this after a run that exits with another code than 0 or 24. It finds the code,"
              + " ok, partial, failed or interrupted, the summary, the destination and the name of a"
              + " JSON report in MTB_RUN_EXIT_CODE, MTB_RUN_STATUS, MTB_RUN_MESSAGE,"
              + " MTB_RUN_DESTINATION and MTB_RUN_REPORT.")
  private String onFailure;

  Optional<FailureCommand> onFailure() {
    return Optional.ofNullable(onFailure).map(FailureCommand::new);
  }

  boolean useStandardOutput() {
    return ReportFile.STANDARD_OUTPUT.equals(json);
  }

  /**
   * Checks that the reports can be written.
   *
   * @throws InvalidJobException if one cannot, or should not
   */
  Reports check(Subject subject, CommandSpec command) {
    Invocation invocation =
        Invocation.of(
            command.name(),
            command.commandLine().getParseResult().originalArgs(),
            EnvironmentDefaults.inUse(command, System.getenv()),
            subject);
    return Reports.check(
        invocation,
        Optional.ofNullable(json),
        Optional.ofNullable(html),
        Optional.ofNullable(metrics));
  }
}
