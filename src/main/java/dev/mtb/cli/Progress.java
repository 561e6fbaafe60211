package dev.mtb.cli;

import dev.mtb.Action;
import dev.mtb.BackupListener;
import dev.mtb.Metadata;
import dev.mtb.Reason;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * The progress bar: bytes written of those known to need it, files, rate, time left. The total
 * grows while the comparison goes on. Where there is no terminal, a line from time to time.
 */
final class Progress implements BackupListener, AutoCloseable {
  static final Progress NONE =
      new Progress(null, Optional.empty(), Optional.empty(), Optional.empty());

  /** The width of what is no terminal. */
  private static final int WIDTH = 100;

  private final Watch watch;
  private final Optional<ProgressBar> bar;
  private final Optional<MinuteLines> lines;
  private final Optional<TerminalStream> terminal;
  private final LongAdder files = new LongAdder();

  private Progress(
      Watch watch,
      Optional<ProgressBar> bar,
      Optional<MinuteLines> lines,
      Optional<TerminalStream> terminal) {
    this.watch = watch;
    this.bar = bar;
    this.lines = lines;
    this.terminal = terminal;
  }

  /**
   * Starts to show it.
   *
   * @param isAuto whether there is to be no bar without a terminal
   * @param watch told of everything before this
   * @param size of the terminal that standard error is; empty if it is none
   * @param period between two lines, where there is no terminal
   */
  static Progress start(
      boolean isAuto, PrintStream err, Watch watch, Optional<TerminalSize> size, Duration period) {
    if (size.isPresent()) {
      TerminalStream terminal = TerminalStream.of(err);
      ProgressBar bar = bar(new ThreadLines(terminal, size.get(), watch));
      return new Progress(watch, Optional.of(bar), Optional.empty(), Optional.of(terminal));
    }
    if (isAuto) {
      MinuteLines lines = MinuteLines.start(watch, err, period);
      return new Progress(watch, Optional.empty(), Optional.of(lines), Optional.empty());
    }
    ProgressBar bar = bar(new ConsoleProgressBarConsumer(TerminalStream.raw(err), WIDTH));
    return new Progress(watch, Optional.of(bar), Optional.empty(), Optional.empty());
  }

  /** Standard output, for whole lines: they may be for the terminal that the bar is on. */
  PrintStream beside(PrintStream out) {
    return terminal.isPresent() && TerminalSize.isTerminal(1) ? terminal.get().beside(out) : out;
  }

  private static ProgressBar bar(ProgressBarConsumer consumer) {
    return new ProgressBarBuilder()
        .setTaskName("backup")
        .setStyle(ProgressBarStyle.ASCII)
        .setUnit(" MB", 1_000_000)
        .setInitialMax(0)
        .showSpeed()
        .setConsumer(consumer)
        // Threads begin other files also while nothing is written.
        .continuousUpdate()
        .clearDisplayOnFinish()
        .build();
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (action != Action.NONE) {
      bar.ifPresent(b -> b.maxHint(watch.planned()));
    }
  }

  @Override
  public void bytesWritten(long count) {
    bar.ifPresent(b -> b.stepBy(count));
  }

  @Override
  public void copied(Path path, Metadata source) {
    bar.ifPresent(
        b -> {
          files.increment();
          b.setExtraMessage(Text.files(files.sum()));
        });
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
    lines.ifPresent(MinuteLines::close);
  }
}
