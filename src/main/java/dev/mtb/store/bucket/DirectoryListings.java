package dev.mtb.store.bucket;

import com.google.common.base.Stopwatch;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The listings of a destination's directories. Thread-safe. */
final class DirectoryListings {
  private final String prefix;
  private final HashBudget hashBudget;
  private final TreeListing tree;

  /** The first listing of the root, which is made to check whether the bucket exists. */
  private volatile Optional<TreeListing.Directory> root = Optional.empty();

  DirectoryListings(String prefix, Requests requests) {
    this.prefix = prefix;
    hashBudget = new HashBudget(requests.requestLimit());
    tree = new TreeListing(requests::list);
  }

  /** The size up to which hashing is cheap, as learned from the time of lists. */
  HashBudget hashBudget() {
    return hashBudget;
  }

  /** Lists the root, for {@link #peek} and for the first {@link #list} of it. */
  TreeListing.Directory listRoot() throws IOException {
    TreeListing.Directory found = tree.list(prefix);
    root = Optional.of(found);
    return found;
  }

  /** Whether {@link #listRoot} has shown that there is no root; false once it is forgotten. */
  boolean isRootMissing() {
    return root.filter(directory -> !directory.exists()).isPresent();
  }

  /** Drops the first list of the root. To be called before a change. */
  void forgetRoot() {
    root = Optional.empty();
  }

  /**
   * The listing of the root that {@link #listRoot} made. The next {@link #list} returns it, too.
   */
  Listing peek() {
    return listing(root.orElseThrow());
  }

  /**
   * Lists a directory.
   *
   * @param key with the slash; empty for a whole bucket
   */
  Listing list(String key) throws IOException {
    if (key.equals(prefix)) {
      return listing(takeRoot());
    }
    Stopwatch watch = Stopwatch.createStarted();
    TreeListing.Directory found = tree.list(key);
    hashBudget.learn(watch.elapsed());
    return listing(found);
  }

  private synchronized TreeListing.Directory takeRoot() throws IOException {
    if (root.isEmpty()) {
      return tree.list(prefix);
    }
    TreeListing.Directory found = root.get();
    root = Optional.empty();
    if (prefix.isEmpty()) {
      // A bucket has no object of its own; all that is in it belongs to the destination.
      found.self = Optional.of(ListedEntry.directory(Optional.empty()));
    }
    return found;
  }

  private static Listing listing(TreeListing.Directory found) {
    Map<Path, ListedEntry> entries = new HashMap<>();
    found.names.forEach(
        (name, entry) -> BucketKeys.pathOf(name).ifPresent(path -> entries.put(path, entry)));
    return Listing.ofEntries(entries, found.self);
  }
}
