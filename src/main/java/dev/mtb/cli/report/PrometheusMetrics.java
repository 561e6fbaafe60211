package dev.mtb.cli.report;

import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The report in Prometheus's text format (version 0.0.4), for the textfile collector of its
 * node_exporter. The names are a promise to other programs.
 */
final class PrometheusMetrics {
  private static final String LAST_SUCCESS = "mtb_last_success_timestamp_seconds";
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,9})?");
  private static final Pattern COMMAND = Pattern.compile("(?m)^mtb_\\w+\\{.*\\bcommand=\"(\\w+)\"");

  private final String labels;
  private final StringBuilder text = new StringBuilder();

  private PrometheusMetrics(String labels) {
    this.labels = labels;
  }

  /** Whether a text is the beginning of such a file. */
  static boolean isBeginning(String text) {
    return text.startsWith("# HELP mtb_");
  }

  /**
   * Makes the file.
   *
   * @param name of this backup. No other file of the collector may have it: the collector would
   *     refuse all files.
   * @param exitCode of the command
   * @param older what the file held before, which may be anything
   */
  static String of(
      String name, Invocation invocation, BackupReport report, int exitCode, String older) {
    String labels =
        "backup=\"%s\",command=\"%s\",destination=\"%s\""
            .formatted(
                escaped(name),
                escaped(invocation.command()),
                escaped(invocation.subject().destination()));
    return new PrometheusMetrics(labels).text(report, exitCode, older);
  }

  /** Which command wrote a file of metrics. */
  static Optional<String> commandOf(String metrics) {
    Matcher matcher = COMMAND.matcher(metrics);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** The value of a label. */
  static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private String text(BackupReport report, int exitCode, String older) {
    Totals totals = report.totals();
    Instant end = report.startedAt().plus(report.elapsed());
    String endSeconds = seconds(end.toEpochMilli());
    gauge(
        LAST_SUCCESS,
        "When the last run ended that exited with 0; 0 if none has.",
        exitCode == 0 ? endSeconds : lastSuccess(older, endSeconds));
    gauge(
        "mtb_last_run_start_timestamp_seconds",
        "When the last run began.",
        seconds(report.startedAt().toEpochMilli()));
    gauge(
        "mtb_last_run_duration_seconds",
        "How long the last run took.",
        seconds(report.elapsed().toMillis()));
    gauge("mtb_last_run_exit_code", "Exit code of the last run: 0 if all is safe.", exitCode);
    header("mtb_last_run_files", "Files of the last run, by what became of them.");
    files("unchanged", totals.unchanged());
    files("copied", totals.copied());
    files("deleted", totals.deleted());
    files("skipped", totals.skipped());
    files("failed", totals.failed());
    files("extra", totals.extra());
    header("mtb_last_run_failures", "Failures of the last run, by what was being done.");
    for (Failure.Stage stage : Failure.Stage.values()) {
      long count = report.failures().stream().filter(f -> f.stage() == stage).count();
      sample("mtb_last_run_failures", ",stage=\"" + Text.lower(stage) + "\"", count);
    }
    gauge("mtb_last_run_scanned_files", "Files that the last run looked at.", totals.scanned());
    gauge(
        "mtb_last_run_scanned_bytes",
        "Size of the files that the last run looked at.",
        totals.bytesScanned());
    gauge(
        "mtb_last_run_copied_bytes",
        "Size of the files that the last run copied.",
        totals.bytesCopied());
    gauge(
        "mtb_last_run_created_directories",
        "Directories that the last run made.",
        totals.directoriesCreated());
    return text.toString();
  }

  private void files(String outcome, long count) {
    sample("mtb_last_run_files", ",outcome=\"" + outcome + "\"", count);
  }

  private void header(String name, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(" gauge\n");
  }

  /** Adds a gauge with one sample. */
  private void gauge(String name, String help, Object value) {
    header(name, help);
    sample(name, "", value);
  }

  private void sample(String name, String moreLabels, Object value) {
    text.append(start(name, moreLabels)).append(value).append('\n');
  }

  private String start(String name, String moreLabels) {
    return name + "{" + labels + moreLabels + "} ";
  }

  /**
   * The last success that an earlier run of the same backup has written. A value that cannot be
   * read, or lies in the future, is no success: an alarm too many is better than one too few.
   */
  private String lastSuccess(String older, String end) {
    String start = start(LAST_SUCCESS, "");
    return older
        .lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .filter(value -> NUMBER.matcher(value).matches())
        .filter(value -> new BigDecimal(value).compareTo(new BigDecimal(end)) <= 0)
        .findFirst()
        .orElse("0");
  }

  private static String seconds(long millis) {
    return BigDecimal.valueOf(millis, 3).toPlainString();
  }
}
