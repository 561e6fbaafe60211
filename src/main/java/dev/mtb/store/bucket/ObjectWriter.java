package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ContentTag;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Stores objects, and notes in the catalog what it has stored. Thread-safe. */
final class ObjectWriter {
  private final Requests requests;
  private final Optional<Catalog> catalog;
  private final LargeUploads large;

  ObjectWriter(Requests requests, Optional<Catalog> catalog, BucketAccess access) {
    this.requests = requests;
    this.catalog = catalog;
    large = new LargeUploads(requests, this, catalog, access);
  }

  /** Stores an object with one request. */
  void put(String key, Metadata source, Requests.Upload upload) throws IOException {
    remember(key, source, requests.put(key, source, upload));
  }

  /** Stores a directory. */
  void putDirectory(String key, Metadata source) throws IOException {
    put(key, source, Requests.Upload.of(new byte[0]));
  }

  /** Stores a directory that has no source. */
  void makeDirectory(String key, int mode) throws IOException {
    int none = Metadata.UNKNOWN;
    putDirectory(key, new Metadata(Kind.DIRECTORY, 0, Instant.now(), mode, none, none, none, none));
  }

  /** For uploads in parts. */
  LargeUploads large() {
    return large;
  }

  /**
   * Gives an object other metadata.
   *
   * @param version that it must be; empty for any
   */
  void replaceMetadata(String key, Metadata source, Optional<String> version) throws IOException {
    StoredVersion stored = requests.copies().replaceMetadata(key, source, version);
    remember(key, source, stored);
    if (catalog.isPresent() && source.size() >= MultipartUploads.FROM) {
      // A copy as a whole has another tag than parts have. What is in it is the same.
      Optional<PartDigests.OfObject> parts =
          catalog
              .get()
              .parts(key)
              .filter(old -> version.flatMap(ContentTag::parse).equals(Optional.of(old.tag())));
      if (parts.isPresent() && stored.tag().isPresent()) {
        catalog.get().rememberParts(key, parts.get().withTag(stored.tag().get()));
      }
    }
  }

  /** Notes for the next run what this run has stored. */
  void remember(String key, Metadata source, StoredVersion stored) {
    boolean isDirectory = source.kind() == Kind.DIRECTORY;
    catalog.ifPresent(
        c ->
            c.remember(
                key,
                new ListedEntry(isDirectory, source.size(), stored.tag(), stored.at()),
                source,
                stored.took()));
  }

  /** Drops what the catalog knows of an object. */
  void forget(String key) {
    catalog.ifPresent(c -> c.forget(key));
  }
}
