package dev.mtb.store.bucket;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A search for the object at a path that no listing has shown. Thread-safe. */
final class KeyLookup {
  /** Looks at an object. */
  interface Heads {
    Optional<Requests.Head> head(String key) throws IOException;
  }

  /**
   * What was found.
   *
   * @param key of its object
   * @param head its object; empty for a directory that only the keys below it show
   */
  record Found(String key, Optional<Requests.Head> head) {}

  private final Heads heads;
  private final TreeListing.Pages pages;

  KeyLookup(Heads heads, TreeListing.Pages pages) {
    this.heads = heads;
    this.pages = pages;
  }

  /**
   * Looks for a file, a link or a directory.
   *
   * @param key without a slash at its end
   * @param isDirectory whether it is most likely a directory
   */
  Optional<Found> find(String key, boolean isDirectory) throws IOException {
    String directory = key + "/";
    for (String each : isDirectory ? List.of(directory, key) : List.of(key, directory)) {
      Optional<Requests.Head> head = heads.head(each);
      if (head.isPresent()) {
        return Optional.of(new Found(each, head));
      }
    }
    return pages.list(directory, null, null, null).objects().isEmpty()
        ? Optional.empty()
        : Optional.of(new Found(directory, Optional.empty()));
  }
}
