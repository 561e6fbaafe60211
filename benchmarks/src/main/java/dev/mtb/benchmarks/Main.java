package dev.mtb.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures, and writes tables, charts and raw figures. Started by {@code benchmarks/run}. */
public final class Main {
  private Main() {}

  /**
   * Runs the benchmarks.
   *
   * @param args see {@code benchmarks/run --help}
   * @throws Exception if something else than a measured tool fails
   */
  public static void main(String[] args) throws Exception {
    Options options;
    List<Cell> plan;
    try {
      options = Options.parse(args);
      plan = Plan.of(options);
    } catch (IllegalArgumentException e) {
      System.err.println("benchmarks/run: " + e.getMessage() + " (see --help)");
      System.exit(2);
      return;
    }
    Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    List<Measurement> measurements;
    try (Bench bench = new Bench(options)) {
      measurements = bench.run(plan);
    }
    write(options, plan, measurements, start);
    System.err.println(
        "Done in " + Duration.between(start, Instant.now()).toSeconds() + " s: " + options.out);
    System.exit(measurements.stream().allMatch(Measurement::isResult) ? 0 : 1);
  }

  private static void write(
      Options options, List<Cell> plan, List<Measurement> measurements, Instant date)
      throws IOException {
    Map<String, String> machine = Machine.describe();
    Map<String, String> versions = Machine.versions(options);
    Files.createDirectories(options.out);
    String name = options.mode.fileName;
    Path tables = options.out.resolve(name + ".md");
    Files.writeString(
        tables, MarkdownReport.of(options, plan, measurements, date, machine, versions), UTF_8);
    Map<String, Object> raw = new LinkedHashMap<>();
    raw.put("date", date.toString());
    raw.put("machine", machine);
    raw.put("versions", versions);
    raw.put("mountOptions", options.mountOptions);
    raw.put("measurements", measurements.stream().map(Measurement::raw).toList());
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(options.out.resolve(name + ".json").toFile(), raw);
    new Charts(options, plan, measurements, versions).write(options.out);
    System.out.print(Files.readString(tables));
  }
}
