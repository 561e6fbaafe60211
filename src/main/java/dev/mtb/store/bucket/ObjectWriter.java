package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ContentTag;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Stores objects, and notes in the catalog what it has stored. Thread-safe. */
final class ObjectWriter {
  /** Far from the mtime of any file that is marked with {@link StoredMetadata#EARLIEST}. */
  private static final Duration DAY = Duration.ofDays(1);

  private final Requests requests;
  private final WriteConditions conditions;
  private final Optional<Catalog> catalog;
  private final LargeUploads large;

  ObjectWriter(
      Requests requests,
      WriteConditions conditions,
      Optional<Catalog> catalog,
      BucketAccess access) {
    this.requests = requests;
    this.conditions = conditions;
    this.catalog = catalog;
    large = new LargeUploads(requests, this, catalog, access);
  }

  /**
   * A file or link that is to be written.
   *
   * @param existing the version that the decision to write was based on; empty if nothing was there
   */
  record Target(String key, Optional<Metadata> existing) {}

  /**
   * Stores a file or link with one request.
   *
   * @throws dev.mtb.store.RefusedException if another program has written it meanwhile
   */
  void put(Target target, Metadata source, Requests.Upload upload) throws IOException {
    String key = target.key();
    StoredVersion stored;
    try {
      stored =
          conditions.send(target, false, condition -> requests.put(key, source, upload, condition));
    } catch (WrongContentException e) {
      // It has the size and the time of the source: the next run would take it for unchanged.
      try {
        distrust(key, source);
      } catch (IOException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
    remember(key, source, stored);
  }

  /** Makes sure that the next run stores an object again, whatever becomes of this one. */
  void distrust(String key, Metadata source) throws IOException {
    forget(key);
    Instant wrong = StoredMetadata.EARLIEST;
    if (source.mtime().isBefore(wrong.plus(DAY))) {
      wrong = wrong.plus(DAY).plus(DAY);
    }
    Metadata marked =
        new Metadata(
            source.kind(),
            source.size(),
            wrong,
            source.mode(),
            source.uid(),
            source.gid(),
            source.device(),
            source.inode());
    StoredVersion unused =
        requests.copies().replaceMetadata(key, marked, /* ifMatch= */ Optional.empty());
  }

  /**
   * Makes a file of the parts of an upload; call {@link #remember} then.
   *
   * @throws dev.mtb.store.RefusedException if another program has written it meanwhile
   */
  StoredVersion complete(Target target, String uploadId, List<UploadedPart> parts)
      throws IOException {
    return conditions.send(
        target,
        true,
        condition -> large.requests().complete(target.key(), uploadId, parts, condition));
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

  /** The uploads in parts. */
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
      // The copy of a whole object has another tag than the uploaded parts, and the same content.
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
