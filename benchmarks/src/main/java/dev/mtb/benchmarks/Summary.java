package dev.mtb.benchmarks;

import dev.mtb.testing.CountingProxy.Counts;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** All repetitions of one tool in one cell. */
record Summary(Cell cell, Tool tool, String label, List<Measurement> runs) {

  /** The tools of a cell in the order of the plan; those without any result are left out. */
  static List<Summary> of(Cell cell, List<Measurement> measurements) {
    return cell.tools().stream()
        .map(
            tool ->
                measurements.stream()
                    .filter(run -> run.cell().equals(cell) && run.tool().equals(tool))
                    .filter(Measurement::isResult)
                    .toList())
        .filter(runs -> !runs.isEmpty())
        .map(runs -> new Summary(cell, runs.get(0).tool(), runs.get(0).label(), runs))
        .toList();
  }

  boolean timedOut() {
    return runs.stream().anyMatch(Measurement::timedOut);
  }

  double seconds() {
    return median(runs.stream().mapToDouble(Measurement::seconds).toArray());
  }

  String secondsText() {
    return timedOut()
        ? "> " + number(runs.get(0).seconds())
        : text(runs.stream().mapToDouble(Measurement::seconds).toArray());
  }

  String processorText() {
    return text(usages(Usage::processorSeconds));
  }

  /** In 10^6 bytes. */
  String peakText() {
    return text(usages(usage -> usage.peakBytes() / 1e6));
  }

  private double[] usages(ToDoubleFunction<Usage> value) {
    return runs.stream().flatMap(run -> run.usage().stream()).mapToDouble(value).toArray();
  }

  OptionalDouble requests() {
    return traffic(Counts::total);
  }

  OptionalDouble requestsPerFile() {
    OptionalDouble requests = requests();
    return requests.isPresent()
        ? OptionalDouble.of(requests.getAsDouble() / cell.shape().files())
        : requests;
  }

  OptionalDouble bytesUp() {
    return traffic(Counts::bytesUp);
  }

  OptionalDouble bytesDown() {
    return traffic(Counts::bytesDown);
  }

  private OptionalDouble traffic(ToLongFunction<Counts> value) {
    double[] values =
        runs.stream()
            .flatMap(run -> run.traffic().stream())
            .mapToDouble(value::applyAsLong)
            .toArray();
    return values.length == 0 || timedOut()
        ? OptionalDouble.empty()
        : OptionalDouble.of(median(values));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The median with, if there are several values, the least and the greatest. */
  private static String text(double[] values) {
    if (values.length == 0) {
      return "-";
    }
    String text = number(median(values));
    if (values.length > 1) {
      double[] sorted = Arrays.stream(values).sorted().toArray();
      text += " (" + number(sorted[0]) + " to " + number(sorted[sorted.length - 1]) + ")";
    }
    return text;
  }

  /** Three digits that count. */
  static String number(double value) {
    String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
