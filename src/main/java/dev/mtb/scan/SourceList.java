package dev.mtb.scan;

import dev.mtb.job.BackupJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All entries that a job lists, each of them once.
 *
 * <p>The lists are read twice. The first reading collects the hashes of all entries, to find
 * entries that lie below others, in any order. The second reading passes the entries to the run. In
 * between only the hashes are kept.
 */
public final class SourceList {
  private static final Logger log = LoggerFactory.getLogger(SourceList.class);

  /** Takes the entries that are handed out. */
  public interface Visitor {
    /** An entry to be backed up, with everything below it if it is a directory. */
    void entry(Entry entry) throws InterruptedException;

    /** An entry that cannot be backed up. */
    void unusable(Path path, String error);
  }

  /** The number of entries that are kept to recognise the layout of the backup. */
  private static final int MOST_FIRST = 100;

  private final BackupJob job;
  private final Tree tree;
  private final EntryReader reader;
  private final boolean knowsWays;
  private final PathSet listed = new PathSet();

  /** Directories on the way to entries; filled only where {@link #leadsThrough} is asked. */
  private final PathSet onTheWay = new PathSet();

  private final List<Path> first = new ArrayList<>();
  private Optional<Path> wholeSource = Optional.empty();

  private SourceList(BackupJob job, Tree tree, boolean knowsWays) {
    this.job = job;
    this.tree = tree;
    this.knowsWays = knowsWays;
    reader = new EntryReader(job, tree);
  }

  /** Reads the lists of a job that keeps no old versions. */
  public static SourceList read(BackupJob job, Tree tree, List<Path> destinations) {
    return read(job, tree, destinations, Optional.empty(), job.options().deletion().isWanted());
  }

  /**
   * Reads the lists for the first time and checks that the job makes sense.
   *
   * @param tree that the sources are in
   * @param destinations the names by which the destination is known (as given, and with symbolic
   *     links resolved)
   * @param oldVersions where old versions go, with symbolic links resolved; empty if that is no
   *     directory
   * @param knowsWays whether {@link #leadsThrough} will be asked, which takes some memory
   * @throws InvalidJobException if a list cannot be read or is none, if nothing is listed, or if
   *     the destination or the place of old versions and an entry contain each other
   */
  public static SourceList read(
      BackupJob job,
      Tree tree,
      List<Path> destinations,
      Optional<Path> oldVersions,
      boolean knowsWays) {
    SourceList list = new SourceList(job, tree, knowsWays);
    NestingCheck nesting = new NestingCheck(job.base(), destinations, oldVersions);
    job.lists().forEach(file -> nesting.checkList(file.file()));
    try {
      EntryReader.Taker taker =
          entry -> {
            nesting.checkSource(entry.source());
            list.add(entry);
          };
      list.reader.eachSource(taker);
      for (BackupJob.ListFile file : job.lists()) {
        list.reader.eachOf(file, taker);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InvalidJobException("interrupted while reading the lists", e);
    }
    if (list.listed.size() == 0) {
      throw new InvalidJobException(
          "nothing to back up: " + describe(job.lists()) + " names no file or directory");
    }
    return list;
  }

  private void add(Entry entry) {
    byte[] target = PathBytes.of(entry.target());
    listed.add(target, target.length, entry.outside());
    addWay(target);
    if (first.size() < MOST_FIRST) {
      first.add(entry.source());
    }
    if (target.length == 0 && wholeSource.isEmpty()) {
      wholeSource = Optional.of(entry.source());
    }
  }

  /** Some of the entries. */
  public List<Path> first() {
    return List.copyOf(first);
  }

  private void addWay(byte[] target) {
    if (!knowsWays) {
      return;
    }
    for (int i = target.length - 1; i > 0; i--) {
      if (target[i] == '/') {
        onTheWay.add(target, i, false);
      }
    }
  }

  /**
   * Whether the target of a listed entry lies below a target.
   *
   * @return known only if that was asked for when the lists were read
   */
  public boolean leadsThrough(Path target) {
    byte[] bytes = PathBytes.of(target);
    return onTheWay.contains(bytes, bytes.length, false);
  }

  /** The entry whose target is the destination itself, such as {@code .}. */
  public Optional<Path> wholeSource() {
    return wholeSource;
  }

  /**
   * Finds out whether a target has a source now, listed or below a listed entry. A directory of the
   * destination may hold files from below the base and from elsewhere.
   */
  public boolean supplies(Path target) {
    byte[] bytes = PathBytes.of(target);
    return (listed.atOrAbove(bytes, false) >= 0 && isThere(job.base(), target))
        || (listed.atOrAbove(bytes, true) >= 0 && isThere(tree.root(), target));
  }

  /**
   * Finds out whether a target may have a source, listed or not: the source may be excluded, or
   * belong to another shard or to another list with the same destination.
   *
   * @return whether a file or directory exists that has this target
   */
  public boolean couldSupply(Path target) {
    return mayBe(job.base().resolve(target))
        || (!isWholeTree() && mayBe(tree.root().resolve(target)));
  }

  /** Whether nothing in the tree lies outside of the base. */
  private boolean isWholeTree() {
    return job.base().equals(tree.root());
  }

  private boolean mayBe(Path source) {
    try {
      Metadata unused = tree.entry(source).look();
      return true;
    } catch (IOException e) {
      // A path also counts as missing if a directory in it was replaced by a file.
      return !tree.isMoved(e, source);
    }
  }

  /**
   * Whether a file is listed, or below what is listed.
   *
   * @param file absolute, with symbolic links resolved; the base may have other names
   * @return whether this backup reads it, if no filter leaves it out
   */
  public boolean lists(Path file) {
    Path base = job.base();
    Path realBase = EntryReader.real(base);
    for (Path start : List.of(base, realBase)) {
      if (file.getFileSystem() == start.getFileSystem()
          && file.startsWith(start)
          && listed.atOrAbove(PathBytes.of(start.relativize(file)), false) >= 0) {
        return true;
      }
    }
    return file.getFileSystem() == base.getFileSystem()
        && listed.atOrAbove(PathBytes.of(file.getRoot().relativize(file)), true) >= 0;
  }

  private boolean isThere(Path start, Path target) {
    try {
      Metadata unused = tree.entry(start.resolve(target)).look();
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      // It cannot be read, so the file counts as existing.
      return true;
    }
  }

  /**
   * Reads the lists once more, only for the targets of the entries.
   *
   * @param visitor takes each target, in the order of the lists
   */
  public void forEachLanding(Consumer<Path> visitor) throws InterruptedException {
    EntryReader.Taker taker = entry -> visitor.accept(entry.target());
    reader.eachSource(taker);
    for (BackupJob.ListFile list : job.lists()) {
      try {
        reader.eachOf(list, taker);
      } catch (InvalidJobException e) {
        // The error is reported when the entries are handed out.
        log.debug("{} cannot be read again", list.file(), e);
      }
    }
  }

  /**
   * Reads the lists for the second time and hands each entry out once, but none that the walk of
   * another entry reaches.
   *
   * @param visitor takes them, in the order of the lists
   */
  public void forEach(Visitor visitor) throws InterruptedException {
    FileFilter filter = new FileFilter(job.options().filters(), tree);
    Coverage coverage = new Coverage(tree, job.base(), filter, listed);
    EntryReader.Taker taker =
        entry -> {
          byte[] target = PathBytes.of(entry.target());
          if (!listed.contains(target, target.length, entry.outside())) {
            visitor.unusable(entry.source(), "the list changed while it was read");
          } else if (listed.take(target, target.length, entry.outside())) {
            coverage.handOut(entry, target, visitor);
          }
        };
    reader.eachSource(taker);
    for (BackupJob.ListFile list : job.lists()) {
      try {
        reader.eachOf(list, taker);
      } catch (InvalidJobException e) {
        // The run has begun: the entries of other lists are still backed up.
        visitor.unusable(list.file(), "a list changed while it was read: " + e.getMessage());
      }
    }
    int gone = listed.size() - listed.takenCount();
    if (gone > 0) {
      visitor.unusable(
          job.lists().isEmpty() ? job.base() : job.lists().get(0).file(),
          "a list changed while it was read: "
              + gone
              + " of the entries were not there any more at the second reading, and were not backed"
              + " up");
    }
  }

  private static String describe(List<BackupJob.ListFile> lists) {
    return lists.isEmpty() ? "the job" : "the list " + lists.get(0).file();
  }
}
