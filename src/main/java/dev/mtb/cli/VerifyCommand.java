package dev.mtb.cli;

import dev.mtb.BackupJob;
import dev.mtb.BackupListener;
import dev.mtb.BackupOptions;
import dev.mtb.BackupReport;
import dev.mtb.Failure;
import dev.mtb.Format;
import dev.mtb.Mtb;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mtb verify}. */
@Command(
    name = "verify",
    description =
        "Reads both sides back and compares contents and metadata; prints every difference.",
    customSynopsis = "mtb verify [OPTIONS] [SOURCE...] DESTINATION",
    exitCodeList = {
      " 0:the backup has everything as the sources have it",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the backup cannot be used: missing, not mounted, lost during the run",
      "23:something differs or is missing, or could not be read, or the report not be written",
      "24:some files vanished or kept changing; nothing else went wrong",
      "130:interrupted"
    })
final class VerifyCommand extends JobCommand {
  @Option(
      names = "--read-data",
      description =
          "Read every content back, even where the bucket's own checksum proves it without that.")
  private boolean readData;

  VerifyCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  @Override
  void addOptions(BackupOptions.Builder options) {
    options.checks(c -> c.withReadData(readData));
  }

  @Override
  ResultLines lines(PrintStream results) {
    return new ResultLines() {
      @Override
      public void failed(Failure failure) {
        if (failure.stage() == Failure.Stage.VERIFY) {
          results.println(Text.printable(failure.error()) + ": " + Text.path(failure.path()));
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
    return String.format(
        "mtb: %s%d of %s as they should be, %d differences or failures, in %s",
        report.outcome() == BackupReport.Outcome.OK ? "" : report.outcome() + ": ",
        report.totals().unchanged(),
        Text.files(report.totals().scanned()),
        report.totals().failed(),
        Format.duration(report.elapsed()));
  }
}
