package dev.mtb.cli;

import java.io.PrintStream;

/**
 * Standard error as everything in MTB should see it: in what is printed as text, nothing can act on
 * the terminal. Names of files, answers of servers and arguments may hold anything, and end up in
 * log lines and messages; here they pass, whoever has forgotten them. A message is one line: a line
 * feed in it is shown, so that no name can pretend to be a line of MTB's own.
 *
 * <p>Bytes pass as they are, for what has made its own text safe.
 */
final class TerminalStream extends PrintStream {
  /** What a stack trace is indented with. */
  private static final String TAB = "\t";

  private final PrintStream raw;

  private TerminalStream(PrintStream raw) {
    super(raw, /* autoFlush= */ true);
    this.raw = raw;
  }

  static PrintStream of(PrintStream stream) {
    return stream instanceof TerminalStream ? stream : new TerminalStream(stream);
  }

  /** The terminal itself, for who draws on it. */
  static PrintStream raw(PrintStream stream) {
    return stream instanceof TerminalStream terminal ? terminal.raw : stream;
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
    raw.print(safe(text));
  }

  @Override
  public void print(Object value) {
    raw.print(safe(value));
  }

  @Override
  public void print(char c) {
    raw.print(safe(c));
  }

  @Override
  public void print(char[] text) {
    raw.print(safe(new String(text)));
  }

  @Override
  public void println() {
    raw.println();
  }

  @Override
  public void println(String text) {
    raw.println(safe(text));
  }

  @Override
  public void println(Object value) {
    raw.println(safe(value));
  }

  @Override
  public void println(char c) {
    raw.println(safe(c));
  }

  @Override
  public void println(char[] text) {
    raw.println(safe(new String(text)));
  }

  @Override
  public void flush() {
    raw.flush();
  }
}
