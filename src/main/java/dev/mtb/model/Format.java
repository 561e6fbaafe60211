package dev.mtb.model;

import java.time.Duration;
import java.util.Locale;

/**
 * How sizes, rates and durations are written, in all that MTB shows: progress, summaries, reports,
 * messages. Stateless.
 */
public final class Format {
  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P", "E"};

  private Format() {}

  /**
   * Writes a size of 0 or more, such as {@code 999 B} or {@code 2.0 GB}, with one decimal from 1 kB
   * on. A kilobyte is 1000 bytes, as the makers of disks and networks count.
   */
  public static String size(long bytes) {
    return scaled((double) bytes);
  }

  /** Writes a rate, such as {@code 12.5 MB/s}. */
  public static String rate(double bytesPerSecond) {
    return scaled(bytesPerSecond) + "/s";
  }

  /** Writes the mean rate over some time; zero counts as one nanosecond. */
  public static String rate(long bytes, Duration time) {
    return rate(bytes * 1e9 / Math.max(1, time.toNanos()));
  }

  private static String scaled(double bytes) {
    double rest = bytes;
    int prefix = 0;
    // 999.95 kB would become 1000.0 kB, so it is written as 1.0 MB.
    while (rest >= (prefix == 0 ? 999.5 : 999.95) && prefix < PREFIXES.length - 1) {
      rest /= 1000;
      prefix++;
    }
    return String.format(Locale.ROOT, prefix == 0 ? "%.0f " : "%.1f ", rest)
        + PREFIXES[prefix]
        + "B";
  }

  /**
   * Writes a duration in two units at most, such as {@code 0.4 ms}, {@code 12.3 s}, {@code 3 min 20
   * s} or {@code 2 d 4 h}. A negative one is written as zero.
   */
  public static String duration(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      return "0 s";
    }
    double seconds = duration.getSeconds() + duration.getNano() / 1e9;
    if (seconds < 0.9995) {
      double ms = seconds * 1e3;
      return (ms < 9.95 ? oneDecimal(ms) : Long.toString(Math.round(ms))) + " ms";
    }
    if (seconds < 59.95) {
      return oneDecimal(seconds) + " s";
    }
    long whole = Math.round(seconds);
    if (whole < 3600) {
      return pair(whole / 60, "min", whole % 60, "s");
    }
    long minutes = Math.round(seconds / 60);
    if (minutes < 24 * 60) {
      return pair(minutes / 60, "h", minutes % 60, "min");
    }
    long hours = Math.round(seconds / 3600);
    return pair(hours / 24, "d", hours % 24, "h");
  }

  private static String oneDecimal(double value) {
    boolean isWhole = value == Math.rint(value);
    return String.format(Locale.ROOT, isWhole ? "%.0f" : "%.1f", value);
  }

  private static String pair(long large, String unit, long small, String smallUnit) {
    return large + " " + unit + (small == 0 ? "" : " " + small + " " + smallUnit);
  }
}
