package dev.mtb.scan;

import dev.mtb.job.BackupJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A reader of the entries that a job names itself and in its lists. It resolves each of them. */
final class EntryReader {
  /** Takes one entry after another. */
  interface Taker {
    void take(Entry entry) throws InterruptedException;
  }

  private final BackupJob job;
  private final Path root;

  EntryReader(BackupJob job, Tree tree) {
    this.job = job;
    this.root = tree.root();
  }

  /** Reads the entries that the job names itself. */
  void eachSource(Taker taker) throws InterruptedException {
    for (Path source : job.sources()) {
      taker.take(resolve(job.base().resolve(source)));
    }
  }

  /**
   * Reads the entries of a list.
   *
   * @throws InvalidJobException if it cannot be read, or is no list
   */
  void eachOf(BackupJob.ListFile list, Taker taker) throws InterruptedException {
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

  private Entry resolve(Path path) {
    Path source = root.isAbsolute() ? withoutDots(path) : inTree(path);
    Path base = job.base();
    if (source.startsWith(base) || base.toString().isEmpty()) {
      return new Entry(source, base.relativize(source), false);
    }
    return new Entry(source, source.getRoot().relativize(source), true);
  }

  /** A path of a tree whose paths are relative to it. */
  private static Path inTree(Path path) {
    Path relative = path.isAbsolute() ? path.getRoot().relativize(path) : path;
    Path normal = relative.normalize();
    if (normal.startsWith("..")) {
      throw new InvalidJobException("'" + path + "' leads out of the place that is backed up");
    }
    return normal;
  }

  /**
   * Resolves {@code ..} as the operating system does: after a link it leads to the parent of the
   * link's target.
   */
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

  /** A path with symbolic links resolved; the path itself if that is not possible. */
  static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      // A missing entry is reported when it is looked at.
      return path;
    }
  }
}
