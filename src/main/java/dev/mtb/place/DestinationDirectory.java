package dev.mtb.place;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.store.DestinationException;
import dev.mtb.store.OldVersionsPlace;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Makes a destination's directory usable, or fails with the reason. */
final class DestinationDirectory {
  private DestinationDirectory() {}

  /**
   * Makes the directory if it is missing. On a mount any part of its path may be missing. Elsewhere
   * only its last name may be missing: if more is missing, the user has probably mistyped the name,
   * or a disk is not mounted. Returns whether this process made it.
   */
  static boolean makeUsable(Path directory, Path below, boolean readOnly)
      throws DestinationException {
    Deque<Path> missing = new ArrayDeque<>();
    Path existing = directory;
    while (existing != null && !exists(existing)) {
      missing.push(existing);
      existing = existing.getParent();
    }
    if (existing == null || !Files.isDirectory(existing)) {
      throw new DestinationException(
          "the destination " + directory + " is not a directory: " + existing + " is a file");
    }
    if (below == null && missing.size() > 1) {
      throw new DestinationException(
          "the destination "
              + directory
              + " does not exist, nor does "
              + directory.getParent()
              + "; make it first (mkdir -p), if it is the right place");
    }
    if (readOnly) {
      return false;
    }
    boolean isMade = false;
    for (Path path : missing) {
      try {
        Files.createDirectory(path);
        isMade = true;
      } catch (IOException e) {
        if (e instanceof FileAlreadyExistsException && Files.isDirectory(path)) {
          // Another shard has made it meanwhile, and may have put something into it.
          isMade = false;
          continue;
        }
        throw new DestinationException(
            "the destination " + path + " cannot be made: " + ErrorText.of(e), e);
      }
    }
    return isMade;
  }

  private static boolean exists(Path path) throws DestinationException {
    try {
      Metadata.following(path);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      if (path.getParent() != null && Files.isRegularFile(path.getParent())) {
        return false;
      }
      throw new DestinationException(
          "the destination " + path + " cannot be used: " + ErrorText.of(e), e);
    }
  }

  /** Finds the place for old versions. They are moved, so it must be on the same file system. */
  static Optional<OldVersionsPlace> oldVersions(BackupOptions options, Path real)
      throws DestinationException {
    Optional<OldVersionsPlace> found = OldVersionsPlace.inDirectory(options.oldVersions(), real);
    if (found.isEmpty() || found.get().directory().isEmpty()) {
      return found;
    }
    Path place = real.resolve(found.get().directory().get()).normalize();
    Path existing = place;
    while (existing.getParent() != null && !exists(existing)) {
      existing = existing.getParent();
    }
    try {
      Path above = exists(real) ? real : real.getParent();
      if (Metadata.following(existing).device() != Metadata.following(above).device()) {
        throw new DestinationException(
            "old versions cannot be kept in "
                + place
                + ": it is on another file system than the destination "
                + real);
      }
    } catch (IOException e) {
      throw e instanceof DestinationException known
          ? known
          : new DestinationException(
              "old versions cannot be kept in " + place + ": " + ErrorText.of(e), e);
    }
    return found;
  }
}
