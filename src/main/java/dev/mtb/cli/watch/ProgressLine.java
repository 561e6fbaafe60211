package dev.mtb.cli.watch;

import dev.mtb.cli.text.Text;
import dev.mtb.job.Activity;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The line of the progress bar, and lines for threads. Of what is known to need copying it shows
 * how much is copied: in per cent, bytes and files, with the mean rate and the time left. While
 * nothing is to be copied, it shows how many files are compared.
 */
record ProgressLine(Watch watch) {
  /** In columns. Activity and time take 23; a path shorter than 60 tells too little. */
  private static final int WIDE = 80;

  /** In columns. */
  private static final int BEFORE_PATH = 25;

  /** The bar, and one line of earlier output. */
  private static final int OTHER_ROWS = 2;

  /**
   * What a file counts in the percentage besides its bytes. Each file costs requests, whatever its
   * size: about the time in which this many bytes are copied. By bytes alone, 10,000 small files
   * after a large one would all be copied at 99 %.
   */
  private static final long BYTES_PER_FILE = 200_000;

  private static final int WIDEST_BAR = 40;

  /** A shorter one shows nothing. */
  private static final int SHORTEST_BAR = 10;

  /** The line for now, in at most so many characters. */
  String line(int maxLength) {
    String line = watch.plannedFiles() == 0 ? comparing() : copying(maxLength);
    return line.length() <= maxLength ? line : line.substring(0, Math.max(0, maxLength));
  }

  private Duration elapsed() {
    return watch.elapsed().truncatedTo(ChronoUnit.SECONDS);
  }

  private String comparing() {
    Totals totals = watch.totals();
    return Watch.done(totals)
        + (" of " + Text.files(totals.scanned()))
        + (" done, after " + Format.duration(elapsed()));
  }

  private String copying(int maxLength) {
    // Bytes that are written twice are no progress.
    long bytes = Math.min(watch.written(), watch.planned());
    double all = watch.planned() + (double) BYTES_PER_FILE * watch.plannedFiles();
    double share = (bytes + (double) BYTES_PER_FILE * watch.endedFiles()) / all;
    String percent = String.format("%3d%% ", (int) (100 * share));
    String figures =
        String.format(
            "%s of %s, %s of %s, %s%s",
            Format.size(watch.written()),
            Format.size(watch.planned()),
            watch.endedFiles(),
            Text.files(watch.plannedFiles()),
            Format.rate(watch.written(), watch.elapsed()),
            timeLeft(share));
    int room = Math.min(WIDEST_BAR, maxLength - percent.length() - figures.length() - 3);
    return percent + (room < SHORTEST_BAR ? "" : bar(share, room)) + figures;
  }

  private String timeLeft(double share) {
    if (share == 0 || elapsed().isZero()) {
      return "";
    }
    long seconds = Math.round(elapsed().toSeconds() * (1 - share) / share);
    return ", " + Format.duration(Duration.ofSeconds(seconds)) + " left";
  }

  private static String bar(double share, int width) {
    int done = (int) (share * width);
    String head = done < width ? ">" : "";
    return "[" + "=".repeat(done) + head + " ".repeat(Math.max(0, width - done - 1)) + "] ";
  }

  /**
   * The line for a terminal, and if that is wide, a line for each busy thread: first those that
   * have been busy longest.
   */
  List<String> lines(TerminalSize size) {
    List<String> lines = new ArrayList<>();
    lines.add(line(size.columns()));
    if (size.columns() > WIDE) {
      lines.addAll(threads(watch.activities(), size));
    }
    return lines;
  }

  static List<String> threads(List<Watch.ThreadActivity> all, TerminalSize size) {
    List<Watch.ThreadActivity> activities =
        all.stream().filter(activity -> activity.activity() != Activity.WAITING).toList();
    int room = Math.max(0, size.rows() - OTHER_ROWS);
    int shown = activities.size() <= room ? activities.size() : Math.max(0, room - 1);
    List<String> lines = new ArrayList<>();
    for (Watch.ThreadActivity activity : activities.subList(0, shown)) {
      lines.add(
          String.format(
              "  %-9s %11s  %s",
              activity.activity(),
              Format.duration(activity.since().truncatedTo(ChronoUnit.SECONDS)),
              shortened(Text.path(activity.path()), size.columns() - BEFORE_PATH)));
    }
    if (shown < activities.size() && room > 0) {
      lines.add("  and " + (activities.size() - shown) + " more");
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
