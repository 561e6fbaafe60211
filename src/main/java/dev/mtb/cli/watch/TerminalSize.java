package dev.mtb.cli.watch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The size of a terminal; both at least 1. */
public record TerminalSize(int rows, int columns) {
  /** For a terminal that does not tell: the smallest that is usual. */
  static final TerminalSize USUAL = new TerminalSize(24, 80);

  /** As {@code stty size} prints it. */
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,3}) ([1-9][0-9]{0,3})\\s*");

  /** A terminal answers at once; the run does not wait for one that hangs. */
  private static final long TIMEOUT_SECONDS = 1;

  /** The terminal that a descriptor of this process leads to; empty if it leads elsewhere. */
  public static Optional<TerminalSize> of(int descriptor) {
    return terminal(descriptor).map(TerminalSize::ask);
  }

  public static boolean isTerminal(int descriptor) {
    return terminal(descriptor).isPresent();
  }

  private static Optional<Path> terminal(int descriptor) {
    try {
      Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty")
          ? Optional.of(target)
          : Optional.empty();
    } catch (IOException e) {
      // Not Linux: the size is unknown, so no bar is drawn.
      return Optional.empty();
    }
  }

  /**
   * Asks a program, since Java has no call for it. Only before a run: while a run writes through a
   * mount of S3FS, MTB starts no program.
   */
  private static TerminalSize ask(Path terminal) {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(terminal.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        stty.destroyForcibly();
        return USUAL;
      }
      return parse(new String(stty.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return USUAL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL;
    }
  }

  static TerminalSize parse(String answer) {
    Matcher matcher = SIZE.matcher(answer);
    return matcher.matches()
        ? new TerminalSize(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)))
        : USUAL;
  }
}
