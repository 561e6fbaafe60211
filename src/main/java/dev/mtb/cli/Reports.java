package dev.mtb.cli;

import com.google.common.base.Ticker;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The reports of one run. */
final class Reports {
  static final String METRICS_SUFFIX = ".prom";

  private final Invocation invocation;
  private final Optional<ReportFile> json;
  private final Optional<ReportFile> html;
  private final Optional<ReportFile> metrics;
  private final History history = new History(Ticker.systemTicker());

  Reports(
      Invocation invocation,
      Optional<ReportFile> json,
      Optional<ReportFile> html,
      Optional<ReportFile> metrics) {
    this.invocation = invocation;
    this.json = json;
    this.html = html;
    this.metrics = metrics;
  }

  /** Collects what the reports need to know beyond the report of the run. */
  BackupListener listener() {
    return html.isPresent() ? history : BackupListener.NONE;
  }

  /** The files that the reports replace. */
  List<Path> paths() {
    return Stream.of(json, html, metrics)
        .flatMap(Optional::stream)
        .filter(file -> !file.isSpecial())
        .map(ReportFile::path)
        .toList();
  }

  /**
   * Writes the reports.
   *
   * @return the exit code, which is not 0 if one could not be written
   */
  int write(BackupReport report, PrintStream out, PrintStream err) {
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

  /** Unique in the collector's folder. */
  private static String nameOf(ReportFile file) {
    String name = Text.path(file.path().getFileName());
    return name.endsWith(METRICS_SUFFIX)
        ? name.substring(0, name.length() - METRICS_SUFFIX.length())
        : name;
  }
}
