package dev.mtb.cli.watch;

import dev.mtb.cli.text.Text;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Standard error for all of MTB: in text that is printed here nothing can act on the terminal.
 * Names of files, answers of servers and arguments may hold anything, and are in log lines and
 * messages. A message is one line: a line feed in it is escaped, so that no name can look like a
 * line of MTB's own. Bytes pass unchanged, for what is safe already.
 *
 * <p>At the bottom it may show some lines that change; everything else is printed above them.
 */
public final class TerminalStream extends PrintStream {
  /** At the beginning of a line of a stack trace. */
  private static final String TAB = "\t";

  /** Goes to the beginning of the line, and erases it and all below (ECMA-48: CR, ED). */
  private static final String ERASE = "\r\033[J";

  /** A line longer than the terminal is, or becomes, still takes one row (DECAWM). */
  private static final String NO_WRAP = "\033[?7l";

  private static final String WRAP = "\033[?7h";

  private final PrintStream raw;

  /** What is shown at the bottom; the cursor stands at its beginning. */
  private String bottom = "";

  private TerminalStream(PrintStream raw) {
    super(raw, /* autoFlush= */ true);
    this.raw = raw;
  }

  public static TerminalStream of(PrintStream stream) {
    return stream instanceof TerminalStream terminal ? terminal : new TerminalStream(stream);
  }

  /** The stream below, for what is safe already. */
  static PrintStream raw(PrintStream stream) {
    return stream instanceof TerminalStream terminal ? terminal.raw : stream;
  }

  /**
   * Shows lines at the bottom in place of those that are there; for terminals only.
   *
   * @param lines fewer than the terminal has rows; none to erase those that are there
   */
  synchronized void show(List<String> lines) {
    String up = lines.size() > 1 ? "\033[" + (lines.size() - 1) + "A" : "";
    String drawn =
        lines.isEmpty()
            ? ""
            : lines.stream()
                .map(TerminalStream::safe)
                .collect(Collectors.joining("\r\n", NO_WRAP, WRAP + "\r" + up));
    if (!bottom.isEmpty() || !drawn.isEmpty()) {
      raw.print(ERASE + drawn);
      raw.flush();
    }
    bottom = drawn;
  }

  /** Prints above what is shown at the bottom. */
  private synchronized void above(Runnable printing) {
    if (bottom.isEmpty()) {
      printing.run();
      return;
    }
    raw.print(ERASE);
    printing.run();
    raw.print(bottom);
    raw.flush();
  }

  /** Prints a part of a line; until the line ends, nothing must be drawn into it. */
  private void part(String text) {
    show(List.of());
    raw.print(safe(text));
  }

  private void whole(String text) {
    above(() -> raw.println(safe(text)));
  }

  /** Wraps another stream to the same terminal: its lines are printed above the bottom, too. */
  PrintStream beside(PrintStream other) {
    return new PrintStream(other, /* autoFlush= */ true) {
      @Override
      public void println(String line) {
        above(
            () -> {
              other.println(line);
              other.flush();
            });
      }
    };
  }

  private static String safe(String text) {
    return text.startsWith(TAB)
        ? "    " + Text.withoutControls(text.substring(1))
        : Text.withoutControls(text);
  }

  // All methods of PrintStream that may print unsafe text.

  @Override
  public void print(String text) {
    part(String.valueOf(text));
  }

  @Override
  public void print(Object value) {
    part(String.valueOf(value));
  }

  @Override
  public void print(char c) {
    part(String.valueOf(c));
  }

  @Override
  public void print(char[] text) {
    part(new String(text));
  }

  @Override
  public void println() {
    above(raw::println);
  }

  @Override
  public void println(String text) {
    whole(String.valueOf(text));
  }

  @Override
  public void println(Object value) {
    whole(String.valueOf(value));
  }

  @Override
  public void println(char c) {
    whole(String.valueOf(c));
  }

  @Override
  public void println(char[] text) {
    whole(new String(text));
  }

  @Override
  public void flush() {
    raw.flush();
  }
}
