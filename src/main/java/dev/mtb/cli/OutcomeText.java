package dev.mtb.cli;

import dev.mtb.job.BackupReport;
import java.util.Locale;

/** The outcome of a run in words: a headline and an explanation. Immutable. */
final class OutcomeText {
  private final String command;
  private final boolean isVerify;
  private final BackupReport report;

  OutcomeText(String command, BackupReport report) {
    this.command = command;
    this.report = report;
    isVerify = command.equals("verify");
  }

  String headline() {
    String what =
        report.dryRun()
            ? "Dry run"
            : isVerify
                ? "Verification"
                : command.substring(0, 1).toUpperCase(Locale.ROOT) + command.substring(1);
    return what
        + switch (report.outcome()) {
          case OK -> " complete";
          case PARTIAL -> isVerify ? " found differences" : " incomplete";
          case FAILED -> " failed";
          case INTERRUPTED -> " interrupted";
        };
  }

  String explanation() {
    String failed = counted(report.totals().failed(), "file or folder", "files and folders");
    return switch (report.outcome()) {
      case OK ->
          report.dryRun()
              ? "Nothing was changed; this is what a run would do."
              : isVerify
                  ? "Everything is in the backup as it should be."
                  : "Everything that was asked for is safe.";
      case PARTIAL ->
          report.exitCode() == 24
              ? failed + " vanished or kept changing while they were read; nothing else went wrong."
              : isVerify
                  ? counted(
                          report.totals().failed(),
                          "difference or failure",
                          "differences and failures")
                      + "."
                  : failed
                      + " could not be dealt with; "
                      + (report.dryRun() ? "nothing was changed." : "everything else is safe.");
      case FAILED -> "The run was given up; what it had not got to is as it was before.";
      case INTERRUPTED ->
          "The run was stopped from outside; what was in flight was finished or undone.";
    };
  }

  static String counted(long count, String one, String many) {
    return Figures.count(count) + " " + (count == 1 ? one : many);
  }
}
