package dev.mtb.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * The progress bar where standard error is no terminal, and the user wants one all the same. When
 * it is closed, its line is erased, and nothing is drawn any more. Thread-safe.
 */
final class RedirectedBar implements ProgressBarConsumer {
  private static final int WIDTH = 100;

  private final PrintStream err;
  private int drawn;
  private boolean isClosed;

  RedirectedBar(PrintStream err) {
    this.err = err;
  }

  @Override
  public int getMaxRenderedLength() {
    return WIDTH;
  }

  @Override
  public synchronized void accept(String line) {
    // The library's thread may still be about to draw when the bar is closed.
    if (!isClosed) {
      err.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
      err.flush();
      drawn = line.length();
    }
  }

  @Override
  public synchronized void clear() {
    if (drawn > 0) {
      err.print("\r" + " ".repeat(drawn) + "\r");
      err.flush();
      drawn = 0;
    }
  }

  @Override
  public synchronized void close() {
    clear();
    isClosed = true;
  }
}
