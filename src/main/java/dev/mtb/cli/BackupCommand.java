package dev.mtb.cli;

import dev.mtb.Mtb;
import dev.mtb.cli.text.Text;
import dev.mtb.cli.watch.ResultLines;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.UpdateRules;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mtb backup}. */
@Command(
    name = "backup",
    description = "Brings the destination up to date with the sources.",
    customSynopsis = "mtb backup [OPTIONS] [SOURCE...] DESTINATION",
    exitCodeList = {
      " 0:everything is backed up",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the destination cannot be used: missing, not mounted, lost during the run",
      "23:some files could not be backed up, or a report or manifest could not be written",
      "24:some files vanished or kept changing; nothing else went wrong",
      "25:there is more to delete than --max-delete allows; nothing was deleted",
      "130:interrupted; what was in flight was finished or undone"
    })
final class BackupCommand extends SourceCommand {
  @Mixin private final WriteOptions writing = new WriteOptions();

  @Option(
      names = "--verify-after",
      description =
          "Read each file back right after it was copied, and compare it with what was read; copy"
              + " it again if it differs.")
  private boolean verifyAfter;

  @Option(
      names = "--manifest",
      paramLabel = "FILE",
      description =
          "Write the digests of all of these files that are in the backup, in the format of md5sum"
              + " -c (or sha256sum -c, with --digest SHA256). Unchanged files are read for it.")
  private Path manifest;

  @Option(
      names = "--delete",
      description =
          "Delete from the backup what is no more in the listed directories, after everything else;"
              + " nothing is deleted if anything failed.")
  private boolean delete;

  @Option(
      names = "--max-delete",
      paramLabel = "N[%]",
      description =
          "With --delete: if there are more files, links and directories to delete than this (or"
              + " than this percentage of those in the backup), delete nothing, and end with exit"
              + " code 25.")
  private String maxDelete;

  @Option(
      names = "--delete-despite-errors",
      description =
          "With --delete: delete also if something failed, or if a listed directory or a mount"
              + " point in the source is empty.")
  private boolean deleteDespiteErrors;

  @Option(
      names = {"-u", "--update"},
      description = "Leave files that are newer at the destination.")
  private boolean update;

  @Option(
      names = "--ignore-existing",
      description = "Leave what is at the destination already; only what is missing is copied.")
  private boolean ignoreExisting;

  @Option(
      names = {"--existing", "--ignore-non-existing"},
      description = "Make no new files and directories at the destination.")
  private boolean existing;

  @Mixin private final UploadOptions uploads = new UploadOptions();
  @Mixin private final ObjectOptions objects = new ObjectOptions();

  @Mixin private final LimitOptions limits = new LimitOptions();

  BackupCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  @Override
  void addOptions(BackupOptions.Builder options) {
    writing.addTo(options);
    options
        .checks(c -> c.withVerifyAfter(verifyAfter))
        .deletion(deletion())
        .uploads(unused -> uploads.uploads())
        .objectStyle(objects::style)
        .updateRules(new UpdateRules(update, ignoreExisting, existing))
        .limits(limits.limits());
    if (manifest != null) {
      options.manifest(manifest);
    }
  }

  private Deletion deletion() {
    if (!delete && (maxDelete != null || deleteDespiteErrors)) {
      throw new InvalidJobException(
          (maxDelete != null ? "--max-delete" : "--delete-despite-errors")
              + " says how to delete, and --delete is not there");
    }
    try {
      return new Deletion(
          delete, Optional.ofNullable(maxDelete).map(Deletion.Limit::parse), deleteDespiteErrors);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException("--max-delete: " + e.getMessage(), e);
    }
  }

  @Override
  ResultLines lines(PrintStream results) {
    return writing.lines(results, err);
  }

  @Override
  boolean isRecorded() {
    return true;
  }

  @Override
  boolean itemizes() {
    return writing.itemizes();
  }

  @Override
  BackupReport run(BackupJob job, BackupListener listener) {
    return Mtb.backup(job, listener);
  }

  @Override
  String summary(BackupReport report) {
    Totals totals = report.totals();
    String would = report.dryRun() ? "would be " : "";
    return String.format(
        "%s%s %scopied (%s), %s unchanged%s%s, %s failed, in %s",
        outcome(report),
        Text.files(totals.copied()),
        would,
        Format.size(totals.bytesCopied()),
        totals.unchanged(),
        part(totals.deleted(), would + "deleted"),
        part(totals.skipped(), "skipped"),
        totals.failed(),
        Format.duration(report.elapsed()));
  }
}
