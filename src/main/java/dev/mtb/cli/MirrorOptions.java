package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.options.Deletion;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What becomes of that which the source has no more, as options. */
final class MirrorOptions {
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
          "With --delete: delete also if something failed, or if a listed directory or a mount point"
              + " in the source is empty.")
  private boolean despiteErrors;

  Deletion deletion() {
    if (!delete && (maxDelete != null || despiteErrors)) {
      throw new InvalidJobException(
          (maxDelete != null ? "--max-delete" : "--delete-despite-errors")
              + " says how to delete, and --delete is not there");
    }
    try {
      return new Deletion(
          delete, Optional.ofNullable(maxDelete).map(Deletion.Limit::parse), despiteErrors);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException("--max-delete: " + e.getMessage(), e);
    }
  }
}
