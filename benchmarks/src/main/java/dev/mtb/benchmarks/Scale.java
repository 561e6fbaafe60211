package dev.mtb.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** An axis from its first to its last value, with round numbers on it. */
record Scale(boolean logarithmic, double low, double high, List<Double> ticks) {
  private static final double MARGIN = 1.03;

  static Scale linear(double most) {
    double high = Math.max(most, 1e-3) * MARGIN;
    double step = roundBelow(high / 3);
    List<Double> ticks = new ArrayList<>();
    for (int i = 0; i * step <= high; i++) {
      ticks.add(i * step);
    }
    return new Scale(false, 0, high, ticks);
  }

  static Scale logarithmic(double least, double most) {
    // Below the least value, so that every bar has some length.
    double low = roundBelow(Math.max(least, 1e-3) * 0.75);
    double high = Math.max(most, low * 10) * MARGIN;
    List<Double> ticks = new ArrayList<>();
    for (double tick = low; tick <= high; tick = next(tick)) {
      ticks.add(tick);
    }
    return new Scale(true, low, high, ticks);
  }

  /** Where a value stands, from 0 to 1. */
  double position(double value) {
    return logarithmic
        ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
        : (value - low) / (high - low);
  }

  /** The largest of 1, 2, 5, 10, 20, 50 and so on that is not above. */
  private static double roundBelow(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    double leading = value / power;
    return power * (leading >= 5 ? 5 : leading >= 2 ? 2 : 1);
  }

  private static double next(double tick) {
    double power = Math.pow(10, Math.floor(Math.log10(tick * 1.0001)));
    long leading = Math.round(tick / power);
    return power * (leading == 1 ? 2 : leading == 2 ? 5 : 10);
  }
}
