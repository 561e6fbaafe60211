package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Stores objects, and notes in the catalog what it has stored. Thread-safe. */
final class ObjectWriter {
  private final Requests requests;
  private final WriteConditions conditions;
  private final Optional<Catalog> catalog;

  ObjectWriter(Requests requests, WriteConditions conditions, Optional<Catalog> catalog) {
    this.requests = requests;
    this.conditions = conditions;
    this.catalog = catalog;
  }

  /**
   * A file or link that is to be written.
   *
   * @param existing what the decision to write it was made on; empty if nothing was there
   */
  record Target(String key, Optional<Metadata> existing) {}

  /**
   * Stores a file or link with one request.
   *
   * @throws dev.mtb.store.RefusedException if another program has written it meanwhile
   */
  void put(Target target, Metadata source, Requests.Upload upload) throws IOException {
    String key = target.key();
    StoredVersion stored =
        conditions.send(target, false, condition -> requests.put(key, source, upload, condition));
    remember(key, source, stored);
  }

  /**
   * Stores a file of the parts of an upload.
   *
   * @throws dev.mtb.store.RefusedException if another program has written it meanwhile
   */
  void complete(Target target, Metadata source, String uploadId, List<UploadedPart> parts)
      throws IOException {
    String key = target.key();
    StoredVersion stored =
        conditions.send(
            target, true, condition -> uploads().complete(key, uploadId, parts, condition));
    remember(key, source, stored);
  }

  /** Stores a directory: it has no content that could be lost, and needs no condition. */
  void putDirectory(String key, Metadata source) throws IOException {
    remember(key, source, requests.put(key, source, Requests.Upload.of(new byte[0])));
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
