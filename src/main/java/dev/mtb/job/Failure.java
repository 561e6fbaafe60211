package dev.mtb.job;

import static java.util.Objects.requireNonNull;

import dev.mtb.options.Deletion;
import java.nio.file.Path;

/**
 * One file, directory or list entry that is not safe in the backup.
 *
 * @param path where it lands, relative to the destination; for an entry that has no such place, the
 *     entry as it was given
 * @param stage what was being done
 * @param error what went wrong, in words for the user
 * @param cause what kind of failure it is; it decides the exit code
 */
public record Failure(Path path, Stage stage, String error, Cause cause) {

  /** What was being done when it failed. */
  public enum Stage {
    /** Finding files and reading their metadata. */
    SCAN,
    /** Looking at the destination. */
    COMPARE,
    /** Writing to the destination. */
    COPY,
    /** Deleting at the destination. */
    DELETE,
    /** Reading both sides back. */
    VERIFY
  }

  /** The kind of failure. */
  public enum Cause {
    /** An error that will most likely remain until the user acts. */
    ERROR,
    /** The source vanished or kept changing while it was read: the next run may well succeed. */
    SOURCE_MOVED,
    /** There is more to delete than {@link Deletion#limit()} allows: nothing was deleted. */
    TOO_MANY_DELETIONS,
    /** The destination cannot be used, so the run was given up. The path is empty. */
    GIVEN_UP
  }

  /** Checks that nothing is null. */
  public Failure {
    requireNonNull(path);
    requireNonNull(stage);
    requireNonNull(error);
    requireNonNull(cause);
  }

  /**
   * The failure of a whole run: its destination cannot be used.
   *
   * @param why what went wrong, in words for the user
   * @return its path is empty, which is the destination itself
   */
  public static Failure givenUp(String why) {
    return new Failure(Path.of(""), Stage.COPY, why, Cause.GIVEN_UP);
  }
}
