package dev.mtb.cli;

import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * The line of the progress bar: how much of what is known to need copying is copied, in per cent,
 * bytes and files, with the mean rate and the time left. As long as nothing is to be copied, how
 * many files are compared.
 */
record ProgressLine(Watch watch) implements ProgressBarRenderer {
  /**
   * What a file counts in the percentage besides its bytes. Each file costs requests, whatever its
   * size: about the time in which this many bytes are copied. By bytes alone, 10,000 small files
   * after a large one would all be copied at 99 %.
   */
  private static final long BYTES_PER_FILE = 200_000;

  private static final int WIDEST_BAR = 40;

  /** A shorter one shows nothing. */
  private static final int SHORTEST_BAR = 10;

  @Override
  public String render(ProgressState unused, int maxLength) {
    return line(maxLength);
  }

  /** The line for now, in at most so many characters. */
  String line(int maxLength) {
    Duration elapsed = watch.elapsed().truncatedTo(ChronoUnit.SECONDS);
    if (watch.plannedFiles() == 0) {
      Totals totals = watch.totals();
      return shortened(
          String.format(
              "%d of %s done, after %s",
              Watch.done(totals), Text.files(totals.scanned()), Format.duration(elapsed)),
          maxLength);
    }
    double share = share();
    String percent = String.format("%3d%% ", (int) (100 * share));
    String figures =
        String.format(
            "%s of %s, %d of %s, %s%s",
            Format.size(watch.written()),
            Format.size(watch.planned()),
            watch.endedFiles(),
            Text.files(watch.plannedFiles()),
            Format.rate(watch.written(), watch.elapsed()),
            left(share, elapsed));
    int room = Math.min(WIDEST_BAR, maxLength - percent.length() - figures.length() - 3);
    return shortened(percent + (room < SHORTEST_BAR ? "" : bar(share, room)) + figures, maxLength);
  }

  private double share() {
    // What had to be written twice is no progress.
    long bytes = Math.min(watch.written(), watch.planned());
    double all = watch.planned() + (double) BYTES_PER_FILE * watch.plannedFiles();
    return (bytes + (double) BYTES_PER_FILE * watch.endedFiles()) / all;
  }

  private static String left(double share, Duration elapsed) {
    if (share == 0 || elapsed.isZero()) {
      return "";
    }
    long seconds = Math.round(elapsed.toSeconds() * (1 - share) / share);
    return ", " + Format.duration(Duration.ofSeconds(seconds)) + " left";
  }

  private static String bar(double share, int width) {
    int done = (int) (share * width);
    return "["
        + "=".repeat(done)
        + (done < width ? ">" : "")
        + " ".repeat(Math.max(0, width - done - 1))
        + "] ";
  }

  private static String shortened(String line, int maxLength) {
    return line.length() <= maxLength ? line : line.substring(0, Math.max(0, maxLength));
  }
}
