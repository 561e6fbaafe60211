package dev.mtb.store.folder;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ReplacedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Directories that are held open. Their contents are reached through the open directories and not
 * by paths, in which another user may put a symbolic link at any moment. Thread-safe.
 *
 * <p>In all methods {@code start} is the directory itself or one above it: links in the path up to
 * it are followed, and below it there must be directories only. Each directory is opened in the one
 * above it and kept for later calls.
 */
public final class Folders implements Closeable {
  /**
   * The number of directories that stay open when no thread uses them. A run rarely has work in
   * more directories ({@link #release}), even in deep trees with 32 threads that walk and 32 that
   * copy. Each takes two descriptors, and the usual limit is 1,024 or more.
   */
  private static final int MOST_IDLE = 110;

  /** The least recently used first; guarded by itself. */
  private final Map<Path, Shared> kept = new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);

  /**
   * The directories that a thread is opening now. Other threads wait, and do not open them, too.
   */
  private final Map<Path, Object> opening = new ConcurrentHashMap<>();

  private volatile boolean isByPath;
  private final boolean isShared;

  /** Holds directories open where the file system can do that. */
  public Folders() {
    this(/* isShared= */ false);
  }

  /** The same; if it is shared, other processes set the metadata of these directories, too. */
  Folders(boolean isShared) {
    this.isShared = isShared;
  }

  /**
   * Makes an instance that opens nothing, for places where opening a directory costs requests, and
   * no other user can plant links.
   *
   * @return lends folders that use paths
   */
  public static Folders byPath() {
    Folders folders = new Folders();
    folders.isByPath = true;
    return folders;
  }

  /** An open directory and how many use it. */
  private final class Shared implements Folder.Return {
    final OpenDirectory directory;
    int users = 1;
    boolean isKept;

    Shared(OpenDirectory directory) {
      this.directory = directory;
    }

    @Override
    public void run() throws IOException {
      giveBack(this);
    }
  }

  /**
   * Borrows a directory.
   *
   * @param directory absolute
   * @param start see above
   * @return to be closed
   * @throws NotDirectoryException if there is something else than a directory, such as a link
   * @throws IOException if it cannot be opened
   */
  public Folder open(Path directory, Path start) throws IOException {
    if (isByPath) {
      return byPath(directory);
    }
    Optional<Folder> known = kept(directory);
    if (known.isPresent()) {
      return known.get();
    }
    // A thread that opens a directory waits only for the directory above it, so that there is no
    // deadlock.
    Object turn = opening.computeIfAbsent(directory, d -> new Object());
    try {
      synchronized (turn) {
        known = kept(directory);
        return known.isPresent() ? known.get() : scan(directory, start);
      }
    } finally {
      opening.remove(directory, turn);
    }
  }

  /** Borrows a directory that is open already. */
  private Optional<Folder> kept(Path directory) {
    Shared known;
    synchronized (kept) {
      known = kept.get(directory);
      if (known != null) {
        known.users++;
      }
    }
    return known != null ? Optional.of(lend(directory, known)) : Optional.empty();
  }

  /**
   * Opens a directory so that its names can be read.
   *
   * @param directory absolute
   * @param start see above
   * @return to be closed
   * @throws NotDirectoryException if there is something else than a directory, such as a link
   * @throws IOException if it cannot be opened
   */
  public Folder scan(Path directory, Path start) throws IOException {
    return scan(directory, start, /* isDirectory= */ false);
  }

  /** The same; {@code isDirectory} is whether a look has just told that it is a directory. */
  Folder scan(Path directory, Path start, boolean isDirectory) throws IOException {
    Optional<SecureDirectoryStream<Path>> stream = stream(directory, start, isDirectory);
    return stream.isPresent()
        ? share(directory, new OpenDirectory(stream.get(), isShared))
        : byPath(directory);
  }

  private static Folder byPath(Path directory) {
    return new Folder(directory, Optional.empty(), () -> {});
  }

  private Optional<SecureDirectoryStream<Path>> stream(
      Path directory, Path start, boolean isDirectory) throws IOException {
    if (isByPath) {
      return Optional.empty();
    }
    if (directory.equals(start)) {
      try {
        return handle(directory);
      } catch (AccessDeniedException e) {
        // The user may enter a directory of the path and not read it.
        return Optional.empty();
      }
    }
    try (Folder parent = open(directory.getParent(), start)) {
      return parent.isHeld()
          ? parent.child(directory.getFileName(), isDirectory)
          : alone(directory);
    }
  }

  @SuppressWarnings("StreamResourceLeak") // It is closed when no thread uses it.
  private Optional<SecureDirectoryStream<Path>> handle(Path directory) throws IOException {
    DirectoryStream<Path> stream = Files.newDirectoryStream(directory);
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return Optional.of(secure);
    }
    stream.close();
    isByPath = true;
    return Optional.empty();
  }

  /** Opens a directory by path and checks afterwards whether it was a link. */
  private Optional<SecureDirectoryStream<Path>> alone(Path directory) throws IOException {
    Optional<SecureDirectoryStream<Path>> opened = handle(directory);
    if (opened.isPresent()) {
      Object key =
          opened
              .get()
              .getFileAttributeView(BasicFileAttributeView.class)
              .readAttributes()
              .fileKey();
      Object there =
          Files.readAttributes(directory, BasicFileAttributes.class, NOFOLLOW_LINKS).fileKey();
      if (!Objects.equals(key, there)) {
        opened.get().close();
        throw new NotDirectoryException(directory.toString());
      }
    }
    return opened;
  }

  private Folder share(Path directory, OpenDirectory unshared) throws IOException {
    Shared opened = new Shared(unshared);
    List<Shared> surplus = new ArrayList<>();
    synchronized (kept) {
      opened.isKept = kept.putIfAbsent(directory, opened) == null;
      Iterator<Shared> oldest = kept.values().iterator();
      while (kept.size() > MOST_IDLE && oldest.hasNext()) {
        Shared next = oldest.next();
        if (next.users == 0) {
          oldest.remove();
          surplus.add(next);
        }
      }
    }
    close(surplus);
    return lend(directory, opened);
  }

  /** Keeps a directory that this process has made at a path, and has opened. */
  void keep(Path directory, OpenDirectory opened) throws IOException {
    release(directory);
    share(directory, opened).close();
  }

  /** Closes a directory as soon as no thread uses it, since it is most likely not needed again. */
  void release(Path directory) throws IOException {
    boolean isUnused;
    Shared shared;
    synchronized (kept) {
      shared = kept.remove(directory);
      isUnused = shared != null && shared.users == 0;
      if (shared != null) {
        shared.isKept = false;
      }
    }
    if (isUnused) {
      shared.directory.close();
    }
  }

  private Folder lend(Path directory, Shared shared) {
    return new Folder(directory, Optional.of(shared.directory), shared);
  }

  private void giveBack(Shared shared) throws IOException {
    boolean isLast;
    synchronized (kept) {
      shared.users--;
      isLast = shared.users == 0 && !shared.isKept;
    }
    if (isLast) {
      shared.directory.close();
    }
  }

  /**
   * Closes a directory that is not at its path any more, and those above it.
   *
   * @param directory absolute
   * @param start see above
   * @throws IOException if it cannot be closed
   */
  public void forget(Path directory, Path start) throws IOException {
    List<Shared> unused = new ArrayList<>();
    synchronized (kept) {
      Path path = directory;
      while (path != null && path.startsWith(start)) {
        Shared shared = kept.remove(path);
        if (shared != null) {
          shared.isKept = false;
          if (shared.users == 0) {
            unused.add(shared);
          }
        }
        path = path.getParent();
      }
    }
    close(unused);
  }

  private static void close(List<Shared> unused) throws IOException {
    for (Shared shared : unused) {
      shared.directory.close();
    }
  }

  /** Something done with a folder. */
  private interface Operation<T> {
    Optional<T> run(Folder folder) throws IOException;
  }

  /**
   * Runs an operation, and runs it again if the directory that was kept open is not at its path any
   * more.
   */
  private <T> T in(Path file, Path start, Operation<T> operation) throws IOException {
    Path directory = file.getParent();
    try (Folder folder = open(directory, start)) {
      Optional<T> result = operation.run(folder);
      if (result.isPresent()) {
        return result.get();
      }
    } catch (NoSuchFileException e) {
      if (isByPath) {
        throw e;
      }
    }
    forget(directory, start);
    try (Folder folder = open(directory, start)) {
      return operation.run(folder).orElseThrow(() -> new ReplacedException(file));
    }
  }

  /**
   * Looks at a file, directory or link.
   *
   * @param file absolute
   * @param start see above, of the directory it is in
   * @return what is there
   * @throws IOException if there is nothing, or it cannot be told
   */
  public Metadata look(Path file, Path start) throws IOException {
    return in(file, start, folder -> folder.look(file.getFileName()));
  }

  /**
   * Checks that a path leads to a file without any link, as far as that is possible.
   *
   * @param file absolute
   * @param start see above, of the directory it is in
   * @param kind what should be there; not checked where folders use paths
   * @return when it was last read, if that was seen
   * @throws IOException if it is not there
   */
  public Optional<FileTime> check(Path file, Path start, Kind kind) throws IOException {
    if (isByPath) {
      return Optional.empty();
    }
    if (kind == Kind.DIRECTORY) {
      Optional<FileTime> held = checkHeld(file);
      if (held.isPresent()) {
        return held;
      }
    }
    if (look(file, start).kind() != kind) {
      throw new ReplacedException(file);
    }
    return Optional.empty();
  }

  /** Compares what is at a path with the directory that was opened there and is still held. */
  private Optional<FileTime> checkHeld(Path directory) throws IOException {
    Optional<Folder> held = kept(directory);
    if (held.isEmpty()) {
      return Optional.empty();
    }
    try (Folder folder = held.get()) {
      return folder.accessTime();
    }
  }

  /**
   * Opens a file for reading.
   *
   * @param file absolute
   * @param start see above, of the directory it is in
   * @return a channel
   * @throws IOException if it cannot be opened, or is a link
   */
  public SeekableByteChannel read(Path file, Path start) throws IOException {
    return in(file, start, folder -> Optional.of(folder.open(file.getFileName())));
  }

  @Override
  public void close() throws IOException {
    List<Shared> unused = new ArrayList<>();
    synchronized (kept) {
      for (Shared shared : kept.values()) {
        shared.isKept = false;
        if (shared.users == 0) {
          unused.add(shared);
        }
      }
      kept.clear();
    }
    close(unused);
  }
}
