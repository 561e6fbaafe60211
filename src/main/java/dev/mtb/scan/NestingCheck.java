package dev.mtb.scan;

import dev.mtb.model.InvalidJobException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The check that a job does not write to what it reads: a source, the destination and the place of
 * old versions must not contain each other. Not thread-safe.
 */
final class NestingCheck {
  private final Path base;
  private final List<Path> destinations;
  private final Optional<Path> oldVersions;
  private Path lastParent;
  private Path lastRealParent;

  /**
   * The check of a job.
   *
   * @param destinations all names of the destination
   * @param oldVersions with symbolic links resolved; empty if that is no directory
   */
  NestingCheck(Path base, List<Path> destinations, Optional<Path> oldVersions) {
    this.base = base;
    this.destinations = destinations;
    this.oldVersions = oldVersions;
  }

  /** Checks a source, by its name and with the links on the way to it resolved. */
  void checkSource(Path source) {
    if ((destinations.isEmpty() && oldVersions.isEmpty()) || !source.isAbsolute()) {
      return;
    }
    checkByName(source);
    Path real = source.equals(base) ? EntryReader.real(source) : withRealParent(source);
    if (!real.equals(source)) {
      checkByName(real);
    }
  }

  /**
   * Remembers the last parent, since entries that follow each other in a list often have the same
   * one.
   */
  private Path withRealParent(Path source) {
    Path parent = source.getParent();
    if (parent == null) {
      return source;
    }
    if (!parent.equals(lastParent)) {
      lastParent = parent;
      lastRealParent = EntryReader.real(parent);
    }
    return lastRealParent.resolve(source.getFileName());
  }

  private void checkByName(Path source) {
    for (Path destination : destinations) {
      if (destination.getFileSystem() != source.getFileSystem()) {
        continue;
      }
      if (destination.startsWith(source)) {
        throw new InvalidJobException(
            "the destination "
                + destination
                + " lies inside the source "
                + source
                + ": the backup would back itself up; list what is beside it instead");
      }
      if (source.startsWith(destination)) {
        throw new InvalidJobException(
            "the source " + source + " lies inside the destination " + destination);
      }
    }
    if (oldVersions.isEmpty() || oldVersions.get().getFileSystem() != source.getFileSystem()) {
      return;
    }
    Path place = oldVersions.get();
    if (place.startsWith(source) || source.startsWith(place)) {
      throw new InvalidJobException(
          "old versions cannot be kept in "
              + place
              + ": it "
              + (place.equals(source) ? "is" : place.startsWith(source) ? "lies inside" : "holds")
              + " the source "
              + source
              + ", whose files they could overwrite; give another directory");
    }
  }

  /** Checks a list: an old version must not replace it. */
  void checkList(Path file) {
    Path absolute = file.toAbsolutePath().normalize();
    if (oldVersions.isPresent()
        && oldVersions.get().getFileSystem() == absolute.getFileSystem()
        && (absolute.startsWith(oldVersions.get())
            || EntryReader.real(absolute).startsWith(oldVersions.get()))) {
      throw new InvalidJobException(
          "old versions cannot be kept in "
              + oldVersions.get()
              + ": the list "
              + file
              + " lies there, and they could overwrite it; give another directory");
    }
  }
}
