package dev.mtb.destination;

import com.google.common.collect.ImmutableSet;
import dev.mtb.Attribute;
import dev.mtb.ErrorText;
import dev.mtb.Kind;
import dev.mtb.Metadata;
import dev.mtb.PathBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
final class S3fsDestination extends PathDestination {
  private static final Logger log = LoggerFactory.getLogger(S3fsDestination.class);

  /** File.setLastModified has milliseconds. */
  private static final Duration GRANULARITY = Duration.ofMillis(1);

  /** An mtime of 0 reads back as the time of the upload (s3fs 1.90, get_mtime). */
  private static final Instant EARLIEST = Instant.ofEpochSecond(1);

  /**
   * The kernel runs one lookup or creation at a time in a directory (libfuse 2); while one file's
   * runs, another's upload can.
   */
  private static final int OPERATIONS_PER_DIRECTORY = 2;

  /** Set-user-ID, set-group-ID and sticky. */
  private static final int SPECIAL_BITS = 07000;

  /** With the pause growing, four seconds: s3fs is told of a close within milliseconds. */
  private static final int SET_TRIES = 20;

  private static final Duration SET_PAUSE = Duration.ofMillis(20);

  private final Path mountPoint;
  private final long device;
  private final S3fsNames names;
  private final DirectoryStream<Path> hold;

  private S3fsDestination(
      Path root,
      boolean readOnly,
      ProcessIdentity process,
      Path mountPoint,
      long device,
      S3fsNames names,
      DirectoryStream<Path> hold) {
    super(root, readOnly, /* fsync= */ false, process);
    this.mountPoint = mountPoint;
    this.device = device;
    this.names = names;
    this.hold = hold;
  }

  /**
   * Opens a directory on a mount that is there.
   *
   * @param root need not exist yet
   */
  @SuppressWarnings("StreamResourceLeak") // It is closed with the destination.
  static S3fsDestination open(
      Path root, boolean readOnly, ProcessIdentity process, Path mountPoint, S3fsNames names)
      throws DestinationException {
    try {
      long device = Metadata.following(mountPoint).device();
      // An open directory keeps the mount busy: unmounting it by accident is refused meanwhile.
      DirectoryStream<Path> hold = Files.newDirectoryStream(mountPoint);
      return new S3fsDestination(root, readOnly, process, mountPoint, device, names, hold);
    } catch (IOException e) {
      throw lost(mountPoint, e);
    }
  }

  private static DestinationException lost(Path mountPoint, IOException cause) {
    return new DestinationException(
        "the S3FS mount "
            + mountPoint
            + " does not answer ("
            + ErrorText.of(cause)
            + "): s3fs has died or lost its bucket; unmount it (fusermount -u "
            + mountPoint
            + ") and mount it again",
        cause);
  }

  @Override
  Traits traitsOf(Path directory) {
    return new Traits(
        /* listingBringsMetadata= */ true,
        /* contentsMoveDirectoryMtime= */ false,
        OPERATIONS_PER_DIRECTORY,
        GRANULARITY,
        EARLIEST,
        // s3fs answers EIO to changes of the mount point itself.
        /* keepsRootMetadata= */ !isMountPoint(directory),
        /* keepsPermissions= */ true,
        /* keepsOwner= */ process.isRoot());
  }

  private static boolean isMountPoint(Path directory) {
    try {
      return Mount.holding(directory).map(mount -> mount.point().equals(directory)).orElse(false);
    } catch (IOException e) {
      return false;
    }
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
      checkAlive();
      throw e;
    }
  }

  /** The same for an operation that changes something: it must not hit a bare mount point. */
  private <T> T changing(Operation<T> operation) throws IOException {
    check();
    return reading(operation);
  }

  @Override
  public void check() throws DestinationException {
    Metadata now;
    try {
      // Answered by s3fs (or the kernel) without a request.
      now = Metadata.following(mountPoint);
    } catch (IOException e) {
      throw lost(mountPoint, e);
    }
    if (now.device() != device) {
      throw new DestinationException(
          "the S3FS mount "
              + mountPoint
              + " is gone: it was unmounted while MTB wrote to it; mount it and run again");
    }
  }

  /**
   * Asks s3fs itself. Attributes come from the kernel's memory for a second after s3fs has died;
   * opening a directory never does, and for the mount point s3fs sends no request.
   */
  private void checkAlive() throws DestinationException {
    try (DirectoryStream<Path> open = Files.newDirectoryStream(mountPoint)) {
      log.debug("{} answers: {}", mountPoint, open);
    } catch (IOException e) {
      throw lost(mountPoint, e);
    }
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
    return new Listing(Optional.of(found.build()));
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return reading(() -> super.read(file));
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
    FileWrite write = changing(() -> start(path, source, existing));
    return new Guarded(write);
  }

  private FileWrite start(Path path, Metadata source, Optional<Metadata> existing)
      throws IOException {
    if (existing.isEmpty()) {
      return WriteInPlace.create(this, path, source);
    }
    Metadata old = existing.get();
    if (old.kind() == Kind.FILE
        && source.size() < SMALL_FILE
        && source.size() >= old.size()
        && source.size() > 0) {
      Optional<FileWrite> overwrite = WriteInPlace.overwrite(this, path, source, old);
      if (overwrite.isPresent()) {
        return overwrite.get();
      }
    }
    return new WriteBeside(this, path, Optional.of(old.kind()), /* keepHoles= */ false);
  }

  /** A write that finds out why it failed. */
  private final class Guarded implements FileWrite {
    private final FileWrite write;

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
      reading(
          () -> {
            write.close();
            return null;
          });
    }
  }

  /** On S3FS the metadata comes first and rides along with the upload at close. */
  @Override
  void finish(SeekableByteChannel channel, Path temporary, Metadata source) throws IOException {
    Metadata created = process.created(source, /* mode= */ 0600);
    try (channel) {
      setMetadataWhileOpen(temporary, source, created);
    }
    setMetadataAfterClose(temporary, source, created);
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
  void setMetadataWhileOpen(Path path, Metadata source, Metadata now) throws IOException {
    if (traits().keepsOwner()) {
      if (source.uid() != now.uid()) {
        setUser(path, source);
      } else if (source.gid() != now.gid()) {
        setGroup(path, source);
      }
    }
    // Changing the owner clears the set-user-ID bit.
    boolean isCleared = (source.mode() & SPECIAL_BITS) != 0 && ownerDiffers(source, now);
    if (source.mode() != Metadata.UNKNOWN && (source.mode() != now.mode() || isCleared)) {
      setMode(path, source.mode());
    }
    setMtime(path, source);
  }

  /** Sets what could not be set before. */
  void setMetadataAfterClose(Path path, Metadata source, Metadata now) throws IOException {
    if (traits().keepsOwner() && source.uid() != now.uid() && source.gid() != now.gid()) {
      persistently(path, source, Metadata::gid, () -> setGroup(path, source));
      if ((source.mode() & SPECIAL_BITS) != 0) {
        persistently(path, source, Metadata::mode, () -> setMode(path, source.mode()));
      }
    }
  }

  /** Sets something. */
  private interface Setter {
    void set() throws IOException;
  }

  /**
   * Sets something until it is set. The kernel tells s3fs of a close only after the call has
   * returned; until then s3fs 1.90 takes the file for one with an upload to come, keeps the change
   * for that, and answers that all is well. Looking afterwards costs nothing: the kernel has the
   * answer from the call itself.
   */
  private static void persistently(
      Path path, Metadata source, ToIntFunction<Metadata> value, Setter setter) throws IOException {
    for (int attempt = 1; attempt <= SET_TRIES; attempt++) {
      setter.set();
      if (value.applyAsInt(Metadata.of(path)) == value.applyAsInt(source)) {
        return;
      }
      try {
        Thread.sleep(SET_PAUSE.multipliedBy(attempt).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    throw new IOException("its owner or mode cannot be set: S3FS does not take it");
  }

  private boolean ownerDiffers(Metadata source, Metadata now) {
    return traits().keepsOwner() && (source.uid() != now.uid() || source.gid() != now.gid());
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    names.check(link);
    checkTarget(target);
    changing(
        () -> {
          super.writeLink(link, target, source, existing);
          return null;
        });
  }

  /** s3fs cuts blanks off both ends of a target when it reads a link (s3fs_readlink). */
  private static void checkTarget(Path target) throws IOException {
    byte[] bytes = PathBytes.of(target);
    if (isBlank(bytes[0]) || isBlank(bytes[bytes.length - 1])) {
      throw new IOException(
          "it is a link whose target begins or ends with a blank, which S3FS would cut off");
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    names.check(directory);
    return changing(() -> super.createDirectory(directory, source, existing));
  }

  @Override
  Set<Attribute> remainingAfterCreation(Metadata source) {
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
          super.setMetadata(path, source, attributes);
          return null;
        });
  }

  @Override
  void setMtime(Path path, Metadata source) throws IOException {
    Instant mtime = source.mtime().isBefore(EARLIEST) ? EARLIEST : source.mtime();
    if (source.kind() == Kind.LINK) {
      super.setMtime(path, source.withMtime(mtime));
    } else {
      MtimeByPath.set(path, mtime);
    }
  }

  @Override
  public void close() throws IOException {
    hold.close();
  }
}
