package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.OldVersions;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a backup keeps old versions, as options; {@code verify} leaves them out of account. */
final class OldVersionsOptions {
  @Option(
      names = "--backup-dir",
      paramLabel = "DIR",
      converter = PathConverter.class,
      description =
          "Keep files that are overwritten or deleted below this directory, which is relative to"
              + " DESTINATION and on the same mount, file system or bucket. What is there is never"
              + " deleted; for verify it is not extra.")
  private Path backupDirectory;

  @Option(
      names = "--suffix",
      paramLabel = "SUFFIX",
      description =
          "Keep files that are overwritten or deleted under their names with this at the end;"
              + " without --backup-dir, where they are.")
  private String suffix;

  OldVersions oldVersions() {
    try {
      return new OldVersions(Optional.ofNullable(backupDirectory), suffix == null ? "" : suffix);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException("--suffix: " + e.getMessage(), e);
    }
  }
}
