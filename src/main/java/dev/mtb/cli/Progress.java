package dev.mtb.cli;

import dev.mtb.Action;
import dev.mtb.BackupListener;
import dev.mtb.Kind;
import dev.mtb.Metadata;
import dev.mtb.Reason;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * The progress bar: bytes written of those known to need it, files, rate, time left. The total
 * grows while the comparison goes on.
 */
final class Progress implements BackupListener, AutoCloseable {
  private static final Progress NONE = new Progress(null);

  /** The width of a terminal that does not tell. */
  private static final int WIDTH = 100;

  private final ProgressBar bar;
  private final LongAdder files = new LongAdder();
  private final LongAdder planned = new LongAdder();

  private Progress(ProgressBar bar) {
    this.bar = bar;
  }

  static Progress start(ProgressMode mode, boolean quiet, PrintStream err) {
    boolean isWanted =
        mode == ProgressMode.ALWAYS
            || (mode == ProgressMode.AUTO && !quiet && isTerminal(Path.of("/proc/self/fd/2")));
    if (!isWanted) {
      return NONE;
    }
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName("backup")
            .setStyle(ProgressBarStyle.ASCII)
            .setUnit(" MB", 1_000_000)
            .setInitialMax(0)
            .showSpeed()
            .setConsumer(new ConsoleProgressBarConsumer(TerminalStream.raw(err), WIDTH))
            .clearDisplayOnFinish()
            .build());
  }

  private static boolean isTerminal(Path descriptor) {
    try {
      Path target = Files.readSymbolicLink(descriptor);
      return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
    } catch (IOException e) {
      // Not Linux; a bar that nobody asked for is worse than none.
      return false;
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    boolean hasContent = action == Action.CREATE || action == Action.REPLACE;
    if (bar != null && hasContent && source.kind() == Kind.FILE) {
      planned.add(source.size());
      bar.maxHint(planned.sum());
    }
  }

  @Override
  public void bytesWritten(long count) {
    if (bar != null) {
      bar.stepBy(count);
    }
  }

  @Override
  public void copied(Path path, Metadata source) {
    if (bar != null) {
      files.increment();
      bar.setExtraMessage(Text.files(files.sum()));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
