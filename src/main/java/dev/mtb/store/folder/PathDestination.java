package dev.mtb.store.folder;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.common.collect.ImmutableSet;
import dev.mtb.files.Folder;
import dev.mtb.files.Folders;
import dev.mtb.files.NoFollow;
import dev.mtb.files.ReplacedException;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Diagnosis;
import dev.mtb.store.Errno;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Listing;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.StoredFile;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A directory of an ordinary file system, of any {@code java.nio} provider: files are written under
 * a temporary name beside the target and renamed when they are whole.
 */
public class PathDestination implements Destination {
  /** Set-user-ID and set-group-ID. */
  private static final int SET_ID = 06000;

  /** To find a name that is there and not there by turns; it is most likely not there at all. */
  private static final int TRIES = 100;

  protected final Path root;
  protected final boolean readOnly;
  protected final ProcessIdentity process;
  private final Folders folders;
  private final Features features;
  private final boolean isNew;
  private final boolean fsync;
  private final Optional<DirectorySync> sync;
  private final boolean isShared;
  private final boolean isUnix;
  private final boolean isPosix;
  private final Optional<OldVersionsFolder> oldVersions;

  /** An ordinary directory. */
  public PathDestination(
      Path root, boolean isNew, boolean readOnly, boolean fsync, ProcessIdentity process) {
    this(root, isNew, readOnly, fsync, /* isShared= */ false, process, Optional.empty());
  }

  /**
   * An ordinary directory.
   *
   * @param isShared whether others may make the same directories in it at the same time
   * @param oldVersionsPlace where old versions go
   */
  public PathDestination(
      Path root,
      boolean isNew,
      boolean readOnly,
      boolean fsync,
      boolean isShared,
      ProcessIdentity process,
      Optional<OldVersionsPlace> oldVersionsPlace) {
    this(
        root,
        isNew,
        readOnly,
        fsync,
        isShared,
        process,
        oldVersionsPlace,
        // A temporary file would move the directory's mtime, which another shard may have set.
        ordinary(root, readOnly || isShared, process),
        new Folders());
  }

  protected PathDestination(
      Path root,
      boolean isNew,
      boolean readOnly,
      boolean fsync,
      boolean isShared,
      ProcessIdentity process,
      Optional<OldVersionsPlace> oldVersionsPlace,
      Features features,
      Folders folders) {
    this.root = root;
    this.isNew = isNew;
    this.readOnly = readOnly;
    this.fsync = fsync;
    sync = fsync ? Optional.of(new DirectorySync(DirectorySync::force)) : Optional.empty();
    this.isShared = isShared;
    this.process = process;
    this.features = features;
    this.folders = folders;
    isUnix = isUnix(root);
    isPosix = isPosix(root);
    oldVersions =
        oldVersionsPlace.map(
            place -> new OldVersionsFolder(this, folders, place, movesOldVersions()));
    if (isNew) {
      changed(root.getParent());
    }
  }

  private static Features ordinary(Path root, boolean readOnly, ProcessIdentity process) {
    PlaceProbe place = PlaceProbe.of(root, readOnly);
    return new Features(
        /* listingBringsMetadata= */ false,
        /* contentsMoveDirectoryMtime= */ true,
        // A local file system takes as many as there are threads.
        /* operationsPerDirectory= */ Integer.MAX_VALUE,
        place.mtimes(),
        /* earliestMtime= */ Instant.MIN,
        /* keepsRootMetadata= */ true,
        /* keepsPermissions= */ isPosix(root),
        /* keepsOwner= */ isUnix(root) && process.isRoot(),
        /* listedForOne= */ 1,
        /* listingShows= */ false,
        /* retriesItself= */ false,
        /* missesAfterErrors= */ false,
        place.names());
  }

  /** jimfs and others show owners and modes in a view of that name, but cannot set them there. */
  private static boolean isUnix(Path root) {
    return root.getFileSystem() == FileSystems.getDefault()
        && root.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  private static boolean isPosix(Path root) {
    return root.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  @Override
  public Features features() {
    return features;
  }

  @Override
  public String name() {
    return root.toString();
  }

  @Override
  public boolean isNew() {
    return isNew;
  }

  @Override
  public List<String> advice() {
    return List.of();
  }

  /** Where a path relative to the destination really is. */
  protected final Path at(Path path) {
    FileSystem mine = root.getFileSystem();
    if (path.getFileSystem() == mine) {
      return root.resolve(path);
    }
    Path result = root;
    for (Path name : path) {
      result = result.resolve(nameOf(name));
    }
    return result;
  }

  @Override
  public Path nameOf(Path sourceName) {
    return sourceName.getFileSystem() == root.getFileSystem()
        ? sourceName
        // Bytes that are not UTF-8 stay distinct, or are refused there.
        : PathBytes.resolve(root.getFileSystem().getPath(""), PathBytes.of(sourceName));
  }

  /** The directory that something is or will be in, reached from the root through no link. */
  protected final Folder folderOf(Path path) throws IOException {
    return folders.open(path.getParent(), root);
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    try {
      return Optional.of(Metadata.of(at(path)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public Listing list(Path directory) throws IOException {
    eachName(directory, name -> {});
    return Listing.ASK;
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    ImmutableSet.Builder<Path> found = ImmutableSet.builder();
    eachName(directory, found::add);
    return Listing.ofNames(found.build());
  }

  protected interface NameVisitor {
    void visit(Path name);
  }

  /** Visits all names of a directory but temporary ones, of which abandoned ones are removed. */
  protected final void eachName(Path directory, NameVisitor visitor) throws IOException {
    try (Folder folder = folders.scan(at(directory), root)) {
      Iterator<Path> children = folder.names();
      while (children.hasNext()) {
        Path child = children.next();
        Path name = child.getFileName();
        if (TemporaryNames.isTemporary(name)) {
          if (!readOnly
              && TemporaryNames.isAbandoned(
                  name, () -> Metadata.of(child).mtime(), Instant.now())) {
            checkRemoval(child);
            folder.deleteIfExists(name);
          }
        } else {
          visitor.visit(name);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Refuses to remove something that was listed; here it is in a directory that is held open. */
  protected void checkRemoval(Path child) throws IOException {}

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return NoFollow.open(at(file));
  }

  @Override
  public StoredFile readBack(Path file) throws IOException {
    ReadableByteChannel content = read(file);
    try {
      return new StoredFile(content, Optional.of(Metadata.of(at(file))));
    } catch (IOException e) {
      content.close();
      throw e;
    }
  }

  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    setMetadata(path, dated, EnumSet.of(Attribute.MTIME));
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return Files.readSymbolicLink(at(link));
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    return new WriteBeside(this, at(file), source, existing.isPresent(), /* keepHoles= */ true);
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    Path path = at(link);
    Path local =
        target.getFileSystem() == root.getFileSystem()
            ? target
            : root.getFileSystem().getPath(PathBytes.toText(target));
    AttributeSetter setter = new AttributeSetter();
    try (Folder folder = folderOf(path)) {
      if (existing.isEmpty() && !folder.isHeld()) {
        Files.createSymbolicLink(path, local);
        changed(folder.path());
        setLinkMetadata(setter, path, source);
        setter.check();
        return;
      }
      Path temporary = path.resolveSibling(TemporaryNames.next());
      checkWay(folder);
      Files.createSymbolicLink(temporary, local);
      try {
        setLinkMetadata(setter, temporary, source);
        publish(folder, temporary, path, existing.isPresent());
      } catch (IOException e) {
        deleteAfter(e, temporary);
        throw e;
      }
    }
    setter.check();
  }

  final void setLinkMetadata(AttributeSetter setter, Path link, Metadata source)
      throws DestinationException {
    if (features().keepsOwner() && !process.is(source.uid(), source.gid())) {
      setOwner(setter, link, source);
    }
    setter.set(AttributeSetter.What.TIME, () -> setMtime(link, source));
  }

  /** Closes a file whose content is complete and sets its metadata. */
  protected void finish(
      SeekableByteChannel channel, Path temporary, Metadata source, AttributeSetter setter)
      throws IOException {
    try (channel) {
      if (fsync && channel instanceof FileChannel file) {
        file.force(true);
      }
    }
    setMetadata(temporary, source, differing(source, temporary), setter);
  }

  /**
   * What a file that was just written does not have yet. A look costs less than setting what is
   * right already: on ext4 each change of an inode goes through the journal.
   */
  private Set<Attribute> differing(Metadata source, Path written) throws IOException {
    if (!isUnix) {
      return ImmutableSet.copyOf(Attribute.values());
    }
    Metadata now = folders.look(written, root);
    EnumSet<Attribute> differing = EnumSet.of(Attribute.MTIME);
    boolean isOwned =
        (source.uid() == Metadata.UNKNOWN || now.uid() == source.uid())
            && (source.gid() == Metadata.UNKNOWN || now.gid() == source.gid());
    if (features().keepsOwner() && !isOwned) {
      differing.add(Attribute.OWNER);
      // Changing the owner clears the set-user-ID bit.
      differing.add(Attribute.MODE);
    }
    if (now.mode() != source.mode()) {
      differing.add(Attribute.MODE);
    }
    return differing;
  }

  /** Gives a whole file its name. What is there is replaced at once, but no directory. */
  final void publish(Folder folder, Path temporary, Path path, boolean replaces)
      throws IOException {
    Path name = path.getFileName();
    if (oldVersions.isPresent() && replaces) {
      oldVersions.get().replace(folder, temporary.getFileName(), name);
    } else {
      folder.rename(temporary.getFileName(), name);
    }
    changed(folder.path());
  }

  /** Notes that names were changed, for {@link #sync}. */
  protected final void changed(Path directory) {
    sync.ifPresent(s -> s.changed(directory));
  }

  @Override
  public void sync() throws IOException {
    if (sync.isPresent()) {
      sync.get().flush();
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Path path = at(to);
    Optional<Metadata> metadata = isPosix ? Optional.empty() : Optional.of(Metadata.of(at(from)));
    try (Folder folder = folderOf(path)) {
      folder.rename(at(from).getFileName(), path.getFileName());
      changed(folder.path());
    }
    if (metadata.isPresent()) {
      afterRename(path, metadata.get());
    }
  }

  protected final boolean keepsOldVersions() {
    return oldVersions.isPresent();
  }

  /** Whether an old version is moved away before the new one takes its name: a copy costs much. */
  protected boolean movesOldVersions() {
    return false;
  }

  @Override
  public void putAside(Path directory) throws IOException {
    Path path = at(directory);
    try (Folder folder = folderOf(path)) {
      oldVersions.orElseThrow().move(folder, path.getFileName());
    }
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    Map<Path, IOException> failures = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> one : doomed.entrySet()) {
      try {
        delete(at(one.getKey()), one.getValue());
      } catch (DestinationException e) {
        throw e;
      } catch (NoSuchFileException e) {
        // So much the better.
      } catch (IOException e) {
        failures.put(one.getKey(), e);
      }
    }
    return failures;
  }

  /** Deletes one thing, or puts it aside. */
  protected void delete(Path path, Kind kind) throws IOException {
    try (Folder folder = folderOf(path)) {
      takeAway(folder, path.getFileName(), kind);
    }
  }

  private void takeAway(Folder folder, Path name, Kind kind) throws IOException {
    boolean isKept = kind != Kind.DIRECTORY && !TemporaryNames.isTemporary(name);
    if (oldVersions.isPresent() && isKept) {
      oldVersions.get().move(folder, name);
    } else {
      folder.delete(name);
    }
    changed(folder.path());
  }

  /** Sets what renaming loses: a zip gives a renamed file the time of the renaming. */
  protected final void afterRename(Path path, Metadata source) throws IOException {
    if (!isPosix) {
      setMtime(path, source);
    }
  }

  /**
   * Removes what a failed write left; trouble with that is added to the failure. It was made by
   * path, and where a directory is swapped for a link to and fro it takes luck to meet it again.
   */
  protected final void deleteAfter(IOException failure, Path leftover) {
    try {
      for (int attempt = 1; attempt <= TRIES && !Files.deleteIfExists(leftover); attempt++) {
        Thread.onSpinWait();
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    Path path = at(directory);
    FileAttribute<?>[] mode = modeAttribute(source.mode() | 0700);
    boolean isInTheWay = existing.isPresent() && existing.get().kind() != Kind.DIRECTORY;
    try (Folder folder = folderOf(path)) {
      if (folder.isHeld() && isShared) {
        makeInPlace(folder, path, isInTheWay, mode);
      } else if (folder.isHeld()) {
        makeAndRename(folder, path, isInTheWay, mode);
      } else {
        if (isInTheWay) {
          delete(path, existing.get().kind());
        }
        Files.createDirectory(path, mode);
      }
      changed(folder.path());
    }
    return remainingAfterCreation(source);
  }

  /**
   * Java makes directories by path only. One that was led astray by a link has a name that means
   * nothing there, and cannot be found for renaming.
   */
  private void makeAndRename(Folder folder, Path path, boolean isInTheWay, FileAttribute<?>[] mode)
      throws IOException {
    Path temporary = path.resolveSibling(TemporaryNames.next());
    checkWay(folder);
    Files.createDirectory(temporary, mode);
    try {
      if (isInTheWay) {
        // Nothing is deleted before there is something to take its place.
        folders.check(temporary, root, Kind.DIRECTORY);
        if (oldVersions.isPresent()) {
          Path name = path.getFileName();
          oldVersions.get().replaceByMoving(folder, temporary.getFileName(), name);
          return;
        }
        folder.delete(path.getFileName());
      }
      folder.rename(temporary.getFileName(), path.getFileName());
    } catch (IOException e) {
      deleteAfter(e, temporary);
      throw e;
    }
  }

  /**
   * Renaming would take the place of an empty directory that another shard has just made and holds
   * open, and what that writes into it would be lost. So it is made by path, which fails if it is
   * there, and looked at afterwards.
   */
  private void makeInPlace(Folder folder, Path path, boolean isInTheWay, FileAttribute<?>[] mode)
      throws IOException {
    checkWay(folder);
    if (isInTheWay) {
      Kind inTheWay = Metadata.of(path).kind();
      if (inTheWay == Kind.DIRECTORY) {
        throw new FileAlreadyExistsException(path.toString());
      }
      takeAway(folder, path.getFileName(), inTheWay);
    }
    Files.createDirectory(path, mode);
    folders.check(path, root, Kind.DIRECTORY);
  }

  /** What Java makes by path only is made where the path leads to the right place, if it can be. */
  protected final void checkWay(Folder folder) throws IOException {
    if (folder.isHeld() && !folder.path().equals(root) && folder.look().isEmpty()) {
      folders.forget(folder.path(), root);
      throw new ReplacedException(folder.path());
    }
  }

  /** What a new directory does not have yet. A set-group-ID parent gives it another group. */
  protected Set<Attribute> remainingAfterCreation(Metadata source) {
    return ImmutableSet.copyOf(Attribute.values());
  }

  protected final FileAttribute<?>[] modeAttribute(int mode) {
    return isPosix && mode != Metadata.UNKNOWN
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(Metadata.permissions(mode))}
        : new FileAttribute<?>[0];
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    Path file = at(path);
    if (!file.equals(root)) {
      folders.check(file, root, source.kind());
    }
    AttributeSetter setter = new AttributeSetter();
    setMetadata(file, source, attributes, setter);
    setter.check();
  }

  /**
   * Owner first: changing it clears the set-user-ID bit. Mtime last. What cannot be set does not
   * keep the rest from being set.
   */
  final void setMetadata(
      Path path, Metadata source, Set<Attribute> attributes, AttributeSetter setter)
      throws DestinationException {
    if (attributes.contains(Attribute.OWNER) && features().keepsOwner()) {
      setOwner(setter, path, source);
    }
    if (attributes.contains(Attribute.MODE)
        && features().keepsPermissions()
        && source.mode() != Metadata.UNKNOWN
        && source.kind() != Kind.LINK) {
      setMode(setter, path, source);
    }
    if (attributes.contains(Attribute.MTIME)) {
      setter.set(AttributeSetter.What.TIME, () -> setMtime(path, source));
    }
  }

  /** A file that has another owner than its source must not let anybody act as that one. */
  protected final void setMode(AttributeSetter setter, Path path, Metadata source)
      throws DestinationException {
    boolean isSafe = setter.isOwned() || source.kind() == Kind.DIRECTORY;
    int mode = isSafe ? source.mode() : source.mode() & ~SET_ID;
    if (mode != source.mode()) {
      setter.incomplete(Attribute.MODE);
    }
    setter.set(AttributeSetter.What.PERMISSIONS, () -> setMode(path, mode));
  }

  private static void setOwner(AttributeSetter setter, Path path, Metadata source)
      throws DestinationException {
    setter.set(AttributeSetter.What.OWNER, () -> setUser(path, source));
    setter.set(AttributeSetter.What.GROUP, () -> setGroup(path, source));
  }

  protected static void setUser(Path path, Metadata source) throws IOException {
    if (source.uid() != Metadata.UNKNOWN) {
      Files.setAttribute(path, "unix:uid", source.uid(), NOFOLLOW_LINKS);
    }
  }

  protected static void setGroup(Path path, Metadata source) throws IOException {
    if (source.gid() != Metadata.UNKNOWN) {
      Files.setAttribute(path, "unix:gid", source.gid(), NOFOLLOW_LINKS);
    }
  }

  /** Sets all permission bits, of no link. */
  protected void setMode(Path path, int mode) throws IOException {
    if (isUnix) {
      try {
        Files.setAttribute(path, "unix:mode", mode, NOFOLLOW_LINKS);
      } catch (AccessDeniedException e) {
        // Java has to open it for that; who may not read it is not root.
        Files.setAttribute(path, "unix:mode", mode);
      }
    } else {
      Files.getFileAttributeView(path, PosixFileAttributeView.class)
          .setPermissions(Metadata.permissions(mode));
    }
  }

  /** Sets an mtime, of a link too. */
  public void setMtime(Path path, Metadata source) throws IOException {
    Instant mtime = source.mtime();
    if (mtime.equals(Metadata.UNKNOWN_TIME)) {
      return;
    }
    if (mtime.isBefore(Instant.EPOCH)) {
      // The JDK makes 1970 of an earlier time that has a fraction.
      mtime = mtime.truncatedTo(ChronoUnit.SECONDS);
    }
    Files.getFileAttributeView(path, BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .setTimes(FileTime.from(mtime), null, null);
  }

  @Override
  public Diagnosis diagnose(IOException failure) throws DestinationException {
    check();
    checkWritable(failure);
    return Diagnosis.of(failure);
  }

  /** The table of mounts is asked, since the message may be in any language. */
  protected final void checkWritable(IOException failure) throws DestinationException {
    Optional<Errno> errno = Errno.of(Diagnosis.root(failure));
    if (readOnly || (errno.isPresent() && errno.get() != Errno.EROFS)) {
      return;
    }
    boolean isReadOnly;
    try {
      isReadOnly = Files.getFileStore(root).isReadOnly();
    } catch (IOException | UnsupportedOperationException e) {
      // That cannot be told; then it is a failure like others.
      return;
    }
    if (isReadOnly) {
      throw new DestinationException(
          "the destination " + root + " cannot be written to: " + Errno.EROFS.remedy(false),
          failure);
    }
  }

  @Override
  public void check() throws DestinationException {
    boolean isThere;
    try {
      isThere = Metadata.following(root).kind() == Kind.DIRECTORY;
    } catch (NoSuchFileException | NotDirectoryException e) {
      isThere = false;
    } catch (IOException e) {
      if (Errno.of(e).equals(Optional.of(Errno.ENOTCONN))) {
        throw new DestinationException(
            "the destination " + root + " does not answer: " + Errno.ENOTCONN.remedy(false), e);
      }
      // It may come back.
      return;
    }
    if (!isThere) {
      throw new DestinationException(
          "the destination "
              + root
              + " is gone: it was removed or unmounted while MTB wrote to it");
    }
  }

  @Override
  public void close() throws IOException {
    folders.close();
  }
}
