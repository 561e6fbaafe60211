package dev.mtb.job;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A name in a backup. Immutable.
 *
 * @param path relative to the backup, as {@link RestoreJob.Builder#path} takes it
 * @param isDirectory whether it is a directory
 * @param size in bytes; of no meaning for a directory, and -1 if the server does not tell it
 * @param metadata its metadata; empty if only a list of the bucket was requested, which does not
 *     distinguish links from files
 * @param target of a link; empty if it is none or was not read
 */
public record BackupItem(
    Path path, boolean isDirectory, long size, Optional<Metadata> metadata, Optional<Path> target) {
  /** Checks that nothing is null. */
  public BackupItem {
    requireNonNull(path);
    requireNonNull(metadata);
    requireNonNull(target);
  }

  /**
   * A name that was looked at.
   *
   * @param target of a link; empty if it is none or was not read
   */
  public static BackupItem of(Path path, Metadata metadata, Optional<Path> target) {
    boolean isDirectory = metadata.kind() == Kind.DIRECTORY;
    return new BackupItem(path, isDirectory, metadata.size(), Optional.of(metadata), target);
  }
}
