package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import dev.mtb.compare.Decision;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What differs between a backup and a restore. In a backup the source always wins. In a restore an
 * existing file may be newer than its copy in the backup, and is then kept. Immutable and
 * thread-safe.
 */
interface Policy {
  /** The policy of a backup. */
  Policy BACKUP = new Policy() {};

  /**
   * Whether the source may lie in the destination. Then only its files are protected, and not the
   * whole destination.
   */
  default boolean mayContainSource() {
    return false;
  }

  /** What is done with a file, for messages. */
  default String done() {
    return "backed up";
  }

  /** The message for a listed name that does not exist. */
  default String missing(Path source) {
    return ErrorText.missing(source);
  }

  /** What went wrong with a directory, in words. */
  default String words(Exception e) {
    return ErrorText.of(e);
  }

  /** What the user can do about a directory in the place of a file. */
  default String makingWay() {
    return "run with BackupOptions.deletion (it is deleted when all else is done) or with"
        + " OldVersions.directory (it is kept there), or move it away";
  }

  /** Whether existing directories above the paths that the user asked for are not changed. */
  default boolean leavesDirectoriesOnTheWay() {
    return false;
  }

  /** The attributes that may be set on the destination itself. */
  default ImmutableSet<Attribute> settable(Set<Attribute> attributes, boolean isNew) {
    return ImmutableSet.copyOf(attributes);
  }

  /** The attributes that are set on the destination itself before anything is written to it. */
  default ImmutableSet<Attribute> setBeforeContents(
      Metadata source, Set<Attribute> attributes, boolean isNew) {
    return ImmutableSet.of();
  }

  /**
   * Whether a path at the destination lies in the backup that is being read, or would replace a
   * directory that holds this backup.
   */
  default boolean meetsBackup(Path target, Metadata source, Optional<Metadata> existing) {
    return false;
  }

  /** Why what is there is not changed. */
  default Optional<String> reasonToKeep(
      Metadata source, Optional<Metadata> existing, Decision decision) {
    return Optional.empty();
  }
}
