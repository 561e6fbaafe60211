package dev.mtb.cli;

import dev.mtb.options.Bandwidth;
import dev.mtb.options.Limits;
import picocli.CommandLine.Option;

/** How fast a run may go, as options. */
final class RateOptions {
  @Option(
      names = "--bwlimit",
      paramLabel = "RATE",
      description =
          "Bytes of content a second to write, such as 512K or 1.5M (a plain number is in KiB), or a"
              + " timetable such as '08:00,512K 19:00,off'.")
  private String bandwidth;

  @Option(
      names = "--tpslimit",
      paramLabel = "N",
      description =
          "Operations a second on the directory that is written to; if the backup is in a bucket,"
              + " HTTP requests.")
  private Double operations;

  /** Limits of what was given, and of nothing else. */
  Limits limits() {
    Limits limits = Limits.NONE;
    if (bandwidth != null) {
      limits = limits.withBandwidth(Bandwidth.parse(bandwidth));
    }
    if (operations != null && operations != 0) {
      limits = limits.withOperationsPerSecond(operations);
    }
    return limits;
  }
}
