package dev.mtb.cli;

import com.google.common.base.Ticker;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.scan.OutputCheck;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Reports for people and for monitoring, as options. */
final class ReportOptions {
  private static final String METRICS_SUFFIX = ".prom";

  @Option(
      names = "--report-html",
      paramLabel = "FILE",
      converter = PathConverter.class,
      description =
          "Write a page about the run: totals, rates over time, the slowest files, failures. It"
              + " needs no network and no other file.")
  private Path html;

  @Option(
      names = "--metrics-file",
      paramLabel = "FILE",
      converter = PathConverter.class,
      description =
          "Write figures of the run for Prometheus (the textfile collector of its node_exporter,"
              + " which reads FILEs that end in .prom), each run into the same; a dry run writes"
              + " none.")
  private Path metrics;

  /** The places of the reports of one run, and what they need to be told meanwhile. */
  static final class Reports {
    private final Invocation invocation;
    private final Optional<ReportFile> html;
    private final Optional<ReportFile> metrics;
    private final History history = new History(Ticker.systemTicker());

    static final Reports NONE = new Reports(null, Optional.empty(), Optional.empty());

    private Reports(
        Invocation invocation, Optional<ReportFile> html, Optional<ReportFile> metrics) {
      this.invocation = invocation;
      this.html = html;
      this.metrics = metrics;
    }

    /** Follows the run. */
    BackupListener listener() {
      return html.isPresent() ? history : BackupListener.NONE;
    }

    /** The files that are replaced by them. */
    List<Path> files() {
      return Stream.of(html, metrics)
          .flatMap(Optional::stream)
          .filter(file -> !file.isSpecial())
          .map(ReportFile::path)
          .toList();
    }

    /**
     * Writes them.
     *
     * @param code how the command would exit without them
     * @return how it exits
     */
    int write(BackupReport report, int code, PrintStream out, PrintStream err) {
      int result = code;
      if (html.isPresent()) {
        String page = HtmlReport.of(invocation, report, code, history);
        result = html.get().write(() -> page, result, out, err);
      }
      if (metrics.isPresent() && !report.dryRun()) {
        ReportFile file = metrics.get();
        int exitCode = result;
        result =
            file.write(
                () ->
                    PrometheusMetrics.of(nameOf(file), invocation, report, exitCode, file.older()),
                result,
                out,
                err);
      }
      return result;
    }

    /** No two files in the collector's folder have the same. */
    private static String nameOf(ReportFile file) {
      String name = Text.path(file.path().getFileName());
      return name.endsWith(METRICS_SUFFIX)
          ? name.substring(0, name.length() - METRICS_SUFFIX.length())
          : name;
    }
  }

  /**
   * Checks that they can be written.
   *
   * @param report the place of the JSON report, if there is one
   * @throws InvalidJobException if one cannot, or should not
   */
  Reports check(Subject subject, CommandSpec command, Optional<ReportFile> report) {
    if (html == null && metrics == null) {
      return Reports.NONE;
    }
    Invocation invocation = Invocation.of(command, System.getenv(), subject);
    Optional<ReportFile> page =
        Optional.ofNullable(html)
            .map(f -> check("page", f, subject.outputs(), HtmlReport::isBeginning));
    page.ifPresent(p -> report.ifPresent(p::refuseSame));
    Optional<ReportFile> figures =
        Optional.ofNullable(metrics)
            .map(
                f ->
                    check("file of metrics", f, subject.outputs(), PrometheusMetrics::isBeginning)
                        .readableByAll());
    figures.ifPresent(
        file -> {
          report.ifPresent(file::refuseSame);
          page.ifPresent(file::refuseSame);
          checkMetrics(file, invocation.command());
        });
    return new Reports(invocation, page, figures);
  }

  private static ReportFile check(
      String what, Path given, OutputCheck outputs, Predicate<String> isOfKind) {
    if (given.equals(ReportFile.STANDARD_OUTPUT)) {
      throw new InvalidJobException(
          "the " + what + " must be a file; only --report can go to standard output");
    }
    return ReportFile.check(what, given, outputs, isOfKind);
  }

  private static void checkMetrics(ReportFile file, String command) {
    if (file.isSpecial()) {
      return;
    }
    if (!file.path().toString().endsWith(METRICS_SUFFIX)) {
      throw file.refused("must have a name that ends in .prom: node_exporter reads no others");
    }
    try {
      Optional<String> other = PrometheusMetrics.commandOf(file.older());
      if (other.isPresent() && !other.get().equals(command)) {
        throw file.refused(
            "holds those of 'mtb "
                + other.get()
                + "', whose last success would be forgotten; name"
                + " another file, or delete it");
      }
    } catch (IOException e) {
      throw file.refused(
          "cannot be read, and the time of the last success may be in it: " + ErrorText.of(e));
    }
  }
}
