package dev.mtb.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Standard error as everything in MTB should see it: in what is printed as text, nothing can act on
 * the terminal. Names of files, answers of servers and arguments may hold anything, and end up in
 * log lines and messages; all of that passes here. A message is one line: a line feed in it is
 * shown, so that no name can pretend to be a line of MTB's own.
 *
 * <p>At the bottom it may show some lines that change; everything else is printed above them.
 *
 * <p>Bytes pass as they are, for what has made its own text safe.
 */
final class TerminalStream extends PrintStream {
  /** What a stack trace is indented with. */
  private static final String TAB = "\t";

  /** To the beginning of the line, and erase it and all below (ECMA-48: CR, ED). */
  private static final String ERASE = "\r\033[J";

  /** Lines longer than the terminal is wide, or has become, take one row all the same (DECAWM). */
  private static final String NO_WRAP = "\033[?7l";

  private static final String WRAP = "\033[?7h";

  private final PrintStream raw;

  /** What is shown at the bottom; the cursor stands at its beginning. */
  private String bottom = "";

  private TerminalStream(PrintStream raw) {
    super(raw, /* autoFlush= */ true);
    this.raw = raw;
  }

  static TerminalStream of(PrintStream stream) {
    return stream instanceof TerminalStream terminal ? terminal : new TerminalStream(stream);
  }

  /** The terminal itself, for the progress line. */
  static PrintStream raw(PrintStream stream) {
    return stream instanceof TerminalStream terminal ? terminal.raw : stream;
  }

  /**
   * Shows lines at the bottom, in place of those that are there; for terminals only.
   *
   * @param lines of which fewer than the terminal has rows; none to show nothing any more
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

  /** A thread that prints parts of a line owns the line until something is shown again. */
  private synchronized void gone() {
    show(List.of());
  }

  /**
   * Another stream that ends on the same terminal.
   *
   * @return prints whole lines to it, above what is shown at the bottom
   */
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

  private static String safe(Object value) {
    String text = String.valueOf(value);
    return text.startsWith(TAB)
        ? "    " + Text.withoutControls(text.substring(1))
        : Text.withoutControls(text);
  }

  // Everything goes through the one stream below, which knows the encoding, a line at a time.

  @Override
  public void print(String text) {
    gone();
    raw.print(safe(text));
  }

  @Override
  public void print(Object value) {
    gone();
    raw.print(safe(value));
  }

  @Override
  public void print(char c) {
    gone();
    raw.print(safe(c));
  }

  @Override
  public void print(char[] text) {
    gone();
    raw.print(safe(new String(text)));
  }

  @Override
  public void println() {
    above(() -> raw.println());
  }

  @Override
  public void println(String text) {
    above(() -> raw.println(safe(text)));
  }

  @Override
  public void println(Object value) {
    above(() -> raw.println(safe(value)));
  }

  @Override
  public void println(char c) {
    above(() -> raw.println(safe(c)));
  }

  @Override
  public void println(char[] text) {
    above(() -> raw.println(safe(new String(text))));
  }

  @Override
  public void flush() {
    raw.flush();
  }
}
