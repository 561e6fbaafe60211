package dev.mtb.store.folder;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ProcessIdentity;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A writer of metadata: it sets owner, group, permissions and mtime of files, directories and links
 * of one file system. Thread-safe.
 */
public class MetadataWriter {
  /** Set-user-ID and set-group-ID. */
  private static final int SET_ID = 06000;

  private static final ImmutableSet<Attribute> ONLY_TIME = ImmutableSet.of(Attribute.MTIME);

  private static final ImmutableSet<Attribute> ALL = ImmutableSet.copyOf(Attribute.values());

  protected final ProcessIdentity process;
  private final boolean isUnix;
  private final boolean isPosix;
  private final Map<Integer, FileAttribute<?>> modeAttributes = new ConcurrentHashMap<>();

  /** Finds out what the file system of a path keeps. */
  public MetadataWriter(Path root, ProcessIdentity process) {
    this.process = process;
    Set<String> views = root.getFileSystem().supportedFileAttributeViews();
    // jimfs and others show owners and modes in a view of that name, but cannot set them there.
    isUnix = root.getFileSystem() == FileSystems.getDefault() && views.contains("unix");
    isPosix = views.contains("posix");
  }

  /** Whether this process can set numeric owners. */
  protected final boolean keepsOwner() {
    return isUnix && process.isRoot();
  }

  final boolean keepsPermissions() {
    return isPosix;
  }

  /** What a new file or directory is created with. */
  public final FileAttribute<?>[] modeAttribute(int mode) {
    if (!isPosix || mode == Metadata.UNKNOWN) {
      return new FileAttribute<?>[0];
    }
    // Java copies and checks a set for each; files are made by the thousand with the same mode.
    FileAttribute<?> attribute =
        modeAttributes.computeIfAbsent(
            mode, m -> PosixFilePermissions.asFileAttribute(Metadata.permissions(m)));
    return new FileAttribute<?>[] {attribute};
  }

  /**
   * Sets attributes. The owner comes first, since changing it clears the set-user-ID bit, and the
   * mtime last. The others are set even if one cannot be set.
   *
   * @param accessTime the time of the last access, which is not changed; if it is empty, Java looks
   *     it up
   */
  final void set(
      Path path,
      Metadata source,
      Set<Attribute> attributes,
      Optional<FileTime> accessTime,
      AttributeSetter setter)
      throws DestinationException {
    if (attributes.contains(Attribute.OWNER) && keepsOwner()) {
      setOwner(setter, path, source);
    }
    if (attributes.contains(Attribute.MODE)
        && keepsPermissions()
        && source.mode() != Metadata.UNKNOWN
        && source.kind() != Kind.LINK) {
      setPermissions(setter, path, source);
    }
    if (attributes.contains(Attribute.MTIME)) {
      setter.set(
          AttributeSetter.What.TIME,
          () -> {
            if (accessTime.isPresent()) {
              setTimes(path, source, accessTime.get());
            } else {
              setMtime(path, source);
            }
          });
    }
  }

  final void setOfNewLink(AttributeSetter setter, Path link, Metadata source)
      throws DestinationException {
    if (keepsOwner() && !process.is(source.uid(), source.gid())) {
      setOwner(setter, link, source);
    }
    setter.set(AttributeSetter.What.TIME, () -> setMtime(link, source));
  }

  /**
   * Sets the attributes in which a file that was just written differs from its source. A look costs
   * less than to set a value that is right already: on ext4 each change of an inode is written to
   * the journal. One look is enough for all files that are made in the directory with that mode.
   */
  final void setOfNewFile(DirectoryTree tree, NewFile file, Metadata source, AttributeSetter setter)
      throws IOException {
    Path path = file.path();
    if (!isUnix) {
      set(path, source, ALL, /* accessTime= */ Optional.empty(), setter);
      return;
    }
    // The access time of a new file is the present. If it is not given, Java asks for it.
    Optional<FileTime> now = Optional.of(FileTime.from(Instant.now()));
    Optional<Metadata> known = file.folder().made(Kind.FILE, file.mode());
    Set<Attribute> differing = known.map(made -> differing(source, made)).orElse(ALL);
    if (known.isEmpty() || needsPath(source, differing)) {
      // The path must lead to the file.
      Metadata made = tree.look(path);
      file.folder().noteMade(Kind.FILE, file.mode(), made);
      set(path, source, differing(source, made), now, setter);
      return;
    }
    if (differing.contains(Attribute.MODE) && source.mode() != Metadata.UNKNOWN) {
      setter.set(
          AttributeSetter.What.PERMISSIONS,
          () -> file.folder().setPermissions(path.getFileName(), source.mode()));
    }
    set(path, source, ONLY_TIME, now, setter);
    if (setter.isMissing()) {
      // Its directory is at another path now, or this look finds the other cause.
      Metadata unused = tree.look(path);
    }
  }

  /**
   * Whether the path is needed. Java sets attributes other than permissions and mtime by path only.
   * If the mtime is not set, nothing else checks that the path still leads to the file.
   */
  private static boolean needsPath(Metadata source, Set<Attribute> differing) {
    boolean hasOtherBits = source.mode() != Metadata.UNKNOWN && (source.mode() & ~0777) != 0;
    return differing.contains(Attribute.OWNER)
        || hasOtherBits
        || source.mtime().equals(Metadata.UNKNOWN_TIME);
  }

  private Set<Attribute> differing(Metadata source, Metadata now) {
    EnumSet<Attribute> differing = EnumSet.of(Attribute.MTIME);
    boolean ownerDiffers = userDiffers(source, now) || groupDiffers(source, now);
    if (ownerDiffers) {
      differing.add(Attribute.OWNER);
    }
    // Changing the owner clears the set-user-ID bit.
    if (ownerDiffers || now.mode() != source.mode()) {
      differing.add(Attribute.MODE);
    }
    return differing;
  }

  protected final boolean userDiffers(Metadata source, Metadata now) {
    return keepsOwner() && source.uid() != Metadata.UNKNOWN && source.uid() != now.uid();
  }

  protected final boolean groupDiffers(Metadata source, Metadata now) {
    return keepsOwner() && source.gid() != Metadata.UNKNOWN && source.gid() != now.gid();
  }

  /**
   * The attributes that a new directory does not have yet. A set-group-ID parent gives it another
   * group.
   *
   * @param made its metadata; empty if it was not looked at
   */
  protected Set<Attribute> remainingAfterCreation(Metadata source, Optional<Metadata> made) {
    return isUnix && made.isPresent() ? differing(source, made.get()) : ALL;
  }

  /** Sets the mtime again after a rename, since a zip gives a renamed file the present time. */
  final void setAfterRename(Path path, Metadata source) throws IOException {
    if (!isPosix) {
      setMtime(path, source);
    }
  }

  /**
   * Sets the permissions. A file that has another owner than its source gets no set-ID bits: it
   * would run with the rights of the wrong user.
   */
  protected final void setPermissions(AttributeSetter setter, Path path, Metadata source)
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

  /** Sets all permission bits of a file or directory. */
  protected void setMode(Path path, int mode) throws IOException {
    if (isUnix) {
      try {
        Files.setAttribute(path, "unix:mode", mode, NOFOLLOW_LINKS);
      } catch (AccessDeniedException e) {
        // Java opens the file for that. Only a process without the rights of root is refused.
        Files.setAttribute(path, "unix:mode", mode);
      }
    } else {
      Files.getFileAttributeView(path, PosixFileAttributeView.class)
          .setPermissions(Metadata.permissions(mode));
    }
  }

  /** Sets the mtime of a file, a directory or a link. */
  protected void setMtime(Path path, Metadata source) throws IOException {
    setTimes(path, source, /* accessTime= */ null);
  }

  private static void setTimes(Path path, Metadata source, FileTime accessTime) throws IOException {
    Instant mtime = source.mtime();
    if (mtime.equals(Metadata.UNKNOWN_TIME)) {
      return;
    }
    if (mtime.isBefore(Instant.EPOCH)) {
      // The JDK sets 1970 instead of an earlier time that has a fraction.
      mtime = mtime.truncatedTo(ChronoUnit.SECONDS);
    }
    Files.getFileAttributeView(path, BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .setTimes(FileTime.from(mtime), accessTime, null);
  }
}
