package dev.mtb.store.mount;

import com.google.common.collect.ImmutableSet;
import dev.mtb.files.Folders;
import dev.mtb.files.ReplacedException;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Diagnosis;
import dev.mtb.store.Features;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Listing;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.NameRules;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.RefusedException;
import dev.mtb.store.S3fsNames;
import dev.mtb.store.StoredFile;
import dev.mtb.store.folder.PathDestination;
import dev.mtb.store.folder.WriteBeside;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * A directory on an S3FS mount.
 *
 * <p>What s3fs does with each system call, in requests, is in {@code s3fs.md} on the site. The
 * rules that follow from it:
 *
 * <ul>
 *   <li>A new file is written under its own name: its upload at close is atomic.
 *   <li>Metadata is set by path while the channel is open, so that the one upload carries it.
 *   <li>A small file that did not shrink is written over the old one, in two lookups and an upload.
 *   <li>A file that shrank, and a large one, goes to a temporary name and is renamed, which s3fs
 *       does as a copy on the server. s3fs 1.90 cannot shorten a file that it is writing ({@code
 *       ftruncate} after a write is ignored), and shortening it first uploads the shortened old
 *       content; a large file can fail half-way, and s3fs would upload a mixture.
 *   <li>A directory is listed before its files are asked for: then s3fs asks for 20 at a time and
 *       remembers the answers.
 * </ul>
 */
public final class S3fsDestination extends PathDestination {
  /** File.setLastModified has milliseconds; what old versions of s3fs stored has whole seconds. */
  private static final Set<OpenOption> NEW_FILE =
      ImmutableSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  private static final MtimePrecision MTIMES = new MtimePrecision(Duration.ofMillis(1), true);

  /** An mtime of 0 reads back as the time of the upload (s3fs 1.90, get_mtime). */
  private static final Instant EARLIEST = Instant.ofEpochSecond(1);

  /**
   * The kernel runs one lookup or creation at a time in a directory (libfuse 2), so more than one
   * file of a directory helps only as long as others upload meanwhile; and uploads queue up, since
   * s3fs runs one at a time. Measured at 50 ms, 200 files in 10 directories: 21.3 s with one, 19.9
   * with two, 18.2 with three, 18.1 with six.
   */
  private static final int OPERATIONS_PER_DIRECTORY = 4;

  /**
   * What the kernel hands to s3fs in one piece (FUSE, 32 pages). Between two pieces the process may
   * die, or a program that it starts may close the file that it inherits; then s3fs uploads what it
   * has, the beginning of the new content and the end of the old.
   */
  private static final int ONE_WRITE = 128 << 10;

  /** Set-user-ID, set-group-ID and sticky. */
  private static final int SPECIAL_BITS = 07000;

  /** With the pause growing, four seconds: s3fs is told of a close within milliseconds. */
  private static final int SET_TRIES = 20;

  private static final Duration SET_PAUSE = Duration.ofMillis(20);

  private final S3fsMountPoint mountPoint;
  private final S3fsNames names;
  private final S3fsProcess s3fs;

  /** Only where what is written is read back: others need not wait for each other. */
  private final Optional<WriteGate> quietTime;

  /**
   * Wires it.
   *
   * @param root on a mount that is there
   * @param mountPoint closed with this
   * @param oldVersions where old versions go
   * @param readsBack whether what is written is read back
   */
  public S3fsDestination(
      Path root,
      boolean isNew,
      boolean readOnly,
      ProcessIdentity process,
      S3fsMountPoint mountPoint,
      S3fsProcess s3fs,
      Optional<OldVersionsPlace> oldVersions,
      boolean readsBack) {
    super(
        root,
        isNew,
        readOnly,
        /* fsync= */ false,
        /* isShared= */ false,
        process,
        oldVersions,
        new Features(
            /* listingBringsMetadata= */ true,
            /* contentsMoveDirectoryMtime= */ s3fs.has("update_parent_dir_stat"),
            OPERATIONS_PER_DIRECTORY,
            MTIMES,
            EARLIEST,
            // s3fs answers EIO to changes of the mount point itself.
            /* keepsRootMetadata= */ !root.equals(mountPoint.path()),
            /* keepsPermissions= */ true,
            /* keepsOwner= */ process.isRoot(),
            // Each name is a HEAD; that most of a directory is wanted can only be guessed.
            /* listedForOne= */ 2,
            /* listingShows= */ false,
            /* retriesItself= */ false,
            // s3fs issue 2581: a 5xx, then a 404 to one of its fallbacks.
            /* missesAfterErrors= */ true,
            NameRules.EXACT),
        // Each directory that is opened costs requests.
        Folders.byPath());
    this.mountPoint = mountPoint;
    this.s3fs = s3fs;
    quietTime = readsBack ? Optional.of(new WriteGate()) : Optional.empty();
    names = new S3fsNames(s3fs.has("use_wtf8"), !s3fs.has("notsup_compat_dir"));
  }

  /** An operation on the mount. */
  private interface Operation<T> {
    T run() throws IOException;
  }

  /**
   * Runs an operation; if it fails, finds out whether it failed for all. The mount itself is asked,
   * since messages are translated and some errors tell nothing.
   */
  private <T> T reading(Operation<T> operation) throws IOException {
    try {
      return operation.run();
    } catch (IOException e) {
      check();
      mountPoint.checkAlive();
      throw e;
    }
  }

  /** The same for an operation that changes something: it must not hit a bare mount point. */
  private <T> T changing(Operation<T> operation) throws IOException {
    check();
    return reading(operation);
  }

  /**
   * Refuses a way that leads through a symbolic link. Costs no request: s3fs has just been asked
   * for these directories or will be at once, and remembers. What is planted between this look and
   * the operation is not noticed; holding directories open would cost requests.
   */
  private void checkWay(Path path) throws IOException {
    Path directory = path.getParent();
    while (!directory.equals(root) && directory.startsWith(root)) {
      if (Metadata.of(directory).kind() != Kind.DIRECTORY) {
        throw new NotDirectoryException(directory.toString());
      }
      directory = directory.getParent();
    }
  }

  @Override
  public List<String> advice() {
    List<String> advice = new ArrayList<>();
    quietTime.flatMap(q -> s3fs.obstacleToReadingBack()).ifPresent(advice::add);
    advice.addAll(s3fs.advice());
    return advice;
  }

  @Override
  public Diagnosis diagnose(IOException failure) throws DestinationException {
    check();
    mountPoint.checkAlive();
    checkWritable(failure);
    return Diagnosis.of(failure, /* onS3fs= */ true);
  }

  @Override
  public void check() throws DestinationException {
    mountPoint.check();
  }

  @Override
  public Optional<Metadata> stat(Path path) throws IOException {
    return reading(() -> super.stat(path));
  }

  @Override
  public Listing list(Path directory) throws IOException {
    ImmutableSet.Builder<Path> found = ImmutableSet.builder();
    reading(
        () -> {
          eachName(directory, found::add);
          return null;
        });
    return Listing.ofNames(found.build());
  }

  /** Only who has something to remove asks: a list must cost no more than it has to. */
  @Override
  protected void checkRemoval(Path child) throws IOException {
    check();
    checkWay(child);
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return reading(() -> super.read(file));
  }

  /**
   * Opening sends a HEAD and reading a GET, if s3fs has heard of the close: it keeps nothing of a
   * closed file (unless told to), and the kernel drops its own pages when a file is opened.
   */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    WriteGate.Action<StoredFile> opening = () -> reading(() -> super.readBack(file));
    return quietTime.isPresent() ? quietTime.get().whenQuiet(opening) : opening.run();
  }

  /** s3fs 1.90 forgets a time that is set while it takes the file for an open one. */
  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    WriteGate.Action<Void> dating =
        () -> {
          super.distrust(path, dated);
          return null;
        };
    if (quietTime.isPresent()) {
      quietTime.get().whenQuiet(dating);
    } else {
      dating.run();
    }
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return reading(() -> super.readLink(link));
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    names.check(file);
    Path path = at(file);
    quietTime.ifPresent(WriteGate::beginWriting);
    boolean isStarted = false;
    try {
      FileWrite write =
          changing(
              () -> {
                checkWay(path);
                return start(path, source, existing);
              });
      isStarted = true;
      return new Guarded(write);
    } finally {
      if (!isStarted) {
        quietTime.ifPresent(WriteGate::endWriting);
      }
    }
  }

  private FileWrite start(Path path, Metadata source, Optional<Metadata> existing)
      throws IOException {
    if (existing.isEmpty()) {
      return new WriteNewObject(this, path, source);
    }
    Metadata old = existing.get();
    boolean fitsOver =
        old.kind() == Kind.FILE
            && source.size() > 0
            && source.size() <= ONE_WRITE
            && source.size() >= old.size()
            // The old one would be gone.
            && !keepsOldVersions();
    if (fitsOver) {
      return new OverwriteSmallObject(this, path, (int) source.size(), old);
    }
    return new WriteBeside(this, path, source, /* replaces= */ true, /* keepHoles= */ false);
  }

  /** A write that finds out why it failed. */
  private final class Guarded implements FileWrite {
    private final FileWrite write;
    private boolean isOpen = true;

    Guarded(FileWrite write) {
      this.write = write;
    }

    @Override
    public void write(ByteBuffer content) throws IOException {
      reading(
          () -> {
            write.write(content);
            return null;
          });
    }

    @Override
    public void commit(Metadata source) throws IOException {
      changing(
          () -> {
            write.commit(source);
            return null;
          });
    }

    @Override
    public void close() throws IOException {
      try {
        reading(
            () -> {
              write.close();
              return null;
            });
      } finally {
        if (isOpen) {
          isOpen = false;
          quietTime.ifPresent(WriteGate::endWriting);
        }
      }
    }
  }

  /** On S3FS the metadata comes first and rides along with the upload at close. */
  @Override
  protected void finish(
      SeekableByteChannel channel, Path temporary, Metadata source, AttributeSetter setter)
      throws IOException {
    Metadata created = process.created(source, WriteBeside.MODE);
    try (channel) {
      setMetadataWhileOpen(temporary, source, created, setter);
    }
    setMetadataAfterClose(temporary, source, created, setter);
  }

  /** A new file, open for writing, with the permissions that it is to have. */
  SeekableByteChannel create(Path path, Metadata source) throws IOException {
    return Files.newByteChannel(path, NEW_FILE, modeAttribute(source.mode()));
  }

  /** What a new file has by itself. */
  Metadata created(Metadata source) {
    return process.created(source, source.mode());
  }

  /**
   * Sets what differs, while s3fs has content to upload: it costs no request.
   *
   * <p>Java sets user and group in two calls. While a file is open, s3fs 1.90 takes the half that a
   * call does not change from before the first call (s3fs_chown uses the stat cache, which a
   * pending change does not reach), so only one of them can be set then; the group has to wait.
   *
   * @param now what the file has
   */
  void setMetadataWhileOpen(Path path, Metadata source, Metadata now, AttributeSetter setter)
      throws DestinationException {
    if (userDiffers(source, now)) {
      setter.set(AttributeSetter.What.OWNER, () -> setUser(path, source));
    } else if (groupDiffers(source, now)) {
      setter.set(AttributeSetter.What.GROUP, () -> setGroup(path, source));
    }
    // Changing the owner clears the set-user-ID bit.
    boolean isCleared =
        hasSpecialBits(source) && (userDiffers(source, now) || groupDiffers(source, now));
    if (source.mode() != Metadata.UNKNOWN && (source.mode() != now.mode() || isCleared)) {
      setMode(setter, path, source);
    }
    setter.set(AttributeSetter.What.TIME, () -> setMtime(path, source));
  }

  /** Sets what could not be set before. */
  void setMetadataAfterClose(Path path, Metadata source, Metadata now, AttributeSetter setter)
      throws DestinationException {
    if (userDiffers(source, now) && groupDiffers(source, now)) {
      setter.set(
          AttributeSetter.What.GROUP,
          () -> persistently(path, source, Metadata::gid, () -> setGroup(path, source)));
      if (hasSpecialBits(source) && setter.isOwned()) {
        setter.set(
            AttributeSetter.What.PERMISSIONS,
            () -> persistently(path, source, Metadata::mode, () -> setMode(path, source.mode())));
      }
    }
  }

  /**
   * Sets something until it is set. The kernel tells s3fs of a close only after the call has
   * returned; until then s3fs 1.90 takes the file for one with an upload to come, keeps the change
   * for that, and answers that all is well. Looking afterwards costs nothing: the kernel has the
   * answer from the call itself.
   */
  private static void persistently(
      Path path, Metadata source, ToIntFunction<Metadata> value, AttributeSetter.Setter setter)
      throws IOException {
    for (int attempt = 1; attempt <= SET_TRIES; attempt++) {
      setter.set();
      if (value.applyAsInt(Metadata.of(path)) == value.applyAsInt(source)) {
        return;
      }
      try {
        Thread.sleep(SET_PAUSE.multipliedBy(attempt).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new RefusedException("its owner or mode cannot be set: S3FS does not take it");
  }

  private boolean userDiffers(Metadata source, Metadata now) {
    return features().keepsOwner() && source.uid() != Metadata.UNKNOWN && source.uid() != now.uid();
  }

  private boolean groupDiffers(Metadata source, Metadata now) {
    return features().keepsOwner() && source.gid() != Metadata.UNKNOWN && source.gid() != now.gid();
  }

  private static boolean hasSpecialBits(Metadata source) {
    return source.mode() != Metadata.UNKNOWN && (source.mode() & SPECIAL_BITS) != 0;
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    names.check(link);
    S3fsNames.checkTarget(PathBytes.of(target));
    quietTime.ifPresent(WriteGate::beginWriting);
    try {
      linkGuarded(link, target, source, existing);
    } finally {
      quietTime.ifPresent(WriteGate::endWriting);
    }
  }

  private void linkGuarded(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    changing(
        () -> {
          checkWay(at(link));
          boolean isLink = existing.isPresent() && existing.get().kind() == Kind.LINK;
          if (isLink) {
            // s3fs remembers the target of a link by its name, and renaming another link over it
            // does not make it forget.
            delete(at(link), Kind.LINK);
          }
          super.writeLink(link, target, source, isLink ? Optional.empty() : existing);
          return null;
        });
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    names.check(directory);
    return changing(
        () -> {
          checkWay(at(directory));
          return super.createDirectory(directory, source, existing);
        });
  }

  @Override
  protected Set<Attribute> remainingAfterCreation(Metadata source) {
    EnumSet<Attribute> remaining = EnumSet.of(Attribute.MTIME);
    if (!process.is(source.uid(), source.gid())) {
      remaining.add(Attribute.OWNER);
    }
    if (!process.keepsMode(source.mode()) || (source.mode() & 0700) != 0700) {
      remaining.add(Attribute.MODE);
    }
    return remaining;
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    changing(
        () -> {
          Path file = at(path);
          if (!file.equals(root)) {
            checkWay(file);
            if (Metadata.of(file).kind() != source.kind()) {
              throw new ReplacedException(file);
            }
          }
          super.setMetadata(path, source, attributes);
          return null;
        });
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> doomed) throws IOException {
    return changing(() -> super.delete(doomed));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    changing(
        () -> {
          checkWay(at(to));
          super.rename(from, to);
          return null;
        });
  }

  @Override
  public void putAside(Path directory) throws IOException {
    changing(
        () -> {
          checkWay(at(directory));
          super.putAside(directory);
          return null;
        });
  }

  /** A copy would be read and sent again; a rename is done on the server. */
  @Override
  protected boolean movesOldVersions() {
    return true;
  }

  @Override
  protected void delete(Path path, Kind kind) throws IOException {
    checkWay(path);
    super.delete(path, kind);
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    return list(directory);
  }

  /** By path: opening a file for it would be a flush of its own, and cost requests. */
  @Override
  protected void setMode(Path path, int mode) throws IOException {
    Files.setAttribute(path, "unix:mode", mode);
  }

  @Override
  public void setMtime(Path path, Metadata source) throws IOException {
    if (source.mtime().equals(Metadata.UNKNOWN_TIME)) {
      return;
    }
    Instant mtime = source.mtime().isBefore(EARLIEST) ? EARLIEST : source.mtime();
    if (source.kind() == Kind.LINK) {
      super.setMtime(path, source.withMtime(mtime));
    } else {
      MtimeByPath.set(path, mtime);
    }
  }

  @Override
  public void close() throws IOException {
    mountPoint.close();
  }
}
