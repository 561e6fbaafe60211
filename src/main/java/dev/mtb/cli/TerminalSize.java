package dev.mtb.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much fits on a terminal.
 *
 * @param rows at least 1
 * @param columns at least 1
 */
record TerminalSize(int rows, int columns) {
  /** A terminal that does not tell is taken for the smallest that is usual. */
  static final TerminalSize USUAL = new TerminalSize(24, 80);

  /** As {@code stty size} prints it. */
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,3}) ([1-9][0-9]{0,3})\\s*");

  /** A terminal answers at once; the run does not wait for one that hangs. */
  private static final long PATIENCE_SECONDS = 1;

  /** Of the terminal that a descriptor of this process leads to; empty if it leads elsewhere. */
  static Optional<TerminalSize> of(int descriptor) {
    return terminal(descriptor).map(path -> ask(path.toFile()));
  }

  static boolean isTerminal(int descriptor) {
    return terminal(descriptor).isPresent();
  }

  private static Optional<Path> terminal(int descriptor) {
    try {
      Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty")
          ? Optional.of(target)
          : Optional.empty();
    } catch (IOException e) {
      // Not Linux: the size cannot be told, so no bar is drawn.
      return Optional.empty();
    }
  }

  /**
   * Java has no call for it. To be used before a run only: no program is started while one writes
   * through a mount of S3FS.
   */
  private static TerminalSize ask(File terminal) {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(terminal)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!stty.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
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
