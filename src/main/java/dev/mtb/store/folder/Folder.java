package dev.mtb.store.folder;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ReplacedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A directory that is held open, lent by {@link Folders}. Operations on a name work in this
 * directory, even if its path leads elsewhere now; a symbolic link of that name is never followed.
 * Thread-safe, apart from {@link #names}.
 *
 * <p>If the file system has no such handles (zip), the operations use paths.
 */
public final class Folder implements Closeable {
  private static final Set<OpenOption> READ =
      ImmutableSet.of(StandardOpenOption.READ, NOFOLLOW_LINKS);

  private static final Set<OpenOption> NEW_FILE =
      ImmutableSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  /** Gives a borrowed directory back. */
  interface Return {
    void run() throws IOException;
  }

  private final Path path;
  private final Optional<OpenDirectory> opened;
  private final Optional<SecureDirectoryStream<Path>> handle;
  private final Return giveBack;
  private Optional<DirectoryStream<Path>> listed = Optional.empty();

  Folder(Path path, Optional<OpenDirectory> opened, Return giveBack) {
    this.path = path;
    this.opened = opened;
    this.giveBack = giveBack;
    handle = opened.map(OpenDirectory::stream);
  }

  /**
   * The directory's path when it was opened.
   *
   * @return absolute
   */
  public Path path() {
    return path;
  }

  /**
   * Whether the directory is really held open.
   *
   * @return false if the operations use paths
   */
  public boolean isHeld() {
    return handle.isPresent();
  }

  /**
   * Looks at a name.
   *
   * @param name a single name
   * @return empty if the directory's path does not lead to this directory any more, so that another
   *     file is there
   * @throws IOException if there is nothing of that name, or it cannot be told
   */
  Optional<Metadata> look(Path name) throws IOException {
    Path file = path.resolve(name);
    // Java tells a file's owner and its whole mode by path only. The file key shows that both looks
    // saw the same file.
    return handle.isPresent()
        ? Metadata.reading(file).ifOf(attributes(handle.get(), name).fileKey())
        : Optional.of(Metadata.of(file));
  }

  /**
   * The metadata of a new file or directory that was made in it with a mode, as other new entries
   * have shown it. For an entry that no other process has changed.
   *
   * @return empty if that is not known
   */
  Optional<Metadata> made(Kind kind, int mode) {
    return opened.flatMap(o -> o.made(kind, mode));
  }

  /** Notes the metadata of a new entry. */
  void noteMade(Kind kind, int mode, Metadata metadata) {
    opened.ifPresent(o -> o.noteMade(kind, mode, metadata));
  }

  /**
   * The key that identifies a file, independent of its name.
   *
   * @param name a single name
   * @return null where the file system has no such thing
   * @throws IOException if there is nothing of that name, or it cannot be told
   */
  public Object key(Path name) throws IOException {
    return attributes(name).fileKey();
  }

  /**
   * Whether there is a directory of a name, and no link to one.
   *
   * @param name a single name
   * @return false if there is something else, or nothing
   * @throws IOException if it cannot be told
   */
  public boolean isDirectory(Path name) throws IOException {
    try {
      return attributes(name).isDirectory();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private BasicFileAttributes attributes(Path name) throws IOException {
    return handle.isPresent()
        ? attributes(handle.get(), name)
        : Files.readAttributes(path.resolve(name), BasicFileAttributes.class, NOFOLLOW_LINKS);
  }

  /**
   * Looks at the directory itself.
   *
   * @return empty if something else is at its path now
   * @throws IOException if nothing is there, or it cannot be told
   */
  public Optional<Metadata> look() throws IOException {
    return opened.isPresent()
        ? Metadata.reading(path).ifOf(opened.get().key())
        : Optional.of(Metadata.of(path));
  }

  /**
   * Looks at the directory itself, which was looked at by its path before it was opened.
   *
   * @param before what that look returned
   * @return the same metadata if it is still that directory and unchanged, without another look by
   *     its path; otherwise as {@link #look()}
   * @throws IOException if nothing is there, or it cannot be told
   */
  Optional<Metadata> look(Metadata.Reading before) throws IOException {
    if (opened.isPresent() && before.fileKey() != null) {
      BasicFileAttributes own = opened.get().look();
      boolean isSame =
          before.fileKey().equals(own.fileKey())
              && before.metadata().mtime().equals(own.lastModifiedTime().toInstant());
      if (isSame) {
        return Optional.of(before.metadata());
      }
    }
    return look();
  }

  /**
   * The time of the last access; empty if something else is at its path now, or if it is not held
   * open.
   */
  Optional<FileTime> accessTime() throws IOException {
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    BasicFileAttributes there =
        Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
    return Objects.equals(opened.get().key(), there.fileKey())
        ? Optional.of(there.lastAccessTime())
        : Optional.empty();
  }

  /**
   * Opens a file for reading.
   *
   * @param name a single name
   * @return a channel that does not need this any more
   * @throws ReplacedException if there is a link
   * @throws IOException if it cannot be opened
   */
  public SeekableByteChannel open(Path name) throws IOException {
    if (handle.isEmpty()) {
      return NoFollow.open(path.resolve(name));
    }
    try {
      return handle.get().newByteChannel(name, READ);
    } catch (IOException e) {
      throw NoFollow.failure(path.resolve(name), e);
    }
  }

  /**
   * Makes a file.
   *
   * @param name a single name
   * @param attributes it has from the beginning
   * @return a channel that does not need this any more
   * @throws IOException if it cannot be made, or there is one
   */
  public SeekableByteChannel create(Path name, FileAttribute<?>... attributes) throws IOException {
    return handle.isPresent()
        ? handle.get().newByteChannel(name, NEW_FILE, attributes)
        : Files.newByteChannel(path.resolve(name), NEW_FILE, attributes);
  }

  /**
   * Sets the permissions of a file in it, which is held open for that.
   *
   * @param name a single name
   * @param mode permission bits, without set-user-ID, set-group-ID and sticky
   * @throws IOException if they cannot be set
   */
  void setPermissions(Path name, int mode) throws IOException {
    handle
        .orElseThrow()
        .getFileAttributeView(name, PosixFileAttributeView.class, NOFOLLOW_LINKS)
        .setPermissions(Metadata.permissions(mode));
  }

  /**
   * Renames what is in it, in the place of what has the new name, at once where the file system can
   * do so.
   *
   * @param from a single name
   * @param to a single name
   * @throws IOException if it cannot be done
   */
  public void rename(Path from, Path to) throws IOException {
    if (handle.isPresent()) {
      handle.get().move(from, handle.get(), to);
      return;
    }
    Path old = path.resolve(from);
    Path target = path.resolve(to);
    try {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(old, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Moves what is in it to another directory, in the place of what has the new name.
   *
   * @param from a single name
   * @param there the other directory, on the same file system
   * @param to a single name
   * @throws IOException if it cannot be done
   */
  public void moveTo(Path from, Folder there, Path to) throws IOException {
    if (handle.isPresent() && there.handle.isPresent()) {
      handle.get().move(from, there.handle.get(), to);
      return;
    }
    Path old = path.resolve(from);
    Path target = there.path.resolve(to);
    try {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(old, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /**
   * Deletes a file, a link or an empty directory.
   *
   * @param name a single name
   * @throws IOException if it cannot be deleted, or is not there
   */
  public void delete(Path name) throws IOException {
    if (handle.isPresent()) {
      if (attributes(handle.get(), name).isDirectory()) {
        handle.get().deleteDirectory(name);
      } else {
        handle.get().deleteFile(name);
      }
    } else {
      Files.delete(path.resolve(name));
    }
  }

  /**
   * Deletes a file, a link or an empty directory, if it is there.
   *
   * @param name a single name
   * @throws IOException if it is there and cannot be deleted
   */
  public void deleteIfExists(Path name) throws IOException {
    try {
      delete(name);
    } catch (NoSuchFileException e) {
      // It is deleted already.
    }
  }

  /**
   * Opens a directory in this one, if there is a handle to do so by.
   *
   * @param isDirectory whether it is known to be one: opening a pipe waits for a process that
   *     writes into it
   */
  Optional<SecureDirectoryStream<Path>> child(Path name, boolean isDirectory) throws IOException {
    return handle.isPresent()
        ? Optional.of(child(handle.get(), name, isDirectory))
        : Optional.empty();
  }

  /**
   * Opens a directory that this process has just made in this one, which is held open.
   *
   * @return empty if this process may not read it, whatever mode it was made with
   */
  Optional<OpenDirectory> openNew(Path name, Metadata made) throws IOException {
    OpenDirectory parent = opened.orElseThrow();
    try {
      return Optional.of(
          parent.withNew(parent.stream().newDirectoryStream(name, NOFOLLOW_LINKS), made));
    } catch (AccessDeniedException e) {
      return Optional.empty();
    }
  }

  private SecureDirectoryStream<Path> child(
      SecureDirectoryStream<Path> parent, Path name, boolean isDirectory) throws IOException {
    if (!isDirectory) {
      checkDirectory(parent, name);
    }
    try {
      return parent.newDirectoryStream(name, NOFOLLOW_LINKS);
    } catch (IOException e) {
      checkDirectory(parent, name);
      throw NoFollow.failure(path.resolve(name), e);
    }
  }

  private void checkDirectory(SecureDirectoryStream<Path> parent, Path name) throws IOException {
    if (!attributes(parent, name).isDirectory()) {
      throw new NotDirectoryException(path.resolve(name).toString());
    }
  }

  private static BasicFileAttributes attributes(SecureDirectoryStream<Path> in, Path name)
      throws IOException {
    return in.getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .readAttributes();
  }

  /**
   * What is in it. Only for one thread, of a folder that {@link Folders#scan} opened, and once.
   *
   * @return paths that end in the names; throws what a {@link DirectoryStream} throws
   * @throws IOException if it cannot be read
   */
  @SuppressWarnings("StreamResourceLeak") // It is closed with this.
  public Iterator<Path> names() throws IOException {
    if (handle.isPresent()) {
      return handle.get().iterator();
    }
    listed = Optional.of(Files.newDirectoryStream(path));
    return listed.get().iterator();
  }

  @Override
  public void close() throws IOException {
    if (listed.isPresent()) {
      listed.get().close();
    }
    giveBack.run();
  }
}
