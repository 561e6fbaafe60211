package dev.mtb.cli.report;

import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupReport;
import dev.mtb.model.ErrorText;
import dev.mtb.options.ObjectStyle;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The command of {@code --on-failure}: a shell runs it after a run that failed. Its output goes to
 * standard error, and its result changes nothing.
 *
 * <p>Its variables do not have the names of options (which would be their defaults): the command
 * may be {@code mtb} itself.
 *
 * @param command for {@code /bin/sh -c}
 */
public record FailureCommand(String command) {
  /**
   * To send a mail takes seconds. A command that hangs must not keep the next run from starting.
   */
  private static final long TIMEOUT_SECONDS = 300;

  /** After a run that has ended, and not with 0. */
  public void run(
      int exitCode,
      BackupReport report,
      String destination,
      String summary,
      Optional<Path> jsonFile,
      PrintStream err) {
    try {
      // For its owner only: names of files are in it.
      Optional<Path> temporary =
          jsonFile.isPresent()
              ? Optional.empty()
              : Optional.of(Files.createTempFile("mtb-report-", ".json"));
      try {
        if (temporary.isPresent()) {
          String json = JsonReport.of(report, destination, ObjectStyle.DEFAULT);
          Files.writeString(temporary.get(), json + "\n");
        }
        Map<String, String> variables = variables(exitCode, summary);
        variables.put("MTB_RUN_STATUS", Text.lower(report.outcome()));
        variables.put("MTB_RUN_DESTINATION", Text.printable(destination));
        variables.put("MTB_RUN_REPORT", jsonFile.orElseGet(temporary::orElseThrow).toString());
        run(variables, err);
      } finally {
        if (temporary.isPresent()) {
          Files.deleteIfExists(temporary.get());
        }
      }
    } catch (IOException e) {
      report(e, err);
    }
  }

  /** After a run that could not begin, or ended with an internal error: it has no report. */
  public void run(int exitCode, String message, PrintStream err) {
    try {
      run(variables(exitCode, message), err);
    } catch (IOException e) {
      report(e, err);
    }
  }

  private static void report(IOException e, PrintStream err) {
    err.println(
        "mtb: the command of --on-failure could not be run: " + Text.printable(ErrorText.of(e)));
  }

  private static Map<String, String> variables(int exitCode, String message) {
    Map<String, String> variables = new HashMap<>();
    variables.put("MTB_RUN_EXIT_CODE", Integer.toString(exitCode));
    variables.put("MTB_RUN_STATUS", "failed");
    variables.put("MTB_RUN_DESTINATION", "");
    // The command reads no report, and does not fail for that.
    variables.put("MTB_RUN_REPORT", "/dev/null");
    variables.put("MTB_RUN_MESSAGE", Text.printable(message));
    return variables;
  }

  private void run(Map<String, String> variables, PrintStream err) throws IOException {
    err.flush();
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", "-c", "exec </dev/null >&2; eval \"$1\"", "sh", command)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(variables);
    // A run that a signal has ended waits here all the same.
    boolean isInterrupted = Thread.interrupted();
    Process process = builder.start();
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        err.println(
            "mtb: the command of --on-failure has not ended after "
                + TIMEOUT_SECONDS
                + " s, and is stopped");
      } else if (process.exitValue() != 0) {
        err.println(
            "mtb: the command of --on-failure failed with exit code " + process.exitValue());
      }
    } catch (InterruptedException e) {
      isInterrupted = true;
    } finally {
      if (process.isAlive()) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
