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
 * What differs between a backup and a restore. In a backup the source is right; in a restore what
 * is there already may be worth more than what would replace it. Immutable and thread-safe.
 */
interface Policy {
  /** The policy of a backup. */
  Policy BACKUP = new Policy() {};

  /** Whether the destination may hold what is copied: its files, not itself, are then guarded. */
  default boolean mayContainSource() {
    return false;
  }

  /** What is done with a file, for messages. */
  default String done() {
    return "backed up";
  }

  /** A listed name is not there. */
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

  /** Whether directories that are there and only lead to what was asked for are not touched. */
  default boolean leavesDirectoriesOnTheWay() {
    return false;
  }

  /** What may be set of the destination itself, if the destination is new or not. */
  default ImmutableSet<Attribute> settable(Set<Attribute> attributes, boolean isNew) {
    return ImmutableSet.copyOf(attributes);
  }

  /** What is set of the destination itself before there is anything in it. */
  default ImmutableSet<Attribute> setBeforeContents(
      Metadata source, Set<Attribute> attributes, boolean isNew) {
    return ImmutableSet.of();
  }

  /**
   * Whether something at the destination is, or is in, the backup that is being read, or would take
   * the place of a directory that holds it.
   */
  default boolean meetsBackup(Path target, Metadata source, Optional<Metadata> existing) {
    return false;
  }

  /** Why what is there is not changed. */
  default Optional<String> reasonToLeave(
      Metadata source, Optional<Metadata> existing, Decision decision) {
    return Optional.empty();
  }
}
