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
   * When a timer starts its unit next, as systemd shows it.
   *
   * @return empty if it is not enabled, or there is no systemd
   */
  public Optional<String> next(String timer) {
    List<String> command = new ArrayList<>(systemctl);
    command.addAll(List.of("show", "--property=NextElapseUSecRealtime", "--value", timer));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
          return Optional.empty();
        }
        String answer =
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.exitValue() == 0 && !answer.isEmpty() && !answer.equals("n/a")
            ? Optional.of(answer)
            : Optional.empty();
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      // There is no systemd.
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
