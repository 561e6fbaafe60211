package dev.mtb.cli;

import dev.mtb.cli.watch.ResultLines;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import java.io.PrintStream;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of the commands that write files: {@code backup} and {@code restore}. */
final class WriteOptions {
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
      converter = Converters.CompareModes.class,
      completionCandidates = Converters.CompareModes.class,
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
      names = "--overwrite-conflicts",
      description =
          "In a bucket, also overwrite what another program has written since this run listed it"
              + " (otherwise that is a failure, where the server honours If-Match).")
  private boolean overwriteConflicts;

  @Option(
      names = "--lock-wait",
      paramLabel = "D",
      defaultValue = "0s",
      description =
          "How long to wait for another run that writes to the same place, such as 10m; 0s: refuse"
              + " at once.")
  private Duration lockWait;

  void addTo(BackupOptions.Builder options) {
    options
        .dryRun(dryRun)
        .compare(compare)
        .checks(c -> c.withFsync(fsync).withOverwriteConflicts(overwriteConflicts))
        .waiting(w -> w.withLockWait(lockWait));
  }

  boolean itemizes() {
    return itemize;
  }

  ResultLines lines(PrintStream results, PrintStream err) {
    if (dryRun) {
      return new ResultLines.DryRun(results, err);
    }
    return itemize ? new ResultLines.Items(results) : ResultLines.NONE;
  }
}
