package dev.mtb.cli;

import dev.mtb.Mtb;
import dev.mtb.cli.text.Text;
import dev.mtb.cli.watch.ResultLines;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Format;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import java.io.PrintStream;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mtb verify}. */
@Command(
    name = "verify",
    description =
        "Reads both sides back and compares contents and metadata; prints every difference, and"
            + " counts what only the backup has.",
    customSynopsis = "mtb verify [OPTIONS] [SOURCE...] DESTINATION",
    exitCodeList = {
      " 0:the backup has everything as the sources have it",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the backup cannot be used: missing, not mounted, lost during the run",
      "23:something differs or is missing, or (with --strict) is only in the backup, or could not"
          + " be read, or the report not be written",
      "24:some files vanished or kept changing; nothing else went wrong",
      "130:interrupted"
    })
final class VerifyCommand extends SourceCommand {
  @Option(
      names = "--read-data",
      description =
          "Read every content back, even where the bucket's own checksum proves it without that.")
  private boolean readData;

  @Option(
      names = {"-i", "--itemize"},
      description =
          "Print a line for each file that is in the backup and not in the source, too, not only"
              + " for those that differ.")
  private boolean itemize;

  @Option(
      names = "--strict",
      description =
          "Take what is in the backup and not in the source for a failure (exit code 23).")
  private boolean strict;

  VerifyCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  @Override
  void addOptions(BackupOptions.Builder options) {
    options.checks(c -> c.withReadData(readData).withStrict(strict));
  }

  @Override
  boolean itemizes() {
    return itemize;
  }

  @Override
  ResultLines lines(PrintStream results) {
    return new ResultLines() {
      @Override
      public void decided(Path path, Metadata source, Action action, Reason reason) {
        // All other differences are failures.
        if (itemize && !strict && reason == Reason.NOT_IN_SOURCE) {
          results.println(reason + ": " + Text.path(path, source.kind()));
        }
      }

      @Override
      public void failed(Failure failure) {
        if (failure.stage() == Failure.Stage.VERIFY) {
          results.println(Text.message(failure.error()) + ": " + Text.path(failure.path()));
        }
      }
    };
  }

  @Override
  BackupReport run(BackupJob job, BackupListener listener) {
    return Mtb.verify(job, listener);
  }

  @Override
  String summary(BackupReport report) {
    Totals totals = report.totals();
    String hint = itemize || strict ? "" : " (-i names them)";
    return String.format(
        "%s%s of %s as they should be, %s differences or failures%s, in %s",
        report.outcome() == BackupReport.Outcome.OK ? "" : report.outcome() + ": ",
        totals.unchanged(),
        Text.files(totals.scanned()),
        totals.failed(),
        part(totals.extra(), "extra in the backup" + hint),
        Format.duration(report.elapsed()));
  }
}
