package dev.mtb.store.bucket;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Content;
import dev.mtb.store.ContentNeededException;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ForeignNameException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.RefusedException;
import dev.mtb.store.S3fsNames;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The changes of a destination's objects. Old versions are kept before an object is replaced or
 * deleted, if there is a place for them. Thread-safe.
 */
final class DestinationChanges {
  private final BucketKeys keys;
  private final Requests requests;
  private final ObjectWriter writer;
  private final DirectoryListings listings;
  private final ObjectLooks looks;
  private final Optional<OldVersions> oldVersions;

  DestinationChanges(
      BucketKeys keys,
      Requests requests,
      ObjectWriter writer,
      DirectoryListings listings,
      ObjectLooks looks,
      Optional<OldVersions> oldVersions) {
    this.keys = keys;
    this.requests = requests;
    this.writer = writer;
    this.listings = listings;
    this.looks = looks;
    this.oldVersions = oldVersions;
  }

  /** The key of what is about to be changed. */
  private String key(Path path) throws IOException {
    listings.forgetRoot();
    return keys.checked(path);
  }

  /** A file or link that is about to be written. */
  private ObjectWriter.Target target(Path file, Optional<Metadata> existing) throws IOException {
    String key = key(file);
    if (existing.isPresent() && existing.get().kind() == Kind.DIRECTORY) {
      // S3 can keep an object and a directory of the same name, and s3fs cannot.
      throw new RefusedException("a directory stands in its place");
    }
    keepOld(key, existing);
    return new ObjectWriter.Target(key, existing);
  }

  private void keepOld(String key, Optional<Metadata> existing) throws IOException {
    if (oldVersions.isPresent() && existing.isPresent()) {
      oldVersions.get().keep(key, existing.map(Metadata::size));
    }
  }

  FileWrite write(Path file, Metadata source, Optional<Metadata> existing) throws IOException {
    return new PutStream(writer, target(file, existing), source);
  }

  FileWrite upload(Path file, Metadata source, Optional<Metadata> existing, Content content)
      throws IOException {
    ObjectWriter.Target target = target(file, existing);
    return source.size() < MultipartUploads.FROM
        ? new PutFile(writer, target, content, source.size())
        : new PutParts(writer.large(), target, source, content);
  }

  void writeLink(Path link, Path target, Metadata source, Optional<Metadata> existing)
      throws IOException {
    byte[] bytes = PathBytes.of(target);
    S3fsNames.checkTarget(bytes);
    writer.put(target(link, existing), source, Requests.Upload.of(bytes));
  }

  void createDirectory(Path directory, Metadata source, Optional<Metadata> existing)
      throws IOException {
    String key = key(directory);
    if (existing.isPresent() && existing.get().kind() != Kind.DIRECTORY) {
      keepOld(key, existing);
      requests.delete(key);
    }
    writer.putDirectory(key + "/", source);
  }

  void setMetadata(Path path, Metadata source) throws IOException {
    if (source.kind() == Kind.DIRECTORY) {
      writer.putDirectory(keys.ofDirectory(path), source);
    } else {
      String key = keys.of(path);
      try {
        // Only the version that was compared gets this metadata.
        writer.replaceMetadata(key, source, looks.takeTag(key));
      } catch (S3Errors.UnknownRequestException e) {
        // Ceph copies no object that it has encrypted.
        throw new ContentNeededException("the server does not copy this object", e);
      }
    }
  }

  Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    Map<Path, IOException> failures = new HashMap<>();
    Map<String, Path> paths = new LinkedHashMap<>();
    for (Map.Entry<Path, Kind> each : toDelete.entrySet()) {
      try {
        paths.put(keyToDelete(each.getKey(), each.getValue()), each.getKey());
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        failures.put(each.getKey(), e);
      }
    }
    if (!paths.isEmpty()) {
      for (Map.Entry<String, IOException> failed : requests.delete(paths.keySet()).entrySet()) {
        if (failed.getValue() instanceof DestinationException e) {
          throw e;
        }
        failures.put(paths.get(failed.getKey()), failed.getValue());
      }
    }
    return failures;
  }

  /** The key to delete. */
  private String keyToDelete(Path path, Kind kind) throws IOException {
    String key;
    try {
      key = key(path);
    } catch (RefusedException e) {
      throw new ForeignNameException(e.getMessage());
    }
    if (!BucketKeys.isPlain(key)) {
      throw new ForeignNameException(
          "a program that takes the dots in its name for a path would delete another object");
    }
    if (kind == Kind.DIRECTORY) {
      return key + "/";
    }
    if (oldVersions.isPresent() && !TemporaryNames.isTemporary(path.getFileName())) {
      oldVersions.get().keep(key, Optional.empty());
    }
    return key;
  }

  void deleteStale(Path directory, Listing listing) throws IOException {
    for (Map.Entry<Path, Optional<ListedEntry>> each : listing.stale().entrySet()) {
      Instant now = Instant.now();
      Instant storedAt = each.getValue().flatMap(ListedEntry::storedAt).orElse(now);
      if (TemporaryNames.isAbandoned(each.getKey(), () -> storedAt, now)) {
        requests.delete(keys.of(directory.resolve(each.getKey())));
      }
    }
  }

  void rename(Path from, Path to) throws IOException {
    String key = key(to);
    String temporary = key(from);
    if (!requests.copies().copy(temporary, key, Optional.empty())) {
      throw new NoSuchFileException(temporary);
    }
    writer.forget(temporary);
    requests.delete(temporary);
  }

  /** Aborts the uploads that no run will continue. */
  void end() {
    writer.large().endExpired();
  }

  void moveToOldVersions(Path directory) throws IOException {
    String key = key(directory);
    oldVersions.orElseThrow().moveDirectory(key);
  }
}
