package dev.mtb.cli.watch;

import dev.mtb.cli.text.Text;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import java.io.PrintStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Shows the progress of a run again and again: as a bar on the terminal with a line for each
 * thread, as a bar alone, or as lines for the logs of cron and systemd. Thread-safe.
 */
public final class Progress implements AutoCloseable {
  /** Often enough to see that the run goes on; 480 lines in a night. */
  public static final Duration PERIOD_OF_LINES = Duration.ofMinutes(1);

  private static final Duration PERIOD_OF_BARS = Duration.ofSeconds(1);

  public static final Progress NONE = new Progress(() -> {}, () -> {}, Optional.empty());

  private final Runnable show;
  private final Runnable erase;
  private final Optional<TerminalStream> terminal;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "mtb-progress");
            thread.setDaemon(true);
            return thread;
          });
  private boolean isClosed;

  private Progress(Runnable show, Runnable erase, Optional<TerminalStream> terminal) {
    this.show = show;
    this.erase = erase;
    this.terminal = terminal;
  }

  /**
   * Starts to show the progress.
   *
   * @param isAuto whether there is to be no bar without a terminal
   * @param watch must be told of everything before this
   * @param size of the terminal that standard error is; empty if it is none
   * @param period between two lines, if there is no bar
   */
  public static Progress start(
      boolean isAuto, PrintStream err, Watch watch, Optional<TerminalSize> size, Duration period) {
    ProgressLine line = new ProgressLine(watch);
    if (size.isPresent()) {
      TerminalStream terminal = TerminalStream.of(err);
      Runnable show = () -> terminal.show(line.lines(size.get()));
      return new Progress(show, () -> terminal.show(List.of()), Optional.of(terminal))
          .every(Duration.ZERO, PERIOD_OF_BARS);
    }
    if (isAuto) {
      LogLines lines = new LogLines(watch);
      return new Progress(() -> err.println(lines.next()), () -> {}, Optional.empty())
          .every(period, period);
    }
    RedirectedBar bar = new RedirectedBar(TerminalStream.raw(err));
    return new Progress(
            () -> bar.draw(line.line(RedirectedBar.WIDTH)), () -> bar.draw(""), Optional.empty())
        .every(Duration.ZERO, PERIOD_OF_BARS);
  }

  private Progress every(Duration delay, Duration period) {
    if (delay.isZero()) {
      // Also the shortest run shows it once.
      show();
    }
    var unused =
        timer.scheduleAtFixedRate(
            this::show, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    return this;
  }

  /** Shows the progress now. */
  synchronized void show() {
    // A line that is due at the end must not come after the summary.
    if (!isClosed) {
      show.run();
    }
  }

  /** Standard output, for whole lines: they may go to the same terminal as the bar. */
  public PrintStream beside(PrintStream out) {
    return terminal.isPresent() && TerminalSize.isTerminal(1) ? terminal.get().beside(out) : out;
  }

  @Override
  public synchronized void close() {
    timer.shutdownNow();
    if (!isClosed) {
      isClosed = true;
      erase.run();
    }
  }

  /** A bar where standard error is no terminal. */
  static final class RedirectedBar {
    static final int WIDTH = 100;

    private final PrintStream err;
    private int drawn;

    RedirectedBar(PrintStream err) {
      this.err = err;
    }

    /** Draws a line in place of the last one; an empty line erases it. */
    void draw(String line) {
      err.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
      err.print(line.isEmpty() ? "\r" : "");
      err.flush();
      drawn = line.length();
    }
  }

  /** Lines with the rate since the line before. */
  private static final class LogLines {
    private final Watch watch;
    private Duration lastElapsed = Duration.ZERO;
    private long lastWritten;

    LogLines(Watch watch) {
      this.watch = watch;
    }

    String next() {
      Totals totals = watch.totals();
      Duration elapsed = watch.elapsed();
      long written = watch.written();
      String line =
          String.format(
              "mtb: after %s: %s of %s done, %s of %s written, %s, %s failed",
              Format.duration(elapsed.truncatedTo(ChronoUnit.SECONDS)),
              Watch.done(totals),
              Text.files(totals.scanned()),
              Format.size(written),
              Format.size(watch.planned()),
              Format.rate(written - lastWritten, elapsed.minus(lastElapsed)),
              totals.failed());
      lastElapsed = elapsed;
      lastWritten = written;
      return line;
    }
  }
}
