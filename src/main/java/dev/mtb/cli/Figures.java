package dev.mtb.cli;

import java.util.Locale;

/** Counts and how many a second, as the page shows them. */
final class Figures {
  private Figures() {}

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

  private static String digits(double value, boolean isWhole) {
    int decimals = isWhole || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
