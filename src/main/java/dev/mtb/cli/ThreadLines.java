package dev.mtb.cli;

import dev.mtb.job.Activity;
import dev.mtb.model.Format;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The progress bar on a terminal, and below it, if the terminal is wide, a line for each busy
 * thread: first those that have been busy longest.
 */
record ThreadLines(TerminalSize size, Watch watch) {
  /** Activity and time take 23 columns; a path shorter than 60 tells too little. */
  private static final int WIDE = 80;

  /** The bar, and one line of earlier output. */
  private static final int OTHER_ROWS = 2;

  /** In columns. */
  private static final int BEFORE_PATH = 25;

  /** The lines for now. */
  List<String> next() {
    List<String> lines = new ArrayList<>();
    lines.add(new ProgressLine(watch).line(size.columns()));
    if (size.columns() > WIDE) {
      lines.addAll(lines(watch.doings(), size));
    }
    return lines;
  }

  static List<String> lines(List<Watch.Doing> all, TerminalSize size) {
    List<Watch.Doing> doings =
        all.stream().filter(doing -> doing.activity() != Activity.WAITING).toList();
    int room = Math.max(0, size.rows() - OTHER_ROWS);
    int shown = doings.size() <= room ? doings.size() : Math.max(0, room - 1);
    List<String> lines = new ArrayList<>();
    for (Watch.Doing doing : doings.subList(0, shown)) {
      lines.add(
          String.format(
              "  %-9s %11s  %s",
              doing.activity(),
              Format.duration(doing.since().truncatedTo(ChronoUnit.SECONDS)),
              shortened(Text.path(doing.path()), size.columns() - BEFORE_PATH)));
    }
    if (shown < doings.size() && room > 0) {
      lines.add("  and " + (doings.size() - shown) + " more");
    }
    return lines;
  }

  /** The end of the path, where the name is. */
  private static String shortened(String path, int length) {
    if (path.length() <= length) {
      return path;
    }
    int start = path.length() - length + 3;
    return "..." + path.substring(Character.isLowSurrogate(path.charAt(start)) ? start + 1 : start);
  }
}
