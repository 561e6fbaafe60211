package dev.mtb.cli;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them: three digits that matter, and a unit. */
final class Figures {
  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P", "E"};

  private Figures() {}

  /** Such as {@code 1.25 GB}, a thousand bytes to the kilobyte, as disks and networks are sold. */
  static String bytes(long count) {
    return scaled((double) count, "B");
  }

  static String byteRate(double perSecond) {
    return scaled(perSecond, "B/s");
  }

  private static String scaled(double value, String unit) {
    double rest = value;
    int prefix = 0;
    // What would be rounded to 1000 is one of the next.
    while (rest >= 999.5 && prefix < PREFIXES.length - 1) {
      rest /= 1000;
      prefix++;
    }
    return digits(rest, prefix == 0 && value == Math.rint(value)) + " " + PREFIXES[prefix] + unit;
  }

  /** Such as {@code 1,234,567}. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Of files in a second. */
  static String rate(double perSecond) {
    return perSecond >= 999.5
        ? count(Math.round(perSecond))
        : digits(perSecond, perSecond == Math.rint(perSecond));
  }

  /** Such as {@code 0.35 s}, {@code 3 min 20 s} or {@code 2 d 4 h}. */
  static String time(Duration time) {
    double seconds = time.toNanos() / 1e9;
    if (seconds < 59.95) {
      return digits(seconds, seconds == Math.rint(seconds)) + " s";
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

  private static String pair(long large, String unit, long small, String smallUnit) {
    return large + " " + unit + (small == 0 ? "" : " " + small + " " + smallUnit);
  }

  private static String digits(double value, boolean isWhole) {
    int decimals = isWhole || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
