package dev.mtb.scan;

import dev.mtb.files.Folders;
import dev.mtb.job.BackupJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that a job lists, each entry once.
 *
 * <p>The lists are read twice: first to know every entry, so that one that lies below another can
 * be told from one that does not, whatever their order; then to hand them out. In between only
 * their hashes are kept.
 */
public final class SourceList {
  private static final Logger log = LoggerFactory.getLogger(SourceList.class);

  /** Takes what is handed out. */
  public interface Visitor {
    /**
     * An entry to be backed up, with everything below it if it is a directory.
     *
     * @param entry not below any other
     * @throws InterruptedException if there is no use in going on
     */
    void entry(Entry entry) throws InterruptedException;

    /**
     * An entry that cannot be backed up.
     *
     * @param path as far as it is known
     * @param error why
     */
    void unusable(Path path, String error);
  }

  private final BackupJob job;
  private final boolean knowsWays;
  private final FileFilter filter;
  private final PathSet listed = new PathSet();

  /** Directories on the way to entries; filled only where {@link #leadsThrough} is asked. */
  private final PathSet onTheWay = new PathSet();

  /** Enough to recognise a layout by; a list may have millions. */
  private static final int MOST_FIRST = 100;

  private final List<Path> first = new ArrayList<>();

  private Optional<Path> wholeSource = Optional.empty();

  private SourceList(BackupJob job, boolean knowsWays) {
    this.job = job;
    this.knowsWays = knowsWays;
    filter = new FileFilter(job.options().filters());
  }

  /**
   * Reads the lists of a job that keeps no old versions.
   *
   * @param job as below
   * @param destinations as below
   * @return the list
   */
  public static SourceList read(BackupJob job, List<Path> destinations) {
    return read(job, destinations, Optional.empty(), job.options().deletion().isWanted());
  }

  /**
   * Reads the lists for the first time and checks that the job makes sense.
   *
   * @param job what is listed
   * @param destinations the names by which the destination is known (as given, and with symbolic
   *     links resolved)
   * @param oldVersions where old versions go, with symbolic links resolved; empty if that is no
   *     directory
   * @param knowsWays whether {@link #leadsThrough} will be asked, which takes some memory
   * @return the list
   * @throws InvalidJobException if a list cannot be read or is none, if nothing is listed, or if
   *     the destination or the place of old versions and an entry contain each other
   */
  public static SourceList read(
      BackupJob job, List<Path> destinations, Optional<Path> oldVersions, boolean knowsWays) {
    SourceList list = new SourceList(job, knowsWays);
    for (BackupJob.ListFile file : job.lists()) {
      list.checkNoList(file.file(), oldVersions);
    }
    try {
      Taker taker =
          entry -> {
            list.checkApart(entry.source(), destinations, oldVersions);
            byte[] target = PathBytes.of(entry.target());
            list.listed.add(target, target.length, entry.outside());
            list.addWay(target);
            if (list.first.size() < MOST_FIRST) {
              list.first.add(entry.source());
            }
            if (target.length == 0 && list.wholeSource.isEmpty()) {
              list.wholeSource = Optional.of(entry.source());
            }
          };
      list.eachSource(taker);
      for (BackupJob.ListFile file : job.lists()) {
        list.eachOf(file, taker);
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

  /**
   * Some of the entries.
   *
   * @return the first, absolute
   */
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
   * Whether a listed entry lands below a place.
   *
   * @param target a place
   * @return known only if that was asked for when the lists were read
   */
  public boolean leadsThrough(Path target) {
    byte[] bytes = PathBytes.of(target);
    return onTheWay.contains(bytes, bytes.length, false);
  }

  /**
   * The entry that lands at the destination itself, such as {@code .}.
   *
   * @return empty if there is none
   */
  public Optional<Path> wholeSource() {
    return wholeSource;
  }

  /**
   * Finds out whether something that is listed, or below it, lands at a place now: files from below
   * the base and from elsewhere may land in one directory.
   *
   * @param target a place
   * @return whether it is there
   */
  public boolean supplies(Path target) {
    byte[] bytes = PathBytes.of(target);
    return (listedAtOrAbove(bytes, false) >= 0 && isThere(job.base(), target))
        || (listedAtOrAbove(bytes, true) >= 0 && isThere(job.base().getRoot(), target));
  }

  /**
   * Finds out whether something lands at a place, listed or not: it may be excluded, another
   * shard's, or of another list with the same destination.
   *
   * @param target a place
   * @return whether there is something at the source that has this place
   */
  public boolean couldSupply(Path target) {
    return mayBe(job.base().resolve(target)) || mayBe(job.base().getRoot().resolve(target));
  }

  private static boolean mayBe(Path source) {
    try {
      Metadata unused = Metadata.of(source);
      return true;
    } catch (IOException e) {
      // A file in the place of one of its directories tells it, too.
      return !Folders.isMoved(e, source);
    }
  }

  /**
   * Whether a file is listed, or below what is listed.
   *
   * @param file absolute, with symbolic links resolved; the base may have other names
   * @return whether this backup reads it, but for filters
   */
  public boolean lists(Path file) {
    Path base = job.base();
    Path realBase = real(base);
    for (Path start : List.of(base, realBase)) {
      if (file.getFileSystem() == start.getFileSystem()
          && file.startsWith(start)
          && listedAtOrAbove(PathBytes.of(start.relativize(file)), false) >= 0) {
        return true;
      }
    }
    return file.getFileSystem() == base.getFileSystem()
        && listedAtOrAbove(PathBytes.of(file.getRoot().relativize(file)), true) >= 0;
  }

  private static boolean isThere(Path start, Path target) {
    // What cannot be told is taken to be there.
    return !Files.notExists(start.resolve(target), LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Reads the lists once more, only to tell where entries land.
   *
   * @param visitor told each of them, in the order of the lists
   * @throws InterruptedException if the thread was interrupted
   */
  public void forEachLanding(Consumer<Path> visitor) throws InterruptedException {
    Taker taker = entry -> visitor.accept(entry.target());
    eachSource(taker);
    for (BackupJob.ListFile list : job.lists()) {
      try {
        eachOf(list, taker);
      } catch (InvalidJobException e) {
        // It is reported when the entries are handed out.
        log.debug("{} cannot be read again", list.file(), e);
      }
    }
  }

  /**
   * Reads the lists for the second time and hands every entry out once; entries below another one
   * are left to that one.
   *
   * @param visitor takes them, in the order of the lists
   * @throws InterruptedException if the visitor threw it
   */
  public void forEach(Visitor visitor) throws InterruptedException {
    Coverage coverage = new Coverage();
    Taker taker =
        entry -> {
          byte[] target = PathBytes.of(entry.target());
          if (!listed.contains(target, target.length, entry.outside())) {
            visitor.unusable(entry.source(), "the list changed while it was read");
          } else if (listed.take(target, target.length, entry.outside())) {
            coverage.handOut(entry, target, visitor);
          }
        };
    eachSource(taker);
    for (BackupJob.ListFile list : job.lists()) {
      try {
        eachOf(list, taker);
      } catch (InvalidJobException e) {
        // The job is under way, and what is listed elsewhere is still backed up.
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

  /** Hands out what is not covered by another entry. */
  private final class Coverage {
    private Path goodParent;

    void handOut(Entry entry, byte[] target, Visitor visitor) throws InterruptedException {
      Optional<Path> rival = rival(entry, target);
      if (rival.isPresent()) {
        visitor.unusable(
            entry.source(),
            "lands at the same place as " + rival.get() + "; back them up to different places");
        return;
      }
      int above = listedAbove(target, entry.outside());
      if (above < 0) {
        visitor.entry(entry);
      } else {
        checkCovered(entry, target, above, visitor);
      }
    }

    /**
     * What another entry puts at the same place, or at a part of its path: {@code BASE/etc/hosts}
     * and {@code /etc/hosts} are different files with one place to go.
     */
    private Optional<Path> rival(Entry entry, byte[] target) {
      // Of two entries with one place, the one below the base wins.
      int other = entry.outside() ? listedAtOrAbove(target, false) : listedAbove(target, true);
      if (other < 0) {
        return Optional.empty();
      }
      Path start = entry.outside() ? job.base() : job.base().getRoot();
      Path path = entry.target();
      while (path != null) {
        Path found = start.resolve(path);
        boolean isThere = Files.exists(found, LinkOption.NOFOLLOW_LINKS);
        boolean isDirectory = Files.isDirectory(found, LinkOption.NOFOLLOW_LINKS);
        if (isThere && (path.equals(entry.target()) || !isDirectory)) {
          return Optional.of(found);
        }
        path = isThere ? null : path.getParent();
      }
      return Optional.empty();
    }

    /** An entry below another is reached by walking that one, unless a link stands between. */
    private void checkCovered(Entry entry, byte[] target, int above, Visitor visitor)
        throws InterruptedException {
      Path source = entry.source();
      boolean isMountPoint;
      try {
        Metadata metadata = Metadata.of(source);
        isMountPoint =
            filter.looksAtDevices()
                && filter.isOutside(metadata, Metadata.of(source.getParent()).device());
      } catch (NoSuchFileException e) {
        visitor.unusable(source, ErrorText.missing(source));
        return;
      } catch (IOException e) {
        visitor.unusable(source, "cannot be read: " + ErrorText.of(e));
        return;
      }
      if (isMountPoint) {
        // The walk makes an empty directory of it.
        visitor.entry(entry);
        return;
      }
      if (source.getParent().equals(goodParent)) {
        return;
      }
      if (filter.mayCutWalks() && !isWalkedTo(entry, above)) {
        // Who lists it wants it, whatever becomes of the directory that it is in.
        visitor.entry(entry);
        return;
      }
      // The base itself may be a link: it is followed.
      int levels = above == 0 ? 0 : 1;
      for (int i = above == 0 ? 0 : above + 1; i < target.length; i++) {
        levels += target[i] == '/' ? 1 : 0;
      }
      Path ancestor = source;
      for (int i = 0; i < levels; i++) {
        ancestor = ancestor.getParent();
        try {
          if (Metadata.of(ancestor).kind() != Kind.DIRECTORY) {
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
      goodParent = source.getParent();
    }
  }

  /** Whether no filter keeps the walk of a listed directory from what is listed below it. */
  private boolean isWalkedTo(Entry entry, int above) {
    Path source = entry.source().getParent();
    Path path = entry.target().getParent();
    boolean isTop = false;
    try {
      while (path != null && !isTop) {
        isTop = PathBytes.of(path).length <= above;
        Metadata metadata = Metadata.of(source);
        boolean isMountPoint =
            !isTop
                && filter.looksAtDevices()
                && filter.isOutside(metadata, Metadata.following(source.getParent()).device());
        if (isMountPoint || filter.leavesOut(source, path, metadata)) {
          return false;
        }
        source = source.getParent();
        path = path.getParent();
      }
    } catch (IOException e) {
      // Nor can the walk get there, and it will say so.
      return true;
    }
    return true;
  }

  /** The length of the longest listed proper ancestor of a landing path, or -1. */
  private int listedAbove(byte[] target, boolean outside) {
    for (int i = target.length - 1; i > 0; i--) {
      if (target[i] == '/' && listed.contains(target, i, outside)) {
        return i;
      }
    }
    return target.length > 0 && listed.contains(target, 0, outside) ? 0 : -1;
  }

  private int listedAtOrAbove(byte[] target, boolean outside) {
    return listed.contains(target, target.length, outside)
        ? target.length
        : listedAbove(target, outside);
  }

  private interface Taker {
    void take(Entry entry) throws InterruptedException;
  }

  private void eachSource(Taker taker) throws InterruptedException {
    for (Path source : job.sources()) {
      taker.take(resolve(job.base().resolve(source)));
    }
  }

  private void eachOf(BackupJob.ListFile list, Taker taker) throws InterruptedException {
    if (Files.exists(list.file())
        && !Files.isRegularFile(list.file())
        && !Files.isDirectory(list.file())) {
      throw new InvalidJobException(
          "the list "
              + list.file()
              + " is a pipe or device; lists are read twice, so copy it to a file first");
    }
    InterruptedException[] interrupted = new InterruptedException[1];
    try (InputStream in = Files.newInputStream(list.file())) {
      ListReader.read(
          in,
          list.file().toString(),
          list.nulSeparated(),
          bytes -> {
            if (interrupted[0] == null) {
              try {
                taker.take(resolve(PathBytes.resolve(job.base(), bytes)));
              } catch (InterruptedException e) {
                interrupted[0] = e;
              }
            }
          });
    } catch (NoSuchFileException e) {
      throw new InvalidJobException("there is no list " + list.file(), e);
    } catch (IOException e) {
      throw new InvalidJobException(
          "the list " + list.file() + " cannot be read: " + ErrorText.of(e), e);
    }
    if (interrupted[0] != null) {
      throw interrupted[0];
    }
  }

  private Entry resolve(Path absolute) {
    Path source = withoutDots(absolute);
    Path base = job.base();
    if (source.startsWith(base)) {
      return new Entry(source, base.relativize(source), false);
    }
    return new Entry(source, source.getRoot().relativize(source), true);
  }

  /** Resolves {@code ..} as the operating system does: behind a link it climbs from its target. */
  private static Path withoutDots(Path path) {
    boolean climbs = false;
    for (Path name : path) {
      climbs |= name.toString().equals("..");
    }
    if (!climbs) {
      return path.normalize();
    }
    Path result = path.getRoot();
    for (Path name : path) {
      switch (name.toString()) {
        case "." -> {}
        case ".." -> {
          Path up = (Files.isSymbolicLink(result) ? real(result) : result).getParent();
          result = up == null ? path.getRoot() : up;
        }
        default -> result = result.resolve(name);
      }
    }
    return result;
  }

  private static Path real(Path link) {
    try {
      return link.toRealPath();
    } catch (IOException e) {
      // A dangling link: the entry will be reported as missing when it is looked at.
      return link;
    }
  }

  private Path knownParent;
  private Path knownRealParent;

  /** Links on the way to a source are resolved; neighbours in a list share the way. */
  private Path withRealParent(Path source) {
    Path parent = source.getParent();
    if (parent == null) {
      return source;
    }
    if (!parent.equals(knownParent)) {
      knownParent = parent;
      knownRealParent = real(parent);
    }
    return knownRealParent.resolve(source.getFileName());
  }

  private void checkApart(Path source, List<Path> destinations, Optional<Path> oldVersions) {
    if (destinations.isEmpty() && oldVersions.isEmpty()) {
      return;
    }
    checkNotNested(source, destinations);
    checkOldVersionsApart(source, oldVersions);
    Path real = withRealParent(source);
    if (source.equals(job.base())) {
      real = real(source);
    }
    if (!real.equals(source)) {
      checkNotNested(real, destinations);
      checkOldVersionsApart(real, oldVersions);
    }
  }

  private static void checkOldVersionsApart(Path source, Optional<Path> oldVersions) {
    if (oldVersions.isEmpty() || oldVersions.get().getFileSystem() != source.getFileSystem()) {
      return;
    }
    Path place = oldVersions.get();
    if (place.startsWith(source) || source.startsWith(place)) {
      throw new InvalidJobException(
          "old versions cannot be kept in "
              + place
              + ": it "
              + (place.equals(source) ? "is" : place.startsWith(source) ? "lies inside" : "holds")
              + " the source "
              + source
              + ", whose files they could overwrite; give another directory");
    }
  }

  /** An old version could take the place of a list, too. */
  private void checkNoList(Path file, Optional<Path> oldVersions) {
    Path absolute = file.toAbsolutePath().normalize();
    if (oldVersions.isPresent()
        && oldVersions.get().getFileSystem() == absolute.getFileSystem()
        && (absolute.startsWith(oldVersions.get())
            || real(absolute).startsWith(oldVersions.get()))) {
      throw new InvalidJobException(
          "old versions cannot be kept in "
              + oldVersions.get()
              + ": the list "
              + file
              + " lies there, and they could overwrite it; give another directory");
    }
  }

  private static void checkNotNested(Path source, List<Path> destinations) {
    for (Path destination : destinations) {
      if (destination.getFileSystem() != source.getFileSystem()) {
        continue;
      }
      if (destination.startsWith(source)) {
        throw new InvalidJobException(
            "the destination "
                + destination
                + " lies inside the source "
                + source
                + ": the backup would back itself up; list what is beside it instead");
      }
      if (source.startsWith(destination)) {
        throw new InvalidJobException(
            "the source " + source + " lies inside the destination " + destination);
      }
    }
  }

  private static String describe(List<BackupJob.ListFile> lists) {
    return lists.isEmpty() ? "the job" : "the list " + lists.get(0).file();
  }
}
