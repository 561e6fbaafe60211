package dev.mtb.benchmarks;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** The tables. */
final class MarkdownReport {
  private static final double MEGABYTE = 1e6;

  private final List<String> lines = new ArrayList<>();
  private final Options options;
  private final List<Measurement> measurements;

  private MarkdownReport(Options options, List<Measurement> measurements) {
    this.options = options;
    this.measurements = measurements;
  }

  static String of(
      Options options,
      List<Cell> plan,
      List<Measurement> measurements,
      Instant date,
      Map<String, String> machine,
      Map<String, String> versions) {
    MarkdownReport report = new MarkdownReport(options, measurements);
    report.header(date, machine, versions);
    plan.forEach(report::table);
    report.problems();
    return String.join("\n", report.lines) + "\n";
  }

  private void header(Instant date, Map<String, String> machine, Map<String, String> versions) {
    String day = DateTimeFormatter.ISO_LOCAL_DATE.withZone(ZoneOffset.UTC).format(date);
    lines.add("# " + options.mode.title + (options.tls.isPresent() ? ", over HTTPS" : ""));
    lines.add("");
    String mode = options.mode == Mode.S3FS ? "" : " " + options.mode.fileName;
    lines.add("Measured by `benchmarks/run" + mode + "` on " + day + ".");
    lines.add("");
    machine.forEach((name, value) -> lines.add("- " + name + ": " + value));
    lines.add(
        "- "
            + versions.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", ")));
    if (options.mode == Mode.S3FS) {
      lines.add(
          "- s3fs mounted with "
              + (options.mountOptions.isEmpty()
                  ? "default options"
                  : "`" + String.join(",", options.mountOptions) + "`")
              + ", and mounted afresh before each run");
    }
    lines.add(
        "- "
            + (options.repeat == 1
                ? "One run each."
                : "Medians of " + options.repeat + " runs each, with the fastest and slowest."));
    if (!options.missing.isEmpty()) {
      lines.add("- Left out, because it is not installed: " + String.join(", ", options.missing));
    }
    if (measurements.stream().anyMatch(Measurement::sideBySide)) {
      lines.add(
          "- Tools marked \\* have one request under way at a time and so wait nearly all the time;"
              + " they ran side by side, each with a server, a proxy and a mount of its own."
              + " All others ran alone.");
    }
    lines.add("");
  }

  private void table(Cell cell) {
    List<Summary> summaries = Summary.of(cell, measurements);
    if (summaries.isEmpty()) {
      return;
    }
    lines.add("## " + cell.link().label() + ": " + title(cell));
    lines.add("");
    boolean counted = options.mode != Mode.LOCAL;
    lines.add(
        "| tool | clock s | against MTB | processor s | peak MB |"
            + (counted ? " requests | per file | MB up | MB down |" : ""));
    lines.add("|---|---:|---:|---:|---:|" + (counted ? "---:|---:|---:|---:|" : ""));
    Optional<Summary> mtb =
        summaries.stream().filter(s -> s.tool().equals(Tool.MTB) && !s.timedOut()).findFirst();
    for (Summary summary : summaries) {
      List<String> row = new ArrayList<>();
      row.add(summary.label() + (summary.runs().get(0).sideBySide() ? " \\*" : ""));
      row.add(summary.secondsText());
      row.add(mtb.map(base -> ratio(summary, base)).orElse(""));
      row.add(summary.processorText());
      row.add(summary.peakText());
      if (counted) {
        row.add(text(summary.requests(), "%,.0f", 1));
        row.add(text(summary.requestsPerFile(), "%,.2f", 1));
        row.add(text(summary.bytesUp(), "%,.2f", MEGABYTE));
        row.add(text(summary.bytesDown(), "%,.2f", MEGABYTE));
      }
      lines.add("| " + String.join(" | ", row) + " |");
    }
    for (Summary summary : summaries) {
      int wrong = summary.runs().stream().mapToInt(Measurement::wrongTimes).max().orElse(0);
      if (wrong > 0) {
        lines.add("");
        lines.add(
            String.format(
                Locale.ROOT,
                "After %s, %,d of %,d files did not have the mtime of their source.",
                summary.label(),
                wrong,
                cell.shape().files()));
      }
    }
    lines.add("");
  }

  static String title(Cell cell) {
    return cell.scenario() == Scenario.LARGE
        ? cell.shape().label()
        : cell.scenario().title().toLowerCase(Locale.ROOT) + ", " + cell.shape().label();
  }

  private static String ratio(Summary summary, Summary mtb) {
    String ratio = Summary.number(summary.seconds() / mtb.seconds()) + " ×";
    return summary.timedOut() ? "> " + ratio : ratio;
  }

  private static String text(OptionalDouble value, String format, double unit) {
    return value.isPresent() ? String.format(Locale.ROOT, format, value.getAsDouble() / unit) : "-";
  }

  private void problems() {
    List<Measurement> failed = measurements.stream().filter(run -> !run.isResult()).toList();
    if (failed.isEmpty()) {
      return;
    }
    lines.add("## No result");
    lines.add("");
    for (Measurement run : failed) {
      lines.add(
          "- "
              + run.cell().link().label()
              + ", "
              + title(run.cell())
              + ", "
              + run.label()
              + ": "
              + run.problem().orElse("").replaceAll("\\s+", " "));
    }
    lines.add("");
  }
}
