package dev.mtb.scan;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The decision which entries of a list are backed up by themselves. An entry is not if the walk of
 * another entry reaches it, or if another file has the same target. Not thread-safe.
 */
final class Coverage {
  private final Tree tree;
  private final Path base;
  private final FileFilter filter;
  private final PathSet listed;

  /**
   * The parent of the last entry that a walk reaches. Entries that follow each other in a list
   * often have the same parent.
   */
  private Path reachedParent;

  /**
   * The decision for a job.
   *
   * @param listed the targets of all its entries
   */
  Coverage(Tree tree, Path base, FileFilter filter, PathSet listed) {
    this.tree = tree;
    this.base = base;
    this.filter = filter;
    this.listed = listed;
  }

  /** Passes an entry to the visitor, unless it is covered. */
  void handOut(Entry entry, byte[] target, SourceList.Visitor visitor) throws InterruptedException {
    Optional<Path> collision = collision(entry, target);
    if (collision.isPresent()) {
      visitor.unusable(
          entry.source(),
          "lands at the same place as " + collision.get() + "; back them up to different places");
      return;
    }
    int above = listed.above(target, entry.outside());
    if (above < 0) {
      visitor.entry(entry);
    } else {
      checkCovered(entry, target, above, visitor);
    }
  }

  /**
   * Another file that is copied to the target of an entry, or to a part of the target's path:
   * {@code BASE/etc/hosts} and {@code /etc/hosts} are different files with one target.
   */
  private Optional<Path> collision(Entry entry, byte[] target) {
    // Of two entries with one target, the one below the base wins.
    int other = entry.outside() ? listed.atOrAbove(target, false) : listed.above(target, true);
    if (other < 0) {
      return Optional.empty();
    }
    Path start = entry.outside() ? base : tree.root();
    Path path = entry.target();
    while (path != null) {
      Path found = start.resolve(path);
      Optional<Kind> kind = kind(found);
      if (kind.isPresent()) {
        boolean collides = path.equals(entry.target()) || kind.get() != Kind.DIRECTORY;
        return collides ? Optional.of(found) : Optional.empty();
      }
      path = path.getParent();
    }
    return Optional.empty();
  }

  /** The kind of file at a path; empty if there is none, or if that cannot be read. */
  private Optional<Kind> kind(Path path) {
    try {
      return Optional.of(look(path).kind());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Metadata look(Path path) throws IOException {
    return tree.entry(path).look();
  }

  /**
   * Checks that the walk of the entry above reaches an entry. No walk passes a link.
   *
   * @param above length of the target of the entry above
   */
  private void checkCovered(Entry entry, byte[] target, int above, SourceList.Visitor visitor)
      throws InterruptedException {
    Path source = entry.source();
    boolean isMountPoint;
    try {
      Metadata metadata = look(source);
      isMountPoint =
          filter.looksAtDevices() && filter.isOutside(metadata, look(source.getParent()).device());
    } catch (NoSuchFileException e) {
      visitor.unusable(source, ErrorText.missing(source));
      return;
    } catch (IOException e) {
      visitor.unusable(source, "cannot be read: " + ErrorText.of(e));
      return;
    }
    if (isMountPoint) {
      // The walk does not enter this directory, and only makes an empty one.
      visitor.entry(entry);
      return;
    }
    Path parent = source.getParent() == null ? tree.root() : source.getParent();
    if (parent.equals(reachedParent)) {
      return;
    }
    if (filter.mayCutWalks() && !isWalkedTo(entry, above)) {
      // The list names it, so it is backed up even if a filter excludes its directory.
      visitor.entry(entry);
      return;
    }
    // The base itself may be a link, which is followed.
    int levels = above == 0 ? 0 : 1;
    for (int i = above == 0 ? 0 : above + 1; i < target.length; i++) {
      levels += target[i] == '/' ? 1 : 0;
    }
    Path ancestor = source;
    for (int i = 0; i < levels; i++) {
      ancestor = ancestor.getParent();
      try {
        if (look(ancestor).kind() != Kind.DIRECTORY) {
          visitor.unusable(
              source,
              "is reached through the symbolic link "
                  + ancestor
                  + ", which is backed up as a link; list what the link leads to instead");
          return;
        }
      } catch (IOException e) {
        visitor.unusable(source, "cannot be read: " + ErrorText.of(e));
        return;
      }
    }
    reachedParent = parent;
  }

  /** Whether no filter stops the walk on the way from the entry above to an entry. */
  private boolean isWalkedTo(Entry entry, int above) {
    Path source = entry.source().getParent();
    Path path = entry.target().getParent();
    boolean isTop = false;
    try {
      while (path != null && !isTop) {
        isTop = PathBytes.of(path).length <= above;
        Metadata metadata = look(source);
        boolean isMountPoint =
            !isTop
                && filter.looksAtDevices()
                && filter.isOutside(metadata, tree.way(source.getParent()).look().device());
        if (isMountPoint || filter.leavesOut(source, path, metadata)) {
          return false;
        }
        source = source.getParent();
        path = path.getParent();
      }
    } catch (IOException e) {
      // The walk fails there too, and reports it.
      return true;
    }
    return true;
  }
}
