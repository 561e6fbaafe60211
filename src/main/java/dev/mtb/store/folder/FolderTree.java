package dev.mtb.store.folder;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.ReplacedException;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import dev.mtb.store.TreeScan;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

/**
 * Files of any {@code java.nio} file system, with their directories held open so that no link that
 * another user plants is followed. Thread-safe.
 *
 * <p>Links are not followed below the directory of an entry, or below the directory that a scan
 * began with. Links above it are the user's own, and are followed.
 */
public class FolderTree implements Tree {
  /** The number of attempts to open a directory that is replaced meanwhile. */
  private static final int TRIES = 3;

  private final Folders folders = new Folders();
  private final Path root;
  private final boolean isBackup;

  /**
   * A part of a file system.
   *
   * @param root absolute
   * @param isBackup whether links are not followed on the way either
   */
  protected FolderTree(Path root, boolean isBackup) {
    this.root = root;
    this.isBackup = isBackup;
  }

  /** The files that users work with: a whole file system. */
  public static FolderTree of(Path root) {
    return new FolderTree(root, /* isBackup= */ false);
  }

  @Override
  public String name() {
    return root.toString();
  }

  @Override
  public Path root() {
    return root;
  }

  @Override
  public TreeEntry entry(Path path) {
    Path parent = path.getParent();
    return new Entry(path, parent == null || path.equals(root) ? path : parent);
  }

  @Override
  public TreeEntry way(Path directory) {
    return isBackup ? entry(directory) : new Entry(directory, directory);
  }

  @Override
  public MtimePrecision mtimes() {
    // The times of a source count as exact.
    return MtimePrecision.EXACT;
  }

  @Override
  public boolean hasRootMetadata() {
    return true;
  }

  @Override
  public boolean isMoved(IOException error, Path path) {
    // The JDK has no exception of its own for what the system calls ENOTDIR.
    return Tree.super.isMoved(error, path)
        || (!(error instanceof AccessDeniedException) && isGone(path.getParent()));
  }

  private static boolean isGone(Path directory) {
    if (directory == null) {
      return false;
    }
    try {
      Kind kind = Metadata.of(directory).kind();
      return kind == Kind.LINK ? !Files.isDirectory(directory) : kind != Kind.DIRECTORY;
    } catch (NoSuchFileException e) {
      return true;
    } catch (AccessDeniedException e) {
      return false;
    } catch (IOException e) {
      return isGone(directory.getParent());
    }
  }

  @Override
  public void close() throws IOException {
    folders.close();
  }

  /**
   * An entry at a path. Links are followed up to {@code start}, which is the path itself or above
   * it.
   */
  private final class Entry implements TreeEntry {
    private final Path path;
    private final Path start;

    /** The result of the last look by path; null before the first. */
    private volatile Metadata.Reading seen;

    Entry(Path path, Path start) {
      this.path = path;
      this.start = start;
    }

    private boolean isStart() {
      return path.equals(start);
    }

    @Override
    public Path path() {
      return path;
    }

    @Override
    public Metadata look() throws IOException {
      if (isStart()) {
        return Metadata.following(path);
      }
      Metadata.Reading now = Metadata.reading(path);
      seen = now;
      return now.metadata();
    }

    @Override
    public Metadata lookSafely() throws IOException {
      return isStart() ? look() : folders.look(path, start);
    }

    @Override
    public ReadableByteChannel read() throws IOException {
      return folders.read(path, start);
    }

    @Override
    public Path readLink() throws IOException {
      return Files.readSymbolicLink(path);
    }

    @Override
    public TreeScan scan() throws IOException {
      // The earlier look is used once: if the directory was replaced since, it is looked at again.
      Optional<Metadata.Reading> before = Optional.ofNullable(seen);
      seen = null;
      for (int attempt = 1; attempt <= TRIES; attempt++) {
        boolean isDirectory =
            before.isPresent() && before.get().metadata().kind() == Kind.DIRECTORY;
        Folder folder = folders.scan(path, start, isDirectory);
        try {
          // The start itself may be a link to a directory.
          Optional<Metadata> now = Optional.empty();
          if (!isStart()) {
            now = isDirectory ? folder.look(before.get()) : folder.look();
          }
          if (isStart() || now.isPresent()) {
            return new Scan(this, folder, now);
          }
        } catch (IOException | RuntimeException e) {
          folder.close();
          throw e;
        }
        folder.close();
        folders.forget(path, start);
        before = Optional.empty();
      }
      throw new ReplacedException(path);
    }

    @Override
    public void done() throws IOException {
      folders.release(path);
    }
  }

  /** A directory that is held open while it is read. */
  private final class Scan implements TreeScan {
    private final Entry entry;
    private final Folder folder;
    private final Optional<Metadata> seen;
    private final Iterator<Path> names;

    Scan(Entry entry, Folder folder, Optional<Metadata> seen) throws IOException {
      this.entry = entry;
      this.folder = folder;
      this.seen = seen;
      this.names = folder.names();
    }

    @Override
    public Optional<Metadata> directory() {
      return seen;
    }

    @Override
    public Optional<TreeEntry> next() throws IOException {
      try {
        return names.hasNext()
            ? Optional.of(new Entry(names.next(), entry.start))
            : Optional.empty();
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }

    @Override
    public void check() throws IOException {
      if (!entry.isStart() && folder.look().isEmpty()) {
        throw new ReplacedException(entry.path);
      }
    }

    @Override
    public void close() throws IOException {
      folder.close();
    }
  }
}
