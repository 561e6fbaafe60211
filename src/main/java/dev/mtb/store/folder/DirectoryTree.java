package dev.mtb.store.folder;

import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.ReplacedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directories below a root. They are held open, so that no symbolic link below the root is
 * followed, and forced to disk where that is wanted. Thread-safe.
 */
public final class DirectoryTree implements Closeable {
  /** The number of tries to find a name that appears and disappears. */
  private static final int TRIES = 100;

  final Path root;
  final Folders folders;
  private final Optional<DirectorySync> sync;

  DirectoryTree(Path root, Folders folders, boolean fsync) {
    this.root = root;
    this.folders = folders;
    sync = fsync ? Optional.of(new DirectorySync(DirectorySync::force)) : Optional.empty();
  }

  /** The absolute path of a path that is relative to the root. */
  public Path at(Path path) {
    if (path.getFileSystem() == root.getFileSystem()) {
      return root.resolve(path);
    }
    Path result = root;
    for (Path name : path) {
      result = result.resolve(nameOf(name));
    }
    return result;
  }

  Path nameOf(Path sourceName) {
    return sourceName.getFileSystem() == root.getFileSystem()
        ? sourceName
        // Bytes that are not UTF-8 remain different, or the file system refuses them.
        : PathBytes.resolve(root.getFileSystem().getPath(""), PathBytes.of(sourceName));
  }

  /** The directory that an entry is or will be in, reached from the root through no link. */
  Folder folderOf(Path path) throws IOException {
    return folders.open(path.getParent(), root);
  }

  /**
   * Checks that the path of a directory still leads to it. This is needed since Java makes links
   * and directories by path only.
   */
  void checkWay(Folder folder) throws IOException {
    if (folder.isHeld() && !folder.path().equals(root) && folder.look().isEmpty()) {
      folders.forget(folder.path(), root);
      throw new ReplacedException(folder.path());
    }
  }

  /** Notes that names in a directory were changed, for {@link #sync}. */
  void changed(Path directory) {
    sync.ifPresent(s -> s.changed(directory));
  }

  /** Forces all directories to disk in which names were changed. */
  void sync() throws IOException {
    if (sync.isPresent()) {
      sync.get().flush();
    }
  }

  /**
   * Removes what a failed write left behind. An error of that is added to the failure. The entry
   * was made by path. If another user replaces a directory of the path with a link again and again,
   * only some of the attempts reach the entry.
   */
  static void deleteAfter(IOException failure, Path stale) {
    try {
      for (int attempt = 1; attempt <= TRIES && !Files.deleteIfExists(stale); attempt++) {
        Thread.onSpinWait();
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Looks at an entry, through no link. */
  Metadata look(Path path) throws IOException {
    return folders.look(path, root);
  }

  @Override
  public void close() throws IOException {
    folders.close();
  }
}
