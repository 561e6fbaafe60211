package dev.mtb.store.mount;

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
import dev.mtb.store.ReplacedException;
import dev.mtb.store.S3fsNames;
import dev.mtb.store.StoredFile;
import dev.mtb.store.folder.FolderPlace;
import dev.mtb.store.folder.FolderStore;
import dev.mtb.store.folder.Folders;
import dev.mtb.store.folder.NewFile;
import dev.mtb.store.folder.WriteBeside;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A destination in a directory on an S3FS mount.
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
public final class MountStore extends FolderStore {
  /** File.setLastModified has milliseconds; what old versions of s3fs stored has whole seconds. */
  private static final MtimePrecision MTIMES = new MtimePrecision(Duration.ofMillis(1), true);

  /**
   * The kernel runs one lookup or creation at a time in a directory (libfuse 2), so more than one
   * file of a directory helps only as long as others upload meanwhile; and uploads queue up, since
   * s3fs runs one at a time. Measured at 50 ms, 200 files in 10 directories: 21.3 s with one, 19.9
   * with two, 18.2 with three, 18.1 with six.
   */
  private static final int OPERATIONS_PER_DIRECTORY = 4;

  /**
   * The most bytes that the kernel passes to s3fs in one write (FUSE, 32 pages). Between two writes
   * this process may die, or a program that it starts may close the file that it inherits. Then
   * s3fs uploads what it has: the beginning of the new content and the end of the old one.
   */
  private static final int ONE_WRITE = 128 << 10;

  private final FolderPlace place;
  private final S3fsMountPoint mountPoint;
  private final S3fsProcess s3fs;
  private final S3fsMetadata metadata;
  private final boolean readsBack;
  private final WriteGate gate;

  /**
   * A destination on a mounted S3FS, without fsync and not shared with other shards. Closes the
   * mount point when it is closed.
   */
  public MountStore(
      FolderPlace place, S3fsMountPoint mountPoint, S3fsProcess s3fs, boolean readsBack) {
    this(place, mountPoint, s3fs, readsBack, new S3fsMetadata(place.root(), place.process()));
  }

  private MountStore(
      FolderPlace place,
      S3fsMountPoint mountPoint,
      S3fsProcess s3fs,
      boolean readsBack,
      S3fsMetadata metadata) {
    super(
        place,
        features(place, mountPoint, s3fs),
        // Each directory that is opened costs requests.
        Folders.byPath(),
        metadata,
        // A copy would be read and sent again; a rename is done on the server.
        /* movesOldVersions= */ true);
    this.place = place;
    this.mountPoint = mountPoint;
    this.s3fs = s3fs;
    this.metadata = metadata;
    this.readsBack = readsBack;
    gate = new WriteGate(/* isNeeded= */ readsBack);
  }

  private static Features features(FolderPlace place, S3fsMountPoint mountPoint, S3fsProcess s3fs) {
    return new Features(
        /* listingBringsMetadata= */ true,
        /* contentsMoveDirectoryMtime= */ s3fs.has("update_parent_dir_stat"),
        OPERATIONS_PER_DIRECTORY,
        MTIMES,
        S3fsMetadata.EARLIEST,
        // s3fs answers EIO to changes of the mount point itself.
        /* keepsRootMetadata= */ !place.root().equals(mountPoint.path()),
        /* keepsPermissions= */ true,
        /* keepsOwner= */ place.process().isRoot(),
        // A listing costs a HEAD for each name, and whether most of the directory is wanted can
        // only be guessed.
        /* listedForOne= */ 2,
        /* listingShows= */ false,
        /* retriesItself= */ false,
        // s3fs issue 2581: a 5xx, then a 404 to one of its fallbacks.
        /* missesAfterErrors= */ true,
        NameRules.ofKeys(
            new S3fsNames(
                s3fs.has("use_wtf8"),
                !s3fs.has("notsup_compat_dir"),
                // What s3fs puts before the mount's own paths is not known.
                /* prefixLength= */ 0)));
  }

  /**
   * Refuses a path that leads through a symbolic link. This costs no request: s3fs has just been
   * asked for these directories or will be at once, and remembers the answers. A link that is made
   * between this check and the operation is not noticed; holding directories open would cost
   * requests.
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
    if (readsBack) {
      s3fs.obstacleToReadingBack().ifPresent(advice::add);
    }
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
    return mountPoint.reading(() -> super.stat(path));
  }

  @Override
  public Listing list(Path directory) throws IOException {
    return mountPoint.reading(() -> super.listNames(directory));
  }

  @Override
  public Listing listNames(Path directory) throws IOException {
    return list(directory);
  }

  @Override
  public void deleteStale(Path directory, Listing listing) throws IOException {
    mountPoint.changing(
        () -> {
          // A name in the directory is checked, so that the directory itself is checked, too.
          checkWay(tree.at(directory).resolve("any"));
          super.deleteStale(directory, listing);
        });
  }

  @Override
  public ReadableByteChannel read(Path file) throws IOException {
    return mountPoint.reading(() -> super.read(file));
  }

  /**
   * Opens a file to read it back. If s3fs knows that the file was closed, opening sends a HEAD and
   * reading a GET: s3fs keeps nothing of a closed file (unless an option says so), and the kernel
   * drops its pages when a file is opened.
   */
  @Override
  public StoredFile readBack(Path file) throws IOException {
    return gate.whenQuiet(() -> mountPoint.reading(() -> super.readBack(file)));
  }

  /**
   * Marks a wrong copy. s3fs 1.90 loses an mtime that is set while it still takes the file for
   * open.
   */
  @Override
  public void distrust(Path path, Metadata dated) throws IOException {
    gate.whenQuiet(
        () -> {
          super.distrust(path, dated);
          return null;
        });
  }

  @Override
  public Path readLink(Path link) throws IOException {
    return mountPoint.reading(() -> super.readLink(link));
  }

  @Override
  public FileWrite write(Path file, Metadata source, Optional<Metadata> existing)
      throws IOException {
    features().names().check(file);
    Path path = tree.at(file);
    gate.beginWriting();
    try {
      FileWrite write =
          mountPoint.changing(
              () -> {
                checkWay(path);
                return start(path, source, existing);
              });
      return new GuardedWrite(write, mountPoint, gate);
    } catch (IOException | RuntimeException | Error e) {
      gate.endWriting();
      throw e;
    }
  }

  private FileWrite start(Path path, Metadata source, Optional<Metadata> existing)
      throws IOException {
    if (existing.isEmpty()) {
      return new WriteNewObject(metadata, path, source);
    }
    Metadata old = existing.get();
    boolean fitsOver =
        old.kind() == Kind.FILE
            && source.size() > 0
            && source.size() <= ONE_WRITE
            && source.size() >= old.size()
            // Writing over the old version would lose it.
            && place.oldVersions().isEmpty();
    if (fitsOver) {
      return new OverwriteSmallObject(this, metadata, path, (int) source.size(), old);
    }
    return new WriteBeside(this, path, source, /* replaces= */ true, /* keepHoles= */ false);
  }

  /** Sets the metadata before the close, so that the one upload carries it. */
  @Override
  protected void finish(
      SeekableByteChannel channel, NewFile temporary, Metadata source, AttributeSetter setter)
      throws IOException {
    Path path = temporary.path();
    Metadata created = metadata.created(source, WriteBeside.MODE);
    try (channel) {
      metadata.setWhileOpen(path, source, created, setter);
    }
    metadata.setAfterClose(path, source, created, setter);
  }

  @Override
  public void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    features().names().check(link);
    S3fsNames.checkTarget(PathBytes.of(target));
    gate.beginWriting();
    try {
      mountPoint.changing(
          () -> {
            checkWay(tree.at(link));
            boolean isLink = existing.isPresent() && existing.get().kind() == Kind.LINK;
            if (isLink) {
              // s3fs remembers the target of a link by its name, and renaming another link over it
              // does not make it forget.
              delete(tree.at(link), Kind.LINK);
            }
            super.writeLink(link, target, source, isLink ? Optional.empty() : existing);
          });
    } finally {
      gate.endWriting();
    }
  }

  @Override
  public Set<Attribute> createDirectory(
      Path directory, Metadata source, Optional<Metadata> existing) throws IOException {
    features().names().check(directory);
    return mountPoint.changing(
        () -> {
          checkWay(tree.at(directory));
          return super.createDirectory(directory, source, existing);
        });
  }

  @Override
  public void setMetadata(Path path, Metadata source, Set<Attribute> attributes)
      throws IOException {
    mountPoint.changing(
        () -> {
          Path file = tree.at(path);
          if (!file.equals(root)) {
            checkWay(file);
            if (Metadata.of(file).kind() != source.kind()) {
              throw new ReplacedException(file);
            }
          }
          super.setMetadata(path, source, attributes);
        });
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    return mountPoint.changing(() -> super.delete(toDelete));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    mountPoint.changing(
        () -> {
          checkWay(tree.at(to));
          super.rename(from, to);
        });
  }

  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    mountPoint.changing(
        () -> {
          checkWay(tree.at(directory));
          super.moveToOldVersions(directory);
        });
  }

  @Override
  protected void delete(Path path, Kind kind) throws IOException {
    checkWay(path);
    super.delete(path, kind);
  }

  @Override
  public void close() throws IOException {
    mountPoint.close();
  }
}
