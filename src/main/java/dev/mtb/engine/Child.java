package dev.mtb.engine;

import dev.mtb.job.Failure;
import dev.mtb.store.TreeEntry;
import java.nio.file.Path;

/**
 * Something in a directory of the source.
 *
 * @param parent the directory
 * @param entry where it is in the source
 * @param target relative to the destination
 * @param isListed whether a list names it; otherwise the walk found it
 */
record Child(DirectoryNode parent, TreeEntry entry, Path target, boolean isListed) {

  static Child of(DirectoryNode parent, TreeEntry entry, boolean isListed) {
    Path target = parent.target.resolve(entry.path().getFileName());
    return new Child(parent, entry, target, isListed);
  }

  Path source() {
    return entry.path();
  }

  Path name() {
    return entry.path().getFileName();
  }

  /**
   * The cause to report if the child is missing. A child that the walk found has been moved since.
   */
  Failure.Cause causeIfMissing() {
    return isListed ? Failure.Cause.ERROR : Failure.Cause.SOURCE_MOVED;
  }
}
