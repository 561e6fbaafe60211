package dev.mtb.cli.report;

import dev.mtb.model.Format;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.ToLongFunction;

/**
 * A rate over time, drawn in steps: nothing is interpolated between two samples.
 *
 * <p>A browser stretches the drawing to the width of the page. It would stretch text with it, so
 * the numbers stand beside the drawing; a sample shows its own under the pointer.
 *
 * @param style the class of the drawing
 * @param format writes a rate
 * @param samples the whole run, at least one
 * @param count the number of a sample that is shown
 */
record Chart(
    String title,
    String style,
    DoubleFunction<String> format,
    List<Throughput.Sample> samples,
    ToLongFunction<Throughput.Sample> count) {
  /** The size of the drawing in its own units, of which fractions have one decimal. */
  private static final int WIDTH = 1000;

  private static final int HEIGHT = 100;

  /** Marks of time; a phone shows each second one. */
  private static final int MARKS = 4;

  /** Whether there is nothing to show. */
  boolean isFlat() {
    return samples.stream().mapToLong(count).allMatch(c -> c == 0);
  }

  void draw(Html page) {
    double highest = samples.stream().mapToDouble(this::rate).max().orElseThrow();
    Duration end = samples.get(samples.size() - 1).to();
    double mean = samples.stream().mapToLong(count).sum() * 1e9 / end.toNanos();
    double top = nextRound(highest);
    String summary = "mean " + format.apply(mean) + ", highest " + format.apply(highest);
    page.line("<figure class=\"" + style + "\">")
        .raw("<figcaption>")
        .element("b", title)
        .element("span", summary)
        .line("</figcaption>")
        .raw("<div class=\"plot\"><div class=\"scale\">")
        .element("span", format.apply(top))
        .element("span", format.apply(top / 2))
        .element("span", "0")
        .line("</div>")
        .raw("<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\"".formatted(WIDTH, HEIGHT))
        .raw(" role=\"img\" aria-label=\"")
        .line(Html.escaped(title + " over time: " + summary) + "\">")
        .line(
            "<path class=\"grid\" d=\"M0,0H%1$dM0,%2$dH%1$dM0,%3$dH%1$d\"/>"
                .formatted(WIDTH, HEIGHT / 2, HEIGHT));
    StringBuilder outline = new StringBuilder("M0," + HEIGHT);
    for (Throughput.Sample sample : samples) {
      outline.append("V").append(y(rate(sample), top)).append("H").append(x(sample.to(), end));
    }
    page.line("<path class=\"area\" d=\"" + outline + "V" + HEIGHT + "Z\"/>");
    for (Throughput.Sample sample : samples) {
      String x = x(sample.from(), end);
      String width = x(sample.to().minus(sample.from()), end);
      page.raw("<rect x=\"%s\" width=\"%s\" height=\"%d\">".formatted(x, width, HEIGHT))
          .element("title", Format.duration(sample.from()) + ": " + format.apply(rate(sample)))
          .line("</rect>");
    }
    page.line("</svg>").raw("<div class=\"time\">").element("span", "0");
    for (int mark = 1; mark <= MARKS; mark++) {
      page.element("span", Format.duration(end.multipliedBy(mark).dividedBy(MARKS)));
    }
    page.line("</div></div></figure>");
  }

  private double rate(Throughput.Sample sample) {
    return sample.rate(count.applyAsLong(sample));
  }

  private static String x(Duration time, Duration end) {
    return String.format(Locale.ROOT, "%.1f", WIDTH * (double) time.toNanos() / end.toNanos());
  }

  private static String y(double rate, double top) {
    return String.format(Locale.ROOT, "%.1f", HEIGHT * (1 - rate / top));
  }

  /** The next number of one digit, or 15, not below this one: its half is easy to read, too. */
  static double nextRound(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double factor : new double[] {1, 1.5, 2, 3, 4, 5, 6, 8}) {
      if (value <= factor * power) {
        return factor * power;
      }
    }
    return 10 * power;
  }
}
