package dev.mtb.cli.report;

import com.google.common.base.Ticker;
import dev.mtb.cli.text.Text;
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

/** The reports of one run. */
public final class Reports {
  private static final String METRICS_SUFFIX = ".prom";

  private final Invocation invocation;
  private final Optional<ReportFile> json;
  private final Optional<ReportFile> html;
  private final Optional<ReportFile> metrics;
  private final History history = new History(Ticker.systemTicker());

  private Reports(
      Invocation invocation,
      Optional<ReportFile> json,
      Optional<ReportFile> html,
      Optional<ReportFile> metrics) {
    this.invocation = invocation;
    this.json = json;
    this.html = html;
    this.metrics = metrics;
  }

  /**
   * Checks that reports can be written.
   *
   * @param json the JSON report, which alone may go to standard output
   * @param html the page
   * @param metrics the file of metrics
   * @throws InvalidJobException if one cannot be written, or should not
   */
  public static Reports check(
      Invocation invocation, Optional<Path> json, Optional<Path> html, Optional<Path> metrics) {
    OutputCheck outputs = invocation.subject().outputs();
    Optional<ReportFile> report = json.map(file -> ReportFile.check(file, outputs));
    Optional<ReportFile> page =
        html.map(file -> check("page", file, outputs, HtmlReport::isBeginning));
    Optional<ReportFile> figures =
        metrics.map(
            file ->
                check("file of metrics", file, outputs, PrometheusMetrics::isBeginning)
                    .readableByAll());
    page.ifPresent(file -> report.ifPresent(file::refuseSame));
    figures.ifPresent(
        file -> {
          report.ifPresent(file::refuseSame);
          page.ifPresent(file::refuseSame);
          checkMetrics(file, invocation.command());
        });
    return new Reports(invocation, report, page, figures);
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
                + "', whose last success would be forgotten; name another file, or delete it");
      }
    } catch (IOException e) {
      throw file.refused(
          "cannot be read, and the time of the last success may be in it: " + ErrorText.of(e));
    }
  }

  /** Collects what the reports need to know beyond the report of the run. */
  public BackupListener listener() {
    return html.isPresent() ? history : BackupListener.NONE;
  }

  /** The files that the reports replace. */
  public List<Path> paths() {
    return Stream.of(json, html, metrics)
        .flatMap(Optional::stream)
        .filter(file -> !file.isSpecial())
        .map(ReportFile::path)
        .toList();
  }

  /** The JSON report, if it goes to a file of its own. */
  public Optional<Path> jsonFile() {
    return json.filter(file -> !file.isSpecial()).map(ReportFile::path);
  }

  /**
   * Writes the reports.
   *
   * @return the exit code, which is not 0 if one could not be written
   */
  public int write(BackupReport report, PrintStream out, PrintStream err) {
    String destination = invocation.subject().name();
    int code = report.exitCode();
    if (json.isPresent()) {
      code =
          json.get()
              .write(
                  () -> JsonReport.of(report, destination, invocation.subject().style()) + "\n",
                  code,
                  out,
                  err);
    }
    if (html.isPresent()) {
      // The later ones tell the exit code, and so what became of the earlier ones.
      String page = HtmlReport.of(invocation, report, code, history);
      code = html.get().write(() -> page, code, out, err);
    }
    if (metrics.isPresent() && !report.dryRun()) {
      ReportFile file = metrics.get();
      int last = code;
      code =
          file.write(
              () -> PrometheusMetrics.of(nameOf(file), invocation, report, last, file.older()),
              code,
              out,
              err);
    }
    return code;
  }

  /** Unique in the collector's directory. */
  private static String nameOf(ReportFile file) {
    String name = Text.path(file.path().getFileName());
    return name.endsWith(METRICS_SUFFIX)
        ? name.substring(0, name.length() - METRICS_SUFFIX.length())
        : name;
  }
}
