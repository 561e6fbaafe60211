package dev.mtb.store.folder;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import dev.mtb.model.PathBytes;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.NameRules;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules for names and times in an ordinary directory. They are found with one temporary file,
 * or from the existing files if nothing may be changed.
 *
 * @param names which names are the same there
 * @param mtimes how precise mtimes are there
 */
record PlaceProbe(NameRules names, MtimePrecision mtimes) {
  private static final Logger log = LoggerFactory.getLogger(PlaceProbe.class);

  private static final ImmutableSet<String> FAT =
      ImmutableSet.of("vfat", "msdos", "fat", "fat32", "fat16");

  /** File systems that keep nanoseconds, or of which the JDK sees all digits that they keep. */
  private static final ImmutableSet<String> FINE =
      ImmutableSet.of(
          "ext4", "xfs", "btrfs", "tmpfs", "zfs", "f2fs", "bcachefs", "overlay", "apfs");

  /** A test value: an odd second, and nine different digits. */
  private static final Instant ODD = Instant.ofEpochSecond(1_000_000_001, 987_654_321);

  /** In nanoseconds. */
  private static final List<Integer> GRAINS =
      List.of(100, 1_000, 1_000_000, 10_000_000, 1_000_000_000);

  /** The most entries that are looked at. One with a letter is enough. */
  private static final int MOST_LOOKED_AT = 100;

  /** Looks at a directory that is not on S3FS. */
  static PlaceProbe of(Path directory, boolean readOnly) {
    if (!readOnly) {
      try {
        return byTemporaryFile(directory);
      } catch (IOException | RuntimeException e) {
        // Most likely nothing can be written there, which is reported later.
        log.debug("{} cannot be tried out", directory, e);
      }
    }
    return new PlaceProbe(namesByEntries(directory), mtimesByType(directory));
  }

  /** How precise mtimes are by the type of the file system. The directory need not exist. */
  public static MtimePrecision mtimesByType(Path directory) {
    FileSystem fileSystem = directory.getFileSystem();
    if (fileSystem != FileSystems.getDefault()) {
      // A file system that is not POSIX (zip) may keep no more than even seconds.
      boolean isPosix = fileSystem.supportedFileAttributeViews().contains("posix");
      return isPosix ? MtimePrecision.EXACT : MtimePrecision.OF_FAT;
    }
    String type;
    try {
      type = Files.getFileStore(directory).type().toLowerCase(Locale.ROOT);
    } catch (IOException | UnsupportedOperationException e) {
      // The directory does not exist yet, or its file system is not known.
      return MtimePrecision.EXACT;
    }
    if (FAT.contains(type)) {
      return MtimePrecision.OF_FAT;
    }
    return FINE.contains(type) ? MtimePrecision.EXACT : MtimePrecision.OF_ITS_ZEROS;
  }

  // With a temporary file

  private static PlaceProbe byTemporaryFile(Path directory) throws IOException {
    BasicFileAttributeView own =
        Files.getFileAttributeView(directory, BasicFileAttributeView.class);
    FileTime before = own.readAttributes().lastModifiedTime();
    String name = TemporaryNames.next();
    boolean hasAccent = true;
    Path file;
    try {
      file = Files.createFile(resolve(directory, name + TemporaryNames.ACCENT));
    } catch (IOException | RuntimeException e) {
      // Some file systems take only ASCII letters.
      hasAccent = false;
      file = Files.createFile(resolve(directory, name));
    }
    try {
      String accent = hasAccent ? TemporaryNames.ACCENT : "";
      Path upper = resolve(directory, name.toUpperCase(Locale.ROOT) + accent);
      boolean ignoresCase = Files.exists(upper, NOFOLLOW_LINKS);
      boolean normalises =
          hasAccent && Files.exists(resolve(directory, name + decomposed(accent)), NOFOLLOW_LINKS);
      return new PlaceProbe(rules(ignoresCase, normalises), mtimes(directory, file));
    } finally {
      Files.deleteIfExists(file);
      own.setTimes(before, null, null);
    }
  }

  private static NameRules rules(boolean ignoresCase, boolean normalises) {
    return new NameRules(ignoresCase, normalises, Optional.empty());
  }

  private static String decomposed(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFD);
  }

  private static Path resolve(Path directory, String name) {
    return PathBytes.resolve(directory, PathBytes.fromText(name));
  }

  /**
   * Finds the precision of mtimes. The cache of the kernel may be more precise than the disk, so
   * FAT is recognised by its type.
   */
  private static MtimePrecision mtimes(Path directory, Path file) throws IOException {
    MtimePrecision known = mtimesByType(directory);
    if (!known.granularity().isZero()) {
      return known;
    }
    BasicFileAttributeView view =
        Files.getFileAttributeView(file, BasicFileAttributeView.class, NOFOLLOW_LINKS);
    view.setTimes(FileTime.from(ODD), null, null);
    Duration lost = Duration.between(view.readAttributes().lastModifiedTime().toInstant(), ODD);
    if (lost.isZero()) {
      return MtimePrecision.EXACT;
    }
    return GRAINS.stream()
        .map(Duration::ofNanos)
        .filter(grain -> lost.abs().compareTo(grain) < 0)
        .findFirst()
        .map(grain -> new MtimePrecision(grain, false))
        .orElse(MtimePrecision.OF_FAT);
  }

  // From existing files

  private static NameRules namesByEntries(Path directory) {
    boolean ignoresCase = false;
    boolean normalises = false;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : Iterables.limit(entries, MOST_LOOKED_AT)) {
        String name = PathBytes.toText(entry.getFileName());
        ignoresCase |= isAlso(directory, entry, name, switchedCase(name));
        normalises |= isAlso(directory, entry, name, otherForm(name));
      }
    } catch (IOException | DirectoryIteratorException | InvalidPathException e) {
      log.debug("the names in {} tell nothing", directory, e);
    }
    return rules(ignoresCase, normalises);
  }

  private static String switchedCase(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.equals(name) ? name.toLowerCase(Locale.ROOT) : upper;
  }

  private static String otherForm(String name) {
    String decomposed = decomposed(name);
    return decomposed.equals(name) ? Normalizer.normalize(name, Normalizer.Form.NFC) : decomposed;
  }

  /** Whether another name leads to the same file, and is not in the list itself: a hard link. */
  private static boolean isAlso(Path directory, Path entry, String name, String other)
      throws IOException {
    if (other.equals(name)) {
      return false;
    }
    Path otherPath = resolve(directory, other);
    if (!Files.exists(otherPath, NOFOLLOW_LINKS) || !Objects.equals(key(entry), key(otherPath))) {
      return false;
    }
    try (DirectoryStream<Path> same =
        Files.newDirectoryStream(directory, e -> PathBytes.toText(e.getFileName()).equals(other))) {
      return !same.iterator().hasNext();
    }
  }

  private static Object key(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS).fileKey();
  }
}
