package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The place for files that would be overwritten or deleted. Immutable. Through S3FS and in a bucket
 * the server moves them: nothing is downloaded. A place is refused if old versions could overwrite
 * what is backed up.
 *
 * @param directory relative to the destination, or absolute if that is a directory; each file keeps
 *     its path below it. It may lie in the destination, where nothing is ever deleted from it, or
 *     beside it, on the same mount, file system or bucket. Empty if they stay where they are, under
 *     another name
 * @param suffix what is added to their names
 */
public record OldVersions(Optional<Path> directory, String suffix) {
  /** They are not kept. */
  public static final OldVersions NONE = new OldVersions(Optional.empty(), "");

  /** Checks that the suffix can be part of a name; else {@link IllegalArgumentException}. */
  public OldVersions {
    requireNonNull(directory);
    if (suffix.contains("/") || suffix.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "the suffix '" + suffix + "' cannot be the end of a file's name");
    }
  }

  /** Whether they are kept. */
  public boolean areKept() {
    return directory.isPresent() || !suffix.isEmpty();
  }
}
