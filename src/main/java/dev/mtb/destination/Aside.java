package dev.mtb.destination;

import dev.mtb.InvalidJobException;
import dev.mtb.OldVersions;
import dev.mtb.PathBytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a destination puts what it would overwrite or delete: the place that {@link OldVersions}
 * asks for, seen from the destination. Immutable.
 *
 * @param directory relative to the destination, normal; may begin with {@code ..}. Empty if old
 *     versions stay beside the new ones
 * @param suffix of their names
 */
public record Aside(Optional<Path> directory, String suffix) {
  /**
   * Finds the place.
   *
   * @param wanted what was asked for
   * @param destination its own directory, absolute; empty for a bucket
   * @return empty if old versions are not kept
   * @throws InvalidJobException if old and new versions would be in one place
   */
  public static Optional<Aside> of(OldVersions wanted, Optional<Path> destination) {
    if (!wanted.areKept()) {
      return Optional.empty();
    }
    Optional<Path> directory = wanted.directory().map(path -> relative(path, destination));
    boolean isSamePlace = directory.isPresent() && directory.get().toString().isEmpty();
    if (isSamePlace && wanted.suffix().isEmpty()) {
      throw new InvalidJobException(
          "old versions cannot be kept in the destination itself (--backup-dir "
              + wanted.directory().get()
              + "): give a --suffix, or another directory");
    }
    return Optional.of(new Aside(isSamePlace ? Optional.empty() : directory, wanted.suffix()));
  }

  private static Path relative(Path directory, Optional<Path> destination) {
    if (!directory.isAbsolute()) {
      return directory.normalize();
    }
    if (destination.isEmpty()) {
      throw new InvalidJobException(
          "--backup-dir "
              + directory
              + " must be relative to the destination, such as ../old: it lies in the same bucket");
    }
    return destination.get().relativize(directory.normalize());
  }

  /**
   * Whether something that only the destination has is there for old versions: a directory above
   * the place, too, since what is beside it is most likely from earlier runs (old/2026-11-24).
   *
   * @param landing relative to the destination
   * @return whether it is left alone
   */
  public boolean holds(Path landing) {
    String path = PathBytes.toText(landing);
    if (directory.isEmpty()) {
      return path.endsWith(suffix);
    }
    String place = PathBytes.toText(directory.get());
    return (path + "/").startsWith(place + "/") || place.startsWith(path + "/");
  }

  /**
   * What a file is called there.
   *
   * @param name a single name
   * @return with the suffix
   */
  Path rename(Path name) {
    byte[] old = PathBytes.of(name);
    byte[] end = suffix.getBytes(StandardCharsets.UTF_8);
    byte[] renamed = new byte[old.length + end.length];
    System.arraycopy(old, 0, renamed, 0, old.length);
    System.arraycopy(end, 0, renamed, old.length, end.length);
    return PathBytes.resolve(name.getFileSystem().getPath(""), renamed);
  }
}
