package dev.mtb.store.folder;

import com.google.common.collect.Iterators;
import com.google.common.collect.Lists;
import com.google.common.io.ByteStreams;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.RefusedException;
import dev.mtb.store.ReplacedException;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * The old versions of the entries of a directory tree, in their place on the same file system.
 * Thread-safe, except for one path.
 *
 * <p>A file that is replaced keeps its name until the new one takes it: the old version is a second
 * name of it (a hard link), or a copy where the file system has no hard links. On S3FS, where each
 * copy goes over the network, it is moved away before.
 */
final class OldVersionsFolder {
  private final DirectoryTree tree;
  private final MetadataWriter metadata;
  private final Folders folders;
  private final Path root;
  private final OldVersionsPlace place;
  private final Path top;
  private final boolean moves;

  /** The old versions of a tree. They are moved where copying them costs too much. */
  OldVersionsFolder(
      DirectoryTree tree, MetadataWriter metadata, OldVersionsPlace place, boolean moves) {
    this.tree = tree;
    this.metadata = metadata;
    this.place = place;
    this.moves = moves;
    folders = tree.folders;
    root = tree.root;
    top = place.directory().map(d -> tree.at(d).normalize()).orElse(root);
  }

  /**
   * Gives a complete file or link the name of an existing one, and keeps the existing one as the
   * old version. At each moment one of the two has the name, except on S3FS.
   */
  void replace(Folder folder, Path temporary, Path name) throws IOException {
    if (moves) {
      replaceByMoving(folder, temporary, name);
      return;
    }
    Path oldName = place.rename(name);
    try (Folder there = placeOf(folder)) {
      boolean isAdded = keep(folder, name, there, oldName);
      try {
        folder.rename(temporary, name);
      } catch (IOException e) {
        if (isAdded) {
          deleteAfter(e, there, oldName);
        }
        throw e;
      }
      tree.changed(there.path());
    }
  }

  /**
   * Replaces a name in two steps: it moves the old entry to the place, then renames the new one. If
   * that fails, the old entry gets its name back.
   */
  void replaceByMoving(Folder folder, Path temporary, Path name) throws IOException {
    move(folder, name);
    try {
      folder.rename(temporary, name);
    } catch (IOException e) {
      try (Folder there = placeOf(folder)) {
        there.moveTo(place.rename(name), folder, name);
      } catch (IOException e2) {
        e.addSuppressed(e2);
      }
      throw e;
    }
  }

  /** Moves a file, a link or a whole directory to the place. */
  void move(Folder folder, Path name) throws IOException {
    Path oldName = place.rename(name);
    try (Folder there = placeOf(folder)) {
      try {
        folder.moveTo(name, there, oldName);
      } catch (IOException e) {
        if (!folder.isDirectory(name) || !there.isDirectory(oldName)) {
          throw e;
        }
        // An earlier run has moved a directory of this name there.
        merge(folder, name, there, oldName);
      }
      tree.changed(folder.path());
      tree.changed(there.path());
    }
  }

  private void merge(Folder folder, Path name, Folder there, Path oldName) throws IOException {
    Path directory = folder.path().resolve(name);
    List<Path> children;
    try (Folder scanned = folders.scan(directory, root)) {
      children = Lists.newArrayList(Iterators.transform(scanned.names(), Path::getFileName));
    }
    try (Folder from = folders.open(directory, root);
        Folder to = folders.open(there.path().resolve(oldName), top)) {
      for (Path child : children) {
        if (from.isDirectory(child) && to.isDirectory(child)) {
          merge(from, child, to, child);
        } else {
          from.moveTo(child, to, child);
        }
      }
      tree.changed(to.path());
    }
    folder.delete(name);
  }

  /**
   * Makes the old version, and leaves the file where it is. Returns whether the old version is a
   * new link, which can be undone.
   */
  private boolean keep(Folder folder, Path name, Folder there, Path oldName) throws IOException {
    Path temporary = oldName.resolveSibling(TemporaryNames.next());
    Metadata old = Metadata.of(folder.path().resolve(name));
    try {
      try {
        link(folder, name, there, oldName);
        return true;
      } catch (FileAlreadyExistsException e) {
        if (isSame(folder, name, there, oldName)) {
          // An earlier run has made it and was killed.
          return false;
        }
        link(folder, name, there, temporary);
      }
    } catch (ReplacedException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      copy(folder, name, old, there, temporary);
    }
    try {
      there.rename(temporary, oldName);
      metadata.setAfterRename(there.path().resolve(oldName), old);
    } catch (IOException e) {
      deleteAfter(e, there, temporary);
      throw e;
    }
    return false;
  }

  /** Makes a link by path, as Java can, and checks that no directory was replaced meanwhile. */
  private void link(Folder folder, Path name, Folder there, Path linkName) throws IOException {
    tree.checkWay(folder);
    Path link = there.path().resolve(linkName);
    Files.createLink(link, folder.path().resolve(name));
    try {
      if (isSame(folder, name, there, linkName) || folder.key(name) == null) {
        return;
      }
    } catch (NoSuchFileException e) {
      // It was replaced.
    }
    throw new ReplacedException(link);
  }

  private static boolean isSame(Folder folder, Path name, Folder there, Path otherName)
      throws IOException {
    Object key = folder.key(name);
    return key != null && key.equals(there.key(otherName));
  }

  private void copy(Folder folder, Path name, Metadata old, Folder there, Path copyName)
      throws IOException {
    Path original = folder.path().resolve(name);
    Path copy = there.path().resolve(copyName);
    try {
      if (old.kind() == Kind.LINK) {
        Files.createSymbolicLink(copy, Files.readSymbolicLink(original));
        metadata.setOfNewLink(new AttributeSetter(), copy, old);
      } else if (old.kind() == Kind.FILE) {
        try (SeekableByteChannel in = folder.open(name);
            SeekableByteChannel out =
                there.create(copyName, metadata.modeAttribute(WriteBeside.MODE))) {
          ByteStreams.copy(in, out);
        }
        // If the owner cannot be set, the old version is still kept.
        metadata.set(
            copy,
            old,
            EnumSet.allOf(Attribute.class),
            /* accessTime= */ Optional.empty(),
            new AttributeSetter());
      } else {
        throw new RefusedException("the old version is no file, and it cannot be kept");
      }
    } catch (IOException e) {
      deleteAfter(e, there, copyName);
      throw e;
    }
  }

  private static void deleteAfter(IOException failure, Folder folder, Path name) {
    try {
      folder.deleteIfExists(name);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  // The directories in the place

  /** The directory in the place that corresponds to a directory of the destination. */
  private Folder placeOf(Folder folder) throws IOException {
    Path directory = top.resolve(root.relativize(folder.path()));
    try {
      Folder there = folders.open(directory, top);
      if (there.isHeld() || Files.exists(directory)) {
        return there;
      }
      there.close();
    } catch (NoSuchFileException e) {
      // The directory does not exist, so it is made.
    }
    make(folder);
    return folders.open(directory, top);
  }

  /**
   * Makes the directory in the place. Below the place it gets the owner and mode of the original.
   */
  private void make(Folder folder) throws IOException {
    Files.createDirectories(top);
    tree.changed(top.getParent());
    Path directory = top;
    Path original = root;
    for (Path name : root.relativize(folder.path())) {
      directory = directory.resolve(name);
      original = original.resolve(name);
      Metadata like = Metadata.of(original);
      try {
        Files.createDirectory(directory, metadata.modeAttribute(like.mode() | 0700));
        metadata.set(
            directory,
            like,
            EnumSet.of(Attribute.OWNER, Attribute.MODE),
            /* accessTime= */ Optional.empty(),
            new AttributeSetter());
        tree.changed(directory.getParent());
      } catch (FileAlreadyExistsException e) {
        // Another thread or an earlier run has made it. If it is a link, it is not followed later.
      }
    }
  }
}
