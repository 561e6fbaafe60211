package dev.mtb.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Horizontal bars, as an SVG image without anything outside itself. */
final class BarChart {
  /**
   * One bar.
   *
   * @param highlighted drawn in the colour that stands out
   * @param open whether the true value is larger than {@code value}
   */
  record Bar(String label, double value, String text, boolean highlighted, boolean open) {}

  private record Group(String title, List<Bar> bars) {}

  private static final int WIDTH = 820;
  private static final int LEFT = 220;
  private static final int RIGHT = 90;
  private static final int TOP = 92;
  private static final int BAR = 20;
  private static final int STEP = 27;
  private static final int GROUP_TITLE = 32;
  private static final int BOTTOM = 46;

  private final String title;
  private final String subtitle;
  private final String axis;
  private final boolean logarithmic;
  private final List<Group> groups = new ArrayList<>();

  BarChart(String title, String subtitle, String axis, boolean logarithmic) {
    this.title = title;
    this.subtitle = subtitle;
    this.axis = axis;
    this.logarithmic = logarithmic;
  }

  void add(String groupTitle, List<Bar> bars) {
    if (!bars.isEmpty()) {
      groups.add(new Group(groupTitle, bars));
    }
  }

  boolean isEmpty() {
    return groups.isEmpty();
  }

  String svg() {
    double least =
        groups.stream().flatMap(g -> g.bars().stream()).mapToDouble(Bar::value).min().orElse(1);
    double most =
        groups.stream().flatMap(g -> g.bars().stream()).mapToDouble(Bar::value).max().orElse(1);
    Scale scale = logarithmic ? Scale.logarithmic(least, most) : Scale.linear(most);
    int plot = groups.stream().mapToInt(group -> GROUP_TITLE + STEP * group.bars().size()).sum();
    int height = TOP + plot + BOTTOM;

    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " viewBox=\"0 0 %d %d\" role=\"img\" font-family=\"system-ui, -apple-system,"
                + " 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif\">%n",
            WIDTH,
            height,
            WIDTH,
            height));
    svg.append("<title>").append(escape(title + ". " + subtitle)).append("</title>\n");
    svg.append(rectangle(0, 0, WIDTH, height, "#ffffff"));
    svg.append(text(20, 34, 20, "start", "#1f2933", "bold", title));
    svg.append(text(20, 58, 13, "start", "#52606d", "normal", subtitle));
    for (double tick : scale.ticks()) {
      double x = position(scale, tick);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e4e7eb\"/>%n",
              x,
              TOP - 14,
              x,
              TOP + plot));
      svg.append(text(x, TOP + plot + 16, 12, "middle", "#52606d", "normal", plain(tick)));
    }
    svg.append(
        text(
            LEFT + (WIDTH - LEFT - RIGHT) / 2.0,
            TOP + plot + 36,
            12,
            "middle",
            "#52606d",
            "normal",
            axis));
    double y = TOP;
    for (Group group : groups) {
      svg.append(text(20, y + 10, 14, "start", "#1f2933", "bold", group.title()));
      y += GROUP_TITLE - 8;
      for (Bar bar : group.bars()) {
        svg.append(bar(bar, y, scale));
        y += STEP;
      }
      y += 8;
    }
    return svg.append("</svg>\n").toString();
  }

  private static String bar(Bar bar, double y, Scale scale) {
    double end = position(scale, bar.value());
    String weight = bar.highlighted() ? "bold" : "normal";
    double baseline = y + BAR / 2.0 + 5;
    String colour = bar.highlighted() ? "#0b7285" : bar.open() ? "#d3d9df" : "#a5b1bd";
    return text(LEFT - 10, baseline, 14, "end", "#1f2933", weight, bar.label())
        + rectangle(LEFT, y, end - LEFT, BAR, colour)
        + text(end + 7, baseline, 14, "start", "#1f2933", weight, bar.text());
  }

  private static double position(Scale scale, double value) {
    return LEFT + (WIDTH - LEFT - RIGHT) * scale.position(value);
  }

  private static String plain(double value) {
    return value >= 1 || value == 0
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.3f", value).replaceAll("0+$", "");
  }

  private static String rectangle(double x, double y, double width, double height, String fill) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n",
        x,
        y,
        width,
        height,
        fill);
  }

  private static String text(
      double x, double y, int size, String anchor, String fill, String weight, String content) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\""
            + " font-weight=\"%s\">%s</text>%n",
        x,
        y,
        size,
        anchor,
        fill,
        weight,
        escape(content));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
