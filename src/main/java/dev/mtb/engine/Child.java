package dev.mtb.engine;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.job.Failure;
import dev.mtb.model.Metadata;
import dev.mtb.store.TreeEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * Something in a directory of the source.
 *
 * @param parent the directory
 * @param entry where it is in the source
 * @param target relative to the destination
 * @param isListed whether a list names it; otherwise the walk found it
 * @param begun a look at it that was begun in advance; empty if there is none
 */
record Child(
    DirectoryNode parent,
    TreeEntry entry,
    Path target,
    boolean isListed,
    Optional<Future<Metadata>> begun) {

  static Child of(DirectoryNode parent, TreeEntry entry, boolean isListed) {
    Path target = parent.target.resolve(entry.path().getFileName());
    return new Child(parent, entry, target, isListed, Optional.empty());
  }

  /** The same with a look that was begun. */
  Child withLook(Future<Metadata> look) {
    return new Child(parent, entry, target, isListed, Optional.of(look));
  }

  /** Looks at it, or waits for the look that was begun. */
  Metadata look() throws IOException {
    if (begun.isEmpty()) {
      return entry.look();
    }
    try {
      return Uninterruptibles.getUninterruptibly(begun.get());
    } catch (ExecutionException e) {
      Throwables.throwIfInstanceOf(e.getCause(), IOException.class);
      Throwables.throwIfUnchecked(e.getCause());
      throw new IllegalStateException(e);
    }
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
