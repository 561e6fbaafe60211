package dev.mtb.cli;

import dev.mtb.options.Uploads;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options that say how large files are uploaded to a bucket. */
final class UploadOptions {
  @Option(
      names = "--keep-uploads",
      paramLabel = "D",
      defaultValue = "7d",
      description =
          "How long what an interrupted run has uploaded of a large file is kept in the bucket for"
              + " the next run, which continues it; 0s: not at all.")
  private Duration keep;

  @Option(
      names = "--whole-file",
      description =
          "Send a large file that has changed as a whole, and not only those parts of it that have"
              + " changed.")
  private boolean wholeFile;

  Uploads uploads() {
    return new Uploads(keep, wholeFile);
  }
}
