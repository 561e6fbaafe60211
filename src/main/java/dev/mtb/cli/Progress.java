package dev.mtb.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The progress bar, drawn from time to time from what {@link Watch} knows. Its total grows while
 * the comparison goes on. Where there is no terminal, a line from time to time.
 */
final class Progress implements AutoCloseable {
  static final Progress NONE = new Progress(Optional.empty(), Optional.empty(), Optional.empty());

  private final Optional<ProgressBar> bar;
  private final Optional<MinuteLines> lines;
  private final Optional<TerminalStream> terminal;

  private Progress(
      Optional<ProgressBar> bar, Optional<MinuteLines> lines, Optional<TerminalStream> terminal) {
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
      ProgressBar bar = bar(new ThreadLines(terminal, size.get(), watch), watch);
      return new Progress(Optional.of(bar), Optional.empty(), Optional.of(terminal));
    }
    if (isAuto) {
      MinuteLines lines = MinuteLines.start(watch, err, period);
      return new Progress(Optional.empty(), Optional.of(lines), Optional.empty());
    }
    ProgressBar bar = bar(new RedirectedBar(TerminalStream.raw(err)), watch);
    return new Progress(Optional.of(bar), Optional.empty(), Optional.empty());
  }

  /** Standard output, for whole lines: they may be for the terminal that the bar is on. */
  PrintStream beside(PrintStream out) {
    return terminal.isPresent() && TerminalSize.isTerminal(1) ? terminal.get().beside(out) : out;
  }

  private static ProgressBar bar(ProgressBarConsumer consumer, Watch watch) {
    return new ProgressBarBuilder()
        .setRenderer(new ProgressLine(watch))
        .setConsumer(consumer)
        // Threads begin other files also while nothing is written.
        .continuousUpdate()
        .clearDisplayOnFinish()
        .build();
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
    lines.ifPresent(MinuteLines::close);
  }
}
