package dev.mtb.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Draws one chart of seconds for each scenario, and one of requests per file. */
final class Charts {
  private final Options options;
  private final List<Cell> plan;
  private final List<Measurement> measurements;
  private final Map<String, String> versions;

  Charts(
      Options options,
      List<Cell> plan,
      List<Measurement> measurements,
      Map<String, String> versions) {
    this.options = options;
    this.plan = plan;
    this.measurements = measurements;
    this.versions = versions;
  }

  void write(Path folder) throws IOException {
    for (Scenario scenario : Scenario.values()) {
      String prefix = options.mode == Mode.S3FS ? "" : options.mode.fileName + "-";
      write(folder.resolve(prefix + name(scenario) + ".svg"), seconds(scenario));
    }
    if (options.mode == Mode.S3FS) {
      write(folder.resolve("requests-per-file.svg"), requests());
    }
  }

  private static String name(Scenario scenario) {
    return switch (scenario) {
      case FIRST -> "first-backup";
      case UNCHANGED -> "nothing-changed";
      case CHANGED -> "one-percent-changed";
      case RESTORE -> "restore";
      case LARGE -> "large-file";
      case DEEP -> "deep-tree";
      case SOURCE -> "source";
    };
  }

  private static void write(Path file, BarChart chart) throws IOException {
    if (!chart.isEmpty()) {
      Files.writeString(file, chart.svg(), UTF_8);
    }
  }

  private BarChart seconds(Scenario scenario) {
    List<Cell> cells = plan.stream().filter(cell -> cell.scenario() == scenario).toList();
    Optional<Shape> shape = Plan.commonShape(cells);
    BarChart chart =
        new BarChart(
            title(scenario, shape),
            conditions(),
            "seconds, less is better (logarithmic scale)",
            true);
    for (Cell cell : cells) {
      String group =
          options.mode == Mode.LOCAL
              ? cell.link().label()
              : cell.link().roundTripMillis()
                  + " ms round trip"
                  + (cell.link().upMegabits() == 0
                      ? ""
                      : ", " + cell.link().upMegabits() + " Mbit/s up");
      chart.add(
          shape.isPresent() ? group : group + ": " + cell.shape().label(),
          Summary.of(cell, measurements).stream()
              .map(
                  summary ->
                      new BarChart.Bar(
                          summary.label(),
                          summary.seconds(),
                          (summary.timedOut() ? "> " : "")
                              + Summary.number(summary.seconds())
                              + " s",
                          summary.tool().equals(Tool.MTB),
                          summary.timedOut()))
              .toList());
    }
    return chart;
  }

  private static String title(Scenario scenario, Optional<Shape> shape) {
    String of = shape.map(Shape::label).orElse("");
    if (scenario == Scenario.LARGE) {
      return of.isEmpty() ? "First backup of one large file" : "First backup of " + of;
    }
    return scenario.title() + (of.isEmpty() ? "" : ": " + of);
  }

  /** Requests do not depend on the link, so the one with the most tools stands for all. */
  private BarChart requests() {
    BarChart chart =
        new BarChart(
            "Requests to the bucket per file",
            conditions(),
            "requests per file, less is better",
            false);
    for (Scenario scenario : List.of(Scenario.FIRST, Scenario.UNCHANGED, Scenario.CHANGED)) {
      plan.stream()
          .filter(cell -> cell.scenario() == scenario)
          .reduce((a, b) -> b.tools().size() > a.tools().size() ? b : a)
          .ifPresent(cell -> chart.add(capitalized(MarkdownReport.title(cell)), bars(cell)));
    }
    return chart;
  }

  private static String capitalized(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private List<BarChart.Bar> bars(Cell cell) {
    return Summary.of(cell, measurements).stream()
        .filter(summary -> summary.requestsPerFile().isPresent())
        .map(
            summary -> {
              double value = summary.requestsPerFile().getAsDouble();
              String text = String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
              return new BarChart.Bar(
                  summary.label(), value, text, summary.tool().equals(Tool.MTB), false);
            })
        .toList();
  }

  private String conditions() {
    return switch (options.mode) {
      case LOCAL -> "From folder to folder";
      case BUCKET -> "Straight to the bucket, over " + (options.tls.isPresent() ? "HTTPS" : "HTTP");
      case S3FS ->
          "Onto a fresh mount by s3fs "
              + versions.get("s3fs")
              + ", "
              + (options.mountOptions.isEmpty()
                  ? "default options"
                  : String.join(",", options.mountOptions));
    };
  }
}
