package dev.mtb.cli;

import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
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
final class BackupCommand extends JobCommand {
  @Option(
      names = {"-n", "--dry-run"},
      description =
          "Decide everything, change nothing, and print what would be changed, sorted by path.")
  private boolean dryRun;

  @Option(
      names = {"-i", "--itemize"},
      description = "Print a line for each file that is (would be) changed, with the reason.")
  private boolean itemize;

  @Option(
      names = "--compare",
      paramLabel = "MODE",
      defaultValue = "size-mtime",
      converter = EnumOption.CompareModes.class,
      completionCandidates = EnumOption.CompareModes.class,
      description =
          "What makes a file differ: size-mtime, checksum (reads both sides), size, or always.")
  private CompareMode compare;

  @Option(
      names = "--fsync",
      description =
          "Force each file to disk before it gets its name (not needed on S3FS, where a file is in"
              + " the bucket when it is closed).")
  private boolean fsync;

  @Option(
      names = "--lock-wait",
      paramLabel = "D",
      defaultValue = "0s",
      converter = DurationConverter.class,
      description =
          "How long to wait for another run that writes to the same destination, such as 10m; 0s:"
              + " refuse at once.")
  private Duration lockWait;

  @Option(
      names = "--verify-after",
      description =
          "Read each file back right after it was copied, and compare it with what was read; copy"
              + " it again if it differs.")
  private boolean verifyAfter;

  @Option(
      names = "--manifest",
      paramLabel = "FILE",
      converter = PathConverter.class,
      description =
          "Write the digests of all of these files that are in the backup, in the format of md5sum"
              + " -c (or sha256sum -c, with --digest SHA256). Unchanged files are read for it.")
  private Path manifest;

  @Mixin private final MirrorOptions mirror = new MirrorOptions();

  @Mixin private final OldVersionsOptions oldVersions = new OldVersionsOptions();

  @Mixin private UpdateOptions updates = new UpdateOptions();

  @Mixin private LimitOptions limits = new LimitOptions();

  BackupCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  @Override
  void addOptions(BackupOptions.Builder options) {
    options
        .dryRun(dryRun)
        .compare(compare)
        .checks(c -> c.withFsync(fsync).withVerifyAfter(verifyAfter))
        .waiting(w -> w.withLockWait(lockWait))
        .deletion(mirror.deletion())
        .oldVersions(oldVersions.oldVersions())
        .updateRules(updates.rules())
        .limits(limits.limits());
    if (manifest != null) {
      options.manifest(manifest);
    }
  }

  @Override
  ResultLines lines(PrintStream results) {
    if (dryRun) {
      return new DryRunLines(results, err);
    }
    return itemize ? new ItemLines(results) : ResultLines.NONE;
  }

  @Override
  boolean itemizes() {
    return itemize;
  }

  @Override
  BackupReport run(BackupJob job, BackupListener listener) {
    return Mtb.backup(job, listener);
  }

  @Override
  String summary(BackupReport report) {
    Totals totals = report.totals();
    StringBuilder text = new StringBuilder("mtb: ").append(outcome(report));
    text.append(Text.files(totals.copied()))
        .append(report.dryRun() ? " would be copied (" : " copied (")
        .append(Format.size(totals.bytesCopied()))
        .append("), ")
        .append(totals.unchanged())
        .append(" unchanged");
    if (totals.deleted() > 0) {
      text.append(", ")
          .append(totals.deleted())
          .append(report.dryRun() ? " would be deleted" : " deleted");
    }
    if (totals.skipped() > 0) {
      text.append(", ").append(totals.skipped()).append(" skipped");
    }
    text.append(", ").append(totals.failed()).append(" failed");
    return text.append(", in ").append(Format.duration(report.elapsed())).toString();
  }

  /** What goes before the counts. */
  static String outcome(BackupReport report) {
    return switch (report.outcome()) {
      case OK -> "";
      case PARTIAL -> "INCOMPLETE: ";
      case FAILED -> "FAILED: ";
      case INTERRUPTED -> "INTERRUPTED: ";
    };
  }
}
