package dev.mtb.engine;

import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import dev.mtb.store.TreeScan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The listings of the destination's directories: lists a directory where that costs less than to
 * ask for each file, and deletes the temporary files of killed runs. Thread-safe.
 */
final class Listings {
  private final Store destination;
  private final boolean needsNames;
  private final boolean tidies;

  /**
   * Lists for a run.
   *
   * @param needsNames whether all names in a directory matter, also those that the source lacks
   */
  Listings(RunContext context, Store destination, boolean needsNames) {
    this.destination = destination;
    this.needsNames = needsNames;
    tidies = context.purpose() == Purpose.BACKUP;
  }

  Store destination() {
    return destination;
  }

  /** The cheapest listing. It may tell nothing. */
  Listing of(Path directory) throws IOException {
    return tidied(directory, destination.list(directory));
  }

  /** A listing with all names, whatever that costs. */
  Map<Path, Optional<ListedEntry>> namesOf(Path directory) throws IOException {
    return tidied(directory, destination.listNames(directory)).names().orElseThrow();
  }

  private Listing tidied(Path directory, Listing listing) throws IOException {
    if (tidies && !listing.stale().isEmpty()) {
      destination.deleteStale(directory, listing);
    }
    return listing;
  }

  /** A listing for a directory that is walked. */
  Listing ofWhole(DirectoryNode node) throws IOException {
    Optional<Listing> listed = node.takeListing();
    if (listed.isPresent()) {
      return listed.get();
    }
    return needsNames ? tidied(node.target, destination.listNames(node.target)) : of(node.target);
  }

  /**
   * A listing for some files of a directory. Where a listing costs a request for each entry, it is
   * useful only if most of the entries are wanted. How many entries the destination has is not
   * known in advance, but the directory of the source shows the number approximately, and costs
   * nothing.
   */
  Listing ofSome(DirectoryNode parent, int wanted) throws IOException {
    Optional<Listing> listed = parent.takeListing();
    if (listed.isPresent()) {
      return listed.get();
    }
    if (destination.features().listingBringsMetadata()) {
      return holdsMoreThan(parent, destination.features().listedForOne() * wanted)
          ? Listing.ASK
          : of(parent.target);
    }
    return parent.claimListing() ? of(parent.target) : Listing.ASK;
  }

  private static boolean holdsMoreThan(DirectoryNode directory, int count) {
    try (TreeScan scan = directory.entry.scan()) {
      int seen = 0;
      while (seen <= count && scan.next().isPresent()) {
        seen++;
      }
      return seen > count;
    } catch (IOException e) {
      // A user may be allowed to enter a directory and not to list it. Then each file is asked for.
      return true;
    }
  }
}
