package dev.mtb.cli.setup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks systemd when a backup runs next.
 *
 * @param systemctl the program with its first arguments
 */
public record Timers(List<String> systemctl) {
  /** It answers at once, or the manager does not answer at all. */
  private static final long TIMEOUT_SECONDS = 5;

  /** Those of the system, or of a user's own manager. */
  public static Timers of(boolean ofSystem) {
    return new Timers(ofSystem ? List.of("systemctl") : List.of("systemctl", "--user"));
  }

  /**
   * What systemd says of a timer.
   *
   * @param at when it starts its unit next, as systemd shows it; empty if it does not
   * @param isKnown whether systemd answered
   */
  public record Next(Optional<String> at, boolean isKnown) {
    public static final Next UNKNOWN = new Next(Optional.empty(), /* isKnown= */ false);
  }

  /** When a timer starts its unit next. */
  public Next next(String timer) {
    List<String> command = new ArrayList<>(systemctl);
    command.addAll(List.of("show", "--property=NextElapseUSecRealtime", "--value", timer));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
          return Next.UNKNOWN;
        }
        String answer =
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        Optional<String> at =
            Optional.of(answer).filter(text -> !text.isEmpty() && !text.equals("n/a"));
        return process.exitValue() == 0 ? new Next(at, /* isKnown= */ true) : Next.UNKNOWN;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      // There is no systemd.
      return Next.UNKNOWN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Next.UNKNOWN;
    }
  }
}
