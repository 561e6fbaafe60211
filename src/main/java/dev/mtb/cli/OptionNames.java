package dev.mtb.cli;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import dev.mtb.doctor.Checkup;
import dev.mtb.doctor.Finding;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Messages of the library name what a program sets, such as {@code Concurrency.threads}. Here that
 * becomes the option that a user of the command types.
 */
final class OptionNames {
  /** What a message may name, and the option for it. */
  static final ImmutableMap<String, String> FLAGS =
      ImmutableMap.<String, String>builder()
          .put("BackupJob.filesFrom", "--files-from")
          .put("BackupJob.filesFrom0", "--from0")
          .put("BackupOptions.deletion", "--delete")
          .put("BackupOptions.dryRun", "--dry-run")
          .put("CompareMode.ALWAYS", "--compare always")
          .put("Concurrency.checkers", "--checkers")
          .put("Concurrency.threads", "--threads")
          .put("Connection.endpoint", "--endpoint-url")
          .put("Connection.passwdFile", "--passwd-file")
          .put("Connection.region", "--region")
          .put("Connection.requireMount", "--require-mount")
          .put("Deletion.despiteErrors", "--delete-despite-errors")
          .put("Deletion.limit", "--max-delete")
          .put("Filters.oneFileSystem", "--one-file-system")
          .put("KeptAttributes.group", "--no-group")
          .put("KeptAttributes.owner", "--no-owner")
          .put("KeptAttributes.permissions", "--no-perms")
          .put("KeptAttributes.times", "--no-times")
          .put("Limits.maxDuration", "--max-duration")
          .put("Limits.maxTransfer", "--max-transfer")
          .put("OldVersions.directory", "--backup-dir")
          .put("OldVersions.suffix", "--suffix")
          .put("RestoreJob.overwrite", "--overwrite")
          .put("Via.BUCKET", "--via bucket")
          .put("Via.MOUNT", "--via mount")
          .put("Waiting.lockWait", "--lock-wait")
          .buildOrThrow();

  private static final Pattern NAME = Pattern.compile("\\b[A-Z][A-Za-z]+\\.[A-Za-z0-9]+\\b");

  private OptionNames() {}

  /** A message as the command shows it. */
  static String inFlags(String message) {
    return NAME.matcher(message)
        .replaceAll(
            name -> Matcher.quoteReplacement(FLAGS.getOrDefault(name.group(), name.group())));
  }

  /** A failure as the command shows it. */
  static Failure inFlags(Failure failure) {
    return new Failure(failure.path(), failure.stage(), inFlags(failure.error()), failure.cause());
  }

  /** A report as the command shows it. */
  static BackupReport inFlags(BackupReport report) {
    return new BackupReport(
        report.outcome(),
        report.dryRun(),
        report.startedAt(),
        report.elapsed(),
        report.totals(),
        Lists.transform(report.failures(), OptionNames::inFlags),
        Lists.transform(report.advice(), OptionNames::inFlags));
  }

  /** A finding as the command shows it. */
  static Finding inFlags(Finding finding) {
    return new Finding(
        finding.status(),
        finding.what(),
        inFlags(finding.text()),
        finding.remedy().map(OptionNames::inFlags));
  }

  /** Findings as the command shows them. */
  static Checkup inFlags(Checkup checkup) {
    return new Checkup(
        Lists.transform(checkup.findings(), OptionNames::inFlags), checkup.notChecked());
  }
}
