package dev.mtb.store.bucket;

import com.google.common.base.Stopwatch;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The listings of a destination's directories. They show no temporary files; abandoned ones are
 * deleted unless the destination is read-only. Thread-safe.
 */
final class DirectoryListings {
  private final String prefix;
  private final Requests requests;
  private final boolean readOnly;
  private final HashBudget hashBudget;
  private final TreeListing tree;

  /** The first list of the root, which is made to see whether the bucket is there. */
  private volatile Optional<TreeListing.Directory> root = Optional.empty();

  DirectoryListings(String prefix, Requests requests, BucketAccess access) {
    this.prefix = prefix;
    this.requests = requests;
    readOnly = access.readOnly();
    hashBudget = new HashBudget(access.connections());
    tree = new TreeListing(requests::list);
  }

  /** What the time that lists take has told. */
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

  /** The root as {@link #listRoot} has found it, which the next {@link #list} finds again. */
  Listing peek() throws IOException {
    return listing(prefix, root.orElseThrow());
  }

  /**
   * Lists a directory.
   *
   * @param key with the slash; empty for a whole bucket
   */
  Listing list(String key) throws IOException {
    if (key.equals(prefix)) {
      return listing(key, takeRoot());
    }
    Stopwatch watch = Stopwatch.createStarted();
    TreeListing.Directory found = tree.list(key);
    hashBudget.learn(watch.elapsed());
    return listing(key, found);
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

  private Listing listing(String key, TreeListing.Directory found) throws IOException {
    Map<Path, ListedEntry> entries = new HashMap<>();
    for (Map.Entry<String, ListedEntry> each : found.names.entrySet()) {
      Optional<Path> name = BucketKeys.pathOf(each.getKey());
      if (name.isPresent() && TemporaryNames.isTemporary(name.get())) {
        deleteIfAbandoned(key + each.getKey(), name.get(), each.getValue());
      } else {
        name.ifPresent(path -> entries.put(path, each.getValue()));
      }
    }
    return Listing.ofGlances(entries, found.self);
  }

  /** Deletes what a run through a mount has left when it was killed. */
  private void deleteIfAbandoned(String key, Path name, ListedEntry entry) throws IOException {
    Instant storedAt = entry.storedAt().orElse(Instant.now());
    if (!readOnly && TemporaryNames.isAbandoned(name, () -> storedAt, Instant.now())) {
      requests.delete(key);
    }
  }
}
