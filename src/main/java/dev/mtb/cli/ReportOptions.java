package dev.mtb.cli;

import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.scan.OutputCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;
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

  boolean useStandardOutput() {
    return ReportFile.STANDARD_OUTPUT.equals(json);
  }

  /**
   * Checks that the reports can be written.
   *
   * @throws InvalidJobException if one cannot, or should not
   */
  Reports check(Subject subject, CommandSpec command) {
    OutputCheck outputs = subject.outputs();
    Invocation invocation =
        Invocation.of(
            command.name(),
            command.commandLine().getParseResult().originalArgs(),
            EnvironmentDefaults.inUse(command, System.getenv()),
            subject);
    Optional<ReportFile> report =
        Optional.ofNullable(json).map(file -> ReportFile.check(file, outputs));
    Optional<ReportFile> page = check("page", html, outputs, HtmlReport::isBeginning);
    Optional<ReportFile> figures =
        check("file of metrics", metrics, outputs, PrometheusMetrics::isBeginning)
            .map(ReportFile::readableByAll);
    page.ifPresent(file -> report.ifPresent(file::refuseSame));
    figures.ifPresent(
        file -> {
          report.ifPresent(file::refuseSame);
          page.ifPresent(file::refuseSame);
          checkMetrics(file, invocation.command());
        });
    return new Reports(invocation, report, page, figures);
  }

  private static Optional<ReportFile> check(
      String what, Path given, OutputCheck outputs, Predicate<String> isOfKind) {
    if (ReportFile.STANDARD_OUTPUT.equals(given)) {
      throw new InvalidJobException(
          "the " + what + " must be a file; only --report can go to standard output");
    }
    return Optional.ofNullable(given).map(file -> ReportFile.check(what, file, outputs, isOfKind));
  }

  private static void checkMetrics(ReportFile file, String command) {
    if (file.isSpecial()) {
      return;
    }
    if (!file.path().toString().endsWith(Reports.METRICS_SUFFIX)) {
      throw file.refused("must have a name that ends in .prom: node_exporter reads no others");
    }
    try {
      Optional<String> other = PrometheusMetrics.commandOf(file.older());
      if (other.isPresent() && !other.get().equals(command)) {
        throw file.refused(
            "holds those of 'mtb "
                + other.get()
                + "', whose last success would be forgotten; name another file, or delete it");
      }
    } catch (IOException e) {
      throw file.refused(
          "cannot be read, and the time of the last success may be in it: " + ErrorText.of(e));
    }
  }
}
