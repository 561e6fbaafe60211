package dev.mtb.cli;

import dev.mtb.options.UpdateRules;
import picocli.CommandLine.Option;

/** What is left as it is at the destination, as options. */
final class UpdateOptions {
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

  /** Makes rules of what was given. */
  UpdateRules rules() {
    return new UpdateRules(update, ignoreExisting, existing);
  }
}
