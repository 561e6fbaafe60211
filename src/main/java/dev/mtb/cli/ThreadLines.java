package dev.mtb.cli;

import dev.mtb.job.Activity;
import dev.mtb.model.Format;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The progress bar on a terminal, and below it, if the terminal is wide, a line for each thread
 * that is at work, those that have been at it for longest first. Thread-safe.
 */
final class ThreadLines implements ProgressBarConsumer {
  /** Activity and time take 23 columns; a path shorter than 60 tells too little. */
  private static final int WIDE = 80;

  /** The bar, and one line of what was there before. */
  private static final int OTHER_ROWS = 2;

  /** Of columns, what does not belong to the path. */
  private static final int BEFORE_PATH = 25;

  private final TerminalStream terminal;
  private final TerminalSize size;
  private final Watch watch;
  private boolean isClosed;

  ThreadLines(TerminalStream terminal, TerminalSize size, Watch watch) {
    this.terminal = terminal;
    this.size = size;
    this.watch = watch;
  }

  @Override
  public int getMaxRenderedLength() {
    return size.columns();
  }

  @Override
  public synchronized void accept(String bar) {
    // The library may still be at it when the bar is closed.
    if (!isClosed) {
      List<String> lines = new ArrayList<>(List.of(bar));
      if (size.columns() > WIDE) {
        lines.addAll(lines(watch.doings(), size));
      }
      terminal.show(lines);
    }
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

  /** Its end, where the name is. */
  private static String shortened(String path, int length) {
    if (path.length() <= length) {
      return path;
    }
    int start = path.length() - length + 3;
    return "..." + path.substring(Character.isLowSurrogate(path.charAt(start)) ? start + 1 : start);
  }

  @Override
  public void clear() {
    terminal.show(List.of());
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    terminal.show(List.of());
  }
}
