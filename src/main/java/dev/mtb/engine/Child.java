package dev.mtb.engine;

import dev.mtb.job.Failure;
import java.nio.file.Path;

/**
 * Something in a directory of the source.
 *
 * @param parent the directory
 * @param source absolute
 * @param target relative to the destination
 * @param isListed whether a list names it; otherwise the walk found it
 */
record Child(DirectoryNode parent, Path source, Path target, boolean isListed) {

  static Child of(DirectoryNode parent, Path source, boolean isListed) {
    return new Child(parent, source, parent.target.resolve(source.getFileName()), isListed);
  }

  Path name() {
    return source.getFileName();
  }

  /** Why it is missing, if it is: what the walk has found was moved since. */
  Failure.Cause causeIfMissing() {
    return isListed ? Failure.Cause.ERROR : Failure.Cause.SOURCE_MOVED;
  }
}
