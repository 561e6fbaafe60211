package dev.mtb.cli;

import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * The line of the progress bar. Of what is known to need copying it shows how much is copied: in
 * per cent, bytes and files, with the mean rate and the time left. While nothing is to be copied,
 * it shows how many files are compared.
 */
record ProgressLine(Watch watch) {
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
}
