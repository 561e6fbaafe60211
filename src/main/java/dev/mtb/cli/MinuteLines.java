package dev.mtb.cli;

import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import java.io.PrintStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A line on standard error from time to time, for logs of cron and systemd. */
final class MinuteLines implements AutoCloseable {
  /** Often enough to see that it goes on, and 480 lines for a night. */
  static final Duration PERIOD = Duration.ofMinutes(1);

  private final Watch watch;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "mtb-progress");
            thread.setDaemon(true);
            return thread;
          });
  private Duration lastElapsed = Duration.ZERO;
  private long lastWritten;
  private boolean isClosed;

  private MinuteLines(Watch watch) {
    this.watch = watch;
  }

  static MinuteLines start(Watch watch, PrintStream err, Duration period) {
    MinuteLines lines = new MinuteLines(watch);
    long nanos = period.toNanos();
    var unused =
        lines.timer.scheduleAtFixedRate(() -> lines.print(err), nanos, nanos, TimeUnit.NANOSECONDS);
    return lines;
  }

  /** Not after the end: a line that was due at that moment would come after the summary. */
  private synchronized void print(PrintStream err) {
    if (!isClosed) {
      err.println(next());
    }
  }

  /** The line for now; its rate is that since the line before. */
  private String next() {
    Totals totals = watch.totals();
    Duration elapsed = watch.elapsed();
    long written = watch.written();
    String line =
        String.format(
            "mtb: after %s: %d of %s done, %s of %s written, %s, %d failed",
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

  @Override
  public synchronized void close() {
    isClosed = true;
    timer.shutdownNow();
  }
}
