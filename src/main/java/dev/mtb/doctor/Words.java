package dev.mtb.doctor;

import java.time.Duration;
import java.util.Locale;

/** How figures are said. */
final class Words {
  private static final long GIGABYTE = 1_000_000_000;

  private Words() {}

  /** Rounded, in the largest unit of which there are two at least: {@code 42 s}, {@code 3 min}. */
  static String duration(Duration duration) {
    long seconds = duration.plusMillis(500).toSeconds();
    long minutes = duration.plusSeconds(30).toMinutes();
    long hours = duration.plusMinutes(30).toHours();
    if (hours >= 2) {
      return hours + " h";
    }
    return minutes >= 2 ? minutes + " min" : Math.max(1, seconds) + " s";
  }

  /** {@code 0.4 ms}, {@code 12 ms}. */
  static String milliseconds(Duration duration) {
    double ms = duration.toNanos() / 1e6;
    return String.format(Locale.ROOT, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  }

  /** {@code 0.4 GB}, {@code 1,234.5 GB}: what is free is counted in these. */
  static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f GB", (double) bytes / GIGABYTE);
  }
}
