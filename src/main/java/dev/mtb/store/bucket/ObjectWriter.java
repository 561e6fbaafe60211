package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Stores objects, and notes in the catalog what it has stored. Thread-safe. */
final class ObjectWriter {
  private final Requests requests;
  private final Optional<Catalog> catalog;

  ObjectWriter(Requests requests, Optional<Catalog> catalog) {
    this.requests = requests;
    this.catalog = catalog;
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

  /** For uploads in parts; call {@link #remember} once one is complete. */
  MultipartUploads uploads() {
    return requests.uploads();
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
