package dev.mtb.cli;

import java.util.Locale;

/** Numbers of files, as the page shows them. */
final class Figures {
  private Figures() {}

  /** Such as {@code 1,234,567}. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A rate, such as {@code 12.3/s}. */
  static String rate(double perSecond) {
    if (perSecond >= 999.5) {
      return count(Math.round(perSecond)) + "/s";
    }
    boolean isWhole = perSecond == Math.rint(perSecond);
    int decimals = isWhole || perSecond >= 99.95 ? 0 : perSecond >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f/s", perSecond);
  }
}
