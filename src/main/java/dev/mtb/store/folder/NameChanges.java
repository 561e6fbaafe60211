package dev.mtb.store.folder;

import com.google.common.util.concurrent.Striped;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ReplacedException;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.Optional;
import java.util.concurrent.locks.Lock;

/**
 * The changes of names in a directory tree: a name is given to a complete file or a new directory,
 * replaced, or removed. An old version is kept where the job wants it. Thread-safe, except for one
 * path.
 */
final class NameChanges {
  private final DirectoryTree tree;
  private final MetadataWriter metadata;
  private final boolean isShared;
  private final Optional<OldVersionsFolder> oldVersions;

  /** One thread at a time gives a directory its name; 64, so that others hardly ever wait. */
  private final Striped<Lock> turns = Striped.lock(64);

  /** The changes in a tree; if it is shared, other shards may make the same directories in it. */
  NameChanges(
      DirectoryTree tree,
      MetadataWriter metadata,
      boolean isShared,
      Optional<OldVersionsFolder> oldVersions) {
    this.tree = tree;
    this.metadata = metadata;
    this.isShared = isShared;
    this.oldVersions = oldVersions;
  }

  /**
   * Gives a complete file its name. It replaces an existing file or link in one step, but no
   * directory.
   */
  void publish(Folder folder, Path temporary, Path name, boolean replaces) throws IOException {
    if (oldVersions.isPresent() && replaces) {
      oldVersions.get().replace(folder, temporary, name);
    } else {
      folder.rename(temporary, name);
    }
    tree.changed(folder.path());
  }

  /** Removes a name. The old version of a file or link is kept. */
  void remove(Folder folder, Path name, Kind kind) throws IOException {
    boolean isKept = kind != Kind.DIRECTORY && !TemporaryNames.isTemporary(name);
    if (oldVersions.isPresent() && isKept) {
      oldVersions.get().move(folder, name);
    } else {
      folder.delete(name);
    }
    tree.changed(folder.path());
  }

  /** Moves an entry, with all that is in it, to the place of old versions. */
  void moveToOldVersions(Path path) throws IOException {
    try (Folder folder = tree.folderOf(path)) {
      oldVersions.orElseThrow().move(folder, path.getFileName());
    }
  }

  /**
   * Makes a directory where {@code existing} was when it was compared.
   *
   * @return its metadata; empty if it was not looked at
   */
  Optional<Metadata> makeDirectory(Path path, Optional<Metadata> existing, int mode)
      throws IOException {
    boolean isInTheWay = existing.isPresent() && existing.get().kind() != Kind.DIRECTORY;
    Optional<Metadata> made = Optional.empty();
    try (Folder folder = tree.folderOf(path)) {
      if (folder.isHeld() && isShared) {
        makeInPlace(folder, path, isInTheWay, metadata.modeAttribute(mode));
      } else if (folder.isHeld()) {
        made = Optional.of(makeAndRename(folder, path, isInTheWay, mode));
      } else {
        if (isInTheWay) {
          remove(folder, path.getFileName(), existing.get().kind());
        }
        Files.createDirectory(path, metadata.modeAttribute(mode));
      }
      tree.changed(folder.path());
    }
    return made;
  }

  /**
   * Makes a directory under a temporary name and renames it. Java makes directories by path only:
   * if a link leads the path to another place, the new directory there has only a temporary name,
   * and the rename does not find it.
   */
  private Metadata makeAndRename(Folder folder, Path path, boolean isInTheWay, int mode)
      throws IOException {
    Path name = path.getFileName();
    Path temporary = path.resolveSibling(TemporaryNames.next());
    tree.checkWay(folder);
    Files.createDirectory(temporary, metadata.modeAttribute(mode));
    try {
      Metadata made = lookAtNew(folder, temporary, mode);
      Optional<OpenDirectory> opened = folder.openNew(temporary.getFileName(), made);
      try {
        giveName(folder, temporary, name, isInTheWay);
      } catch (IOException | RuntimeException e) {
        if (opened.isPresent()) {
          opened.get().close();
        }
        throw e;
      }
      if (opened.isPresent()) {
        tree.folders.keep(path, opened.get());
      }
      return made;
    } catch (IOException e) {
      DirectoryTree.deleteAfter(e, temporary);
      throw e;
    }
  }

  /**
   * Gives a new directory its name. Two entries of a list may need one directory at the same time;
   * a rename would replace the empty one that the other thread has just made.
   */
  private void giveName(Folder folder, Path temporary, Path name, boolean isInTheWay)
      throws IOException {
    Lock turn = turns.get(folder.path().resolve(name));
    turn.lock();
    try {
      if (folder.isDirectory(name)) {
        throw new FileAlreadyExistsException(folder.path().resolve(name).toString());
      }
      rename(folder, temporary, name, isInTheWay);
    } finally {
      turn.unlock();
    }
  }

  private void rename(Folder folder, Path temporary, Path name, boolean isInTheWay)
      throws IOException {
    if (isInTheWay) {
      // Nothing is deleted before its replacement exists.
      tree.folders.check(temporary, tree.root, Kind.DIRECTORY);
      if (oldVersions.isPresent()) {
        oldVersions.get().replaceByMoving(folder, temporary.getFileName(), name);
        return;
      }
      folder.delete(name);
    }
    folder.rename(temporary.getFileName(), name);
  }

  /** Looks at a new directory once for all directories that are made there with that mode. */
  private static Metadata lookAtNew(Folder folder, Path temporary, int mode) throws IOException {
    Optional<Metadata> known = folder.made(Kind.DIRECTORY, mode);
    if (known.isPresent()) {
      return known.get();
    }
    Metadata made =
        folder
            .look(temporary.getFileName())
            .orElseThrow(() -> new ReplacedException(folder.path()));
    folder.noteMade(Kind.DIRECTORY, mode, made);
    return made;
  }

  /**
   * Makes a directory by its path and checks it afterwards. This fails if the directory is there.
   * Renaming would replace an empty directory that another shard has just made and holds open, and
   * what that shard writes into it would be lost.
   */
  private void makeInPlace(Folder folder, Path path, boolean isInTheWay, FileAttribute<?>[] mode)
      throws IOException {
    tree.checkWay(folder);
    if (isInTheWay) {
      Kind inTheWay = Metadata.of(path).kind();
      if (inTheWay == Kind.DIRECTORY) {
        throw new FileAlreadyExistsException(path.toString());
      }
      remove(folder, path.getFileName(), inTheWay);
    }
    Files.createDirectory(path, mode);
    tree.folders.check(path, tree.root, Kind.DIRECTORY);
  }
}
