package dev.mtb.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a program took, together with all processes that it started and waited for.
 *
 * @param peakBytes the largest resident memory of any one process
 */
record Usage(double userSeconds, double systemSeconds, long peakBytes) {
  /** Has GNU time call a program and write what {@link #read} reads. */
  static List<String> measured(Path file) {
    return List.of("time", "-q", "-o", file.toString(), "-f", "%U %S %M");
  }

  /** Empty if the program was killed together with GNU time. */
  static Optional<Usage> read(Path file) throws IOException {
    // A line before it says so if a signal ended the program.
    List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    String[] words = lines.get(lines.size() - 1).split(" ");
    return Optional.of(
        new Usage(
            Double.parseDouble(words[0]),
            Double.parseDouble(words[1]),
            Long.parseLong(words[2]) * 1024));
  }

  double processorSeconds() {
    return userSeconds + systemSeconds;
  }
}
