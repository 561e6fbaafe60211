package dev.mtb.store;

import com.google.common.base.Splitter;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.OldVersions;
import dev.mtb.options.S3Location;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The place where a destination keeps old versions, as {@link OldVersions} asks for it, relative to
 * the destination. Immutable.
 *
 * @param directory relative to the destination, normal; may begin with {@code ..}. Empty if old
 *     versions stay beside the new ones
 * @param suffix of their names
 */
public record OldVersionsPlace(Optional<Path> directory, String suffix) {
  private static final String UP = "..";

  /**
   * Finds the place for a destination that is a directory. Symbolic links are resolved, and another
   * name of the destination (a bind mount) is recognised.
   *
   * @param wanted what was asked for
   * @param destination its own directory, absolute, with symbolic links resolved
   * @return empty if old versions are not kept
   * @throws InvalidJobException if old versions could take the place of what is backed up
   */
  public static Optional<OldVersionsPlace> inDirectory(OldVersions wanted, Path destination) {
    if (wanted.directory().isEmpty()) {
      return beside(wanted);
    }
    Path given = wanted.directory().get();
    Path place = real(given, in(given, destination));
    for (Path above = place; above != null; above = above.getParent()) {
      if (isSame(above, destination)) {
        return inside(wanted, above.relativize(place));
      }
    }
    for (Path above = destination; above != null; above = above.getParent()) {
      if (isSame(above, place)) {
        throw holdsDestination(given);
      }
    }
    return Optional.of(
        new OldVersionsPlace(Optional.of(destination.relativize(place)), wanted.suffix()));
  }

  /**
   * Finds the place for a destination in a bucket, by its key alone.
   *
   * @param wanted what was asked for
   * @param destination a bucket and a prefix
   * @return empty if old versions are not kept
   * @throws InvalidJobException if old versions could take the place of what is backed up, or would
   *     be outside of the bucket
   */
  public static Optional<OldVersionsPlace> inBucket(OldVersions wanted, S3Location destination) {
    if (wanted.directory().isEmpty()) {
      return beside(wanted);
    }
    Path given = wanted.directory().get();
    if (given.isAbsolute()) {
      throw new InvalidJobException(
          "OldVersions.directory "
              + given
              + " must be relative to the destination, such as ../old: it lies in the same bucket");
    }
    List<String> prefix = new ArrayList<>();
    for (String name : Splitter.on('/').split(destination.prefix())) {
      if (!name.isEmpty()) {
        prefix.add(name);
      }
    }
    List<String> place = new ArrayList<>(prefix);
    for (Path name : given) {
      if (name.toString().equals(UP)) {
        if (place.isEmpty()) {
          throw new InvalidJobException(
              "old versions cannot be kept in "
                  + given
                  + ", seen from "
                  + destination
                  + ": that is outside of the bucket");
        }
        place.remove(place.size() - 1);
      } else if (!name.toString().isEmpty() && !name.toString().equals(".")) {
        place.add(PathBytes.toText(name));
      }
    }
    int common = 0;
    while (common < Math.min(prefix.size(), place.size())
        && prefix.get(common).equals(place.get(common))) {
      common++;
    }
    Path relative = given.getFileSystem().getPath("");
    for (int i = common; i < prefix.size(); i++) {
      relative = relative.resolve(UP);
    }
    for (String name : place.subList(common, place.size())) {
      relative = PathBytes.resolve(relative, PathBytes.fromText(name));
    }
    if (common == prefix.size()) {
      return inside(wanted, relative);
    }
    if (common == place.size()) {
      throw holdsDestination(given);
    }
    return Optional.of(new OldVersionsPlace(Optional.of(relative), wanted.suffix()));
  }

  private static Optional<OldVersionsPlace> beside(OldVersions wanted) {
    return wanted.areKept()
        ? Optional.of(new OldVersionsPlace(Optional.empty(), wanted.suffix()))
        : Optional.empty();
  }

  /**
   * Checks a place in the destination itself, where only a suffix distinguishes old versions from
   * new ones.
   */
  private static Optional<OldVersionsPlace> inside(OldVersions wanted, Path relative) {
    if (!relative.toString().isEmpty()) {
      return Optional.of(new OldVersionsPlace(Optional.of(relative), wanted.suffix()));
    }
    if (wanted.suffix().isEmpty()) {
      throw new InvalidJobException(
          "old versions cannot be kept in the destination itself (OldVersions.directory "
              + wanted.directory().orElseThrow()
              + "): they would take the place of the backup's own files; give"
              + " OldVersions.suffix, or another"
              + " directory, such as ../old");
    }
    return beside(wanted);
  }

  private static InvalidJobException holdsDestination(Path given) {
    return new InvalidJobException(
        "old versions cannot be kept in a directory that holds the destination (OldVersions.directory "
            + given
            + "): they could take the place of the backup's own files; give another directory,"
            + " such as ../old");
  }

  private static Path in(Path given, Path destination) {
    if (given.getFileSystem() == destination.getFileSystem()) {
      return destination.resolve(given);
    }
    return given.isAbsolute()
        ? destination.getFileSystem().getPath(PathBytes.toText(given))
        : PathBytes.resolve(destination, PathBytes.of(given));
  }

  /** Resolves links in the part of the path that exists. The rest must not become a link later. */
  private static Path real(Path given, Path place) {
    Path existing = place;
    while (existing.getParent() != null && Files.notExists(existing)) {
      if (Files.exists(existing, LinkOption.NOFOLLOW_LINKS)) {
        throw new InvalidJobException(
            "old versions cannot be kept in "
                + given
                + ": the symbolic link "
                + existing
                + " leads to nothing; make the directory first");
      }
      existing = existing.getParent();
    }
    try {
      Path real = existing.toRealPath();
      if (!Files.isDirectory(real)) {
        throw new InvalidJobException(
            "old versions cannot be kept in " + given + ": " + real + " is not a directory");
      }
      int known = existing.getNameCount();
      return known == place.getNameCount()
          ? real
          : real.resolve(place.subpath(known, place.getNameCount())).normalize();
    } catch (IOException e) {
      // The path is most likely on a mount that does not answer. The failure is reported when the
      // destination is opened.
      return place.normalize();
    }
  }

  private static boolean isSame(Path a, Path b) {
    if (a.equals(b)) {
      return true;
    }
    try {
      return Files.isSameFile(a, b);
    } catch (IOException e) {
      // One of them does not exist yet.
      return false;
    }
  }

  /**
   * Whether something that only the destination has belongs to the old versions. So does the
   * directory above the place, since its other entries are most likely places of earlier runs
   * (old/2026-11-24).
   *
   * @param target relative to the destination
   * @param rules which names are the same at the destination
   * @return whether it must not be deleted
   */
  public boolean holds(Path target, NameRules rules) {
    if (directory.isEmpty()) {
      return PathBytes.toText(target).endsWith(suffix);
    }
    String path = rules.fold(target);
    String place = rules.fold(directory.get());
    return (path + "/").startsWith(place + "/") || place.startsWith(path + "/");
  }

  /**
   * Whether something of the source would land where old versions are kept, and they could take its
   * place.
   *
   * @param target relative to the destination
   * @param isDirectory whether it is one; above the place there must be directories
   * @param rules which names are one at the destination
   * @return whether it must not be backed up there
   */
  public boolean meets(Path target, boolean isDirectory, NameRules rules) {
    if (directory.isEmpty()) {
      return false;
    }
    String path = rules.fold(target);
    String place = rules.fold(directory.get());
    return (path + "/").startsWith(place + "/") || (!isDirectory && place.startsWith(path + "/"));
  }

  /**
   * Where the old version of a file goes, if that is in the destination, where a file of the source
   * may land, too.
   *
   * @param target relative to the destination
   * @return relative to the destination, too; empty if old versions are kept outside
   */
  public Optional<Path> inDestination(Path target) {
    Path old = target.resolveSibling(rename(target.getFileName()));
    if (directory.isEmpty()) {
      return Optional.of(old);
    }
    return directory.get().startsWith(UP)
        ? Optional.empty()
        : Optional.of(
            PathBytes.resolve(
                PathBytes.resolve(
                    target.getFileSystem().getPath(""), PathBytes.of(directory.get())),
                PathBytes.of(old)));
  }

  /**
   * The name of an old version.
   *
   * @param name a single name
   * @return with the suffix
   */
  public Path rename(Path name) {
    byte[] old = PathBytes.of(name);
    byte[] end = suffix.getBytes(StandardCharsets.UTF_8);
    byte[] renamed = new byte[old.length + end.length];
    System.arraycopy(old, 0, renamed, 0, old.length);
    System.arraycopy(end, 0, renamed, old.length, end.length);
    return PathBytes.resolve(name.getFileSystem().getPath(""), renamed);
  }
}
