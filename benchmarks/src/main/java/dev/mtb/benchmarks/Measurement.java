package dev.mtb.benchmarks;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Kind;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What one run of one tool took.
 *
 * @param sideBySide whether other tools that mostly wait ran at the same time
 * @param usage empty if the time was up
 * @param traffic what went over the link; empty from folder to folder
 * @param problem why this is no result; empty if the copy is right, or the time was up
 * @param wrongTimes how many files of the copy have another mtime than their source
 */
record Measurement(
    Cell cell,
    Tool tool,
    String label,
    int repetition,
    boolean sideBySide,
    double seconds,
    boolean timedOut,
    Optional<Usage> usage,
    Optional<Counts> traffic,
    Optional<String> problem,
    int wrongTimes) {

  /** The same as it stands in the JSON file. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Raw(
      String link,
      String scenario,
      int files,
      int directories,
      long fileBytes,
      String tool,
      String command,
      int repetition,
      boolean sideBySide,
      double seconds,
      boolean timedOut,
      Long requests,
      Map<Kind, Long> requestsByKind,
      Long bytesUp,
      Long bytesDown,
      Double userSeconds,
      Double systemSeconds,
      Long peakBytes,
      int wrongTimes,
      String problem) {}

  boolean isResult() {
    return problem.isEmpty();
  }

  Raw raw() {
    return new Raw(
        cell.link().label(),
        cell.scenario().id(),
        cell.shape().files(),
        cell.shape().directories(),
        cell.shape().fileBytes(),
        tool.id(),
        label,
        repetition,
        sideBySide,
        Math.round(seconds * 1000) / 1000.0,
        timedOut,
        traffic.map(Counts::total).orElse(null),
        traffic.map(counts -> (Map<Kind, Long>) new TreeMap<>(counts.requests())).orElse(null),
        traffic.map(Counts::bytesUp).orElse(null),
        traffic.map(Counts::bytesDown).orElse(null),
        usage.map(Usage::userSeconds).orElse(null),
        usage.map(Usage::systemSeconds).orElse(null),
        usage.map(Usage::peakBytes).orElse(null),
        wrongTimes,
        problem.orElse(null));
  }
}
