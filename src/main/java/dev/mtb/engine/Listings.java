package dev.mtb.engine;

import dev.mtb.files.Folders;
import dev.mtb.scan.DirectoryScan;
import dev.mtb.store.Destination;
import dev.mtb.store.Listing;
import java.io.IOException;
import java.util.Optional;

/**
 * The listings of the destination's directories: lists a directory where that costs less than
 * asking for each file. Thread-safe.
 */
final class Listings {
  private final Folders folders;
  private final Destination destination;
  private final boolean needsNames;

  /**
   * Lists for a run.
   *
   * @param needsNames whether all names in a directory matter, also those that the source lacks
   */
  Listings(Sides sides, boolean needsNames) {
    this.folders = sides.source();
    this.destination = sides.destination();
    this.needsNames = needsNames;
  }

  /** A listing for a directory that is walked. */
  Listing ofWhole(DirectoryNode node) throws IOException {
    Optional<Listing> listed = node.takeListing();
    if (listed.isPresent()) {
      return listed.get();
    }
    return needsNames ? destination.listNames(node.target) : destination.list(node.target);
  }

  /**
   * A listing for some files in a directory. Where listing costs requests for everything in a
   * directory, it is worth it only if most of the directory is wanted. How much the destination
   * holds cannot be known before; the source's own directory tells about it for nothing.
   */
  Listing ofSome(DirectoryNode parent, int wanted) throws IOException {
    Optional<Listing> listed = parent.takeListing();
    if (listed.isPresent()) {
      return listed.get();
    }
    if (destination.features().listingBringsMetadata()) {
      return holdsMoreThan(parent, destination.features().listedForOne() * wanted)
          ? Listing.ASK
          : destination.list(parent.target);
    }
    return parent.sweep() ? destination.list(parent.target) : Listing.ASK;
  }

  private boolean holdsMoreThan(DirectoryNode directory, int count) {
    try (DirectoryScan scan = DirectoryScan.open(folders, directory.source, directory.start)) {
      int seen = 0;
      while (seen <= count && scan.next().isPresent()) {
        seen++;
      }
      return seen > count;
    } catch (IOException e) {
      // A directory may be entered and yet not be listed; then each file is asked for.
      return true;
    }
  }
}
