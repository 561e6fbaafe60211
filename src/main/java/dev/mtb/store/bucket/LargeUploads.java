package dev.mtb.store.bucket;

import com.google.common.collect.ImmutableSortedMap;
import com.google.common.hash.Hashing;
import dev.mtb.model.Metadata;
import dev.mtb.s3.ListedPart;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The uploads of large files. An unfinished upload of an earlier run is continued, and parts that
 * are the same in the replaced object are copied by the server. Both need the catalog. Thread-safe.
 */
final class LargeUploads {
  private static final Logger log = LoggerFactory.getLogger(LargeUploads.class);

  private final Requests requests;
  private final MultipartUploads uploads;
  private final ObjectWriter writer;
  private final Optional<Catalog> catalog;
  private final BucketAccess access;

  /**
   * Makes one.
   *
   * @param writer notes what is stored
   */
  LargeUploads(
      Requests requests, ObjectWriter writer, Optional<Catalog> catalog, BucketAccess access) {
    this.requests = requests;
    uploads = requests.uploads();
    this.writer = writer;
    this.catalog = catalog;
    this.access = access;
  }

  MultipartUploads requests() {
    return uploads;
  }

  /**
   * An upload that parts are sent to.
   *
   * @param reuse what need not be sent
   */
  record Ongoing(String id, PartReuse reuse) {}

  /** Begins an upload, or continues an unfinished one of the same version of the file. */
  Ongoing begin(ObjectWriter.Target target, Metadata source) throws IOException {
    String key = target.key();
    Optional<PartDigests.OfObject> old = old(key, source, target.existing());
    Map<String, String> headers = uploads.headers(key, source);
    if (!areKept(source)) {
      return ongoing(key, uploads.startAnew(key, headers, List.of()), Map.of(), old);
    }
    long work = work(source, headers);
    Instant now = Instant.now();
    Optional<UploadNote> note = catalog.get().upload(key);
    if (note.isPresent() && note.get().work() == work) {
      Optional<Map<Integer, ListedPart>> sent = uploads.resume(note.get());
      if (sent.isPresent()) {
        log.info(
            "an unfinished upload of {} is continued; it has {} parts", key, sent.get().size());
        catalog.get().note(note.get().usedAt(now));
        return ongoing(key, note.get().id(), sent.get(), old);
      }
    }
    String id = uploads.startAnew(key, headers, note.map(UploadNote::id).stream().toList());
    catalog.get().note(new UploadNote(key, id, work, headers.get(Requests.CTIME), now, now));
    return ongoing(key, id, Map.of(), old);
  }

  /** Begins an upload to which everything is sent. */
  Ongoing beginWhole(String key, Metadata source) throws IOException {
    String id = uploads.startAnew(key, uploads.headers(key, source), List.of());
    return ongoing(key, id, Map.of(), Optional.empty());
  }

  private Ongoing ongoing(
      String key, String id, Map<Integer, ListedPart> sent, Optional<PartDigests.OfObject> old) {
    return new Ongoing(id, new PartReuse(requests.rangeCopies(), key, id, sent, old));
  }

  /** Whether an upload is kept for the next run if this run is interrupted. */
  private boolean areKept(Metadata source) {
    return catalog.isPresent() && source.ctime().isPresent() && !access.keepUploads().isZero();
  }

  /** A hash that stands for the version of a file and the headers of its object. */
  private long work(Metadata source, Map<String, String> headers) {
    Map<String, String> lasting = new HashMap<>(headers);
    lasting.remove(Requests.CTIME);
    return Hashing.murmur3_128()
        .newHasher()
        .putLong(catalog.orElseThrow().version(source))
        .putString(ImmutableSortedMap.copyOf(lasting).toString(), StandardCharsets.UTF_8)
        .hash()
        .asLong();
  }

  /** The parts of the object that is there, if they can be used for a file. */
  private Optional<PartDigests.OfObject> old(
      String key, Metadata source, Optional<Metadata> existing) {
    boolean isLarge = existing.isPresent() && existing.get().size() >= MultipartUploads.FROM;
    if (!isLarge || !access.reusesParts() || requests.rangeCopies().areRefused()) {
      return Optional.empty();
    }
    Optional<PartDigests.OfObject> old = catalog.flatMap(c -> c.parts(key));
    if (old.isEmpty() || !old.get().hasSize(existing.get().size())) {
      log.info("{} is sent as a whole: MTB does not know the parts of what is there", key);
      return Optional.empty();
    }
    if (!old.get().parts().hasGridOf(new PartDigests(source.size()))) {
      log.info("{} is sent as a whole: its parts have another size now", key);
      return Optional.empty();
    }
    return old;
  }

  StoredVersion complete(ObjectWriter.Target target, String uploadId, List<UploadedPart> parts)
      throws IOException {
    StoredVersion stored = writer.complete(target, uploadId, parts);
    catalog.ifPresent(c -> c.dropUpload(target.key()));
    return stored;
  }

  /** Notes what is stored, and the MD5s of its parts if its tag is made of them. */
  void remember(String key, Metadata source, StoredVersion stored, PartDigests parts) {
    writer.remember(key, source, stored);
    if (catalog.isEmpty()) {
      return;
    }
    if (stored.tag().equals(Optional.of(parts.tag()))) {
      catalog.get().rememberParts(key, new PartDigests.OfObject(parts, parts.tag()));
    } else {
      catalog.get().forgetParts(key);
      log.info("{} will be sent as a whole when it changes: its ETag is not made of MD5s", key);
    }
  }

  /** Makes sure that the next run stores an object again, and copies no more parts in this one. */
  void distrust(String key, Metadata source) throws IOException {
    requests.rangeCopies().refuse("an object that was made of such parts has another ETag");
    writer.distrust(key, source);
  }

  /**
   * Ends an upload that is not complete: keeps it if the next run can continue it, and aborts it
   * otherwise.
   *
   * @param isInterrupted whether the only reason is the end of the run
   */
  void end(String key, String uploadId, boolean isInterrupted) throws IOException {
    Optional<String> noted = catalog.flatMap(c -> c.upload(key)).map(UploadNote::id);
    boolean isNoted = noted.equals(Optional.of(uploadId));
    if (isNoted && isInterrupted) {
      log.info("the upload of {} is kept for the next run", key);
      return;
    }
    uploads.abort(key, uploadId);
    if (isNoted) {
      catalog.get().dropUpload(key);
    }
  }

  /** Whether the next run can continue the upload after this failure. */
  static boolean isInterruption(Throwable failure) {
    return failure instanceof DestinationException
        || failure instanceof InterruptedIOException
        || (failure instanceof IOException e && S3Errors.isTransient(e));
  }

  /** Aborts uploads that no run has continued for too long. */
  void endExpired() {
    Instant limit = Instant.now().minus(access.keepUploads());
    for (UploadNote note : catalog.map(Catalog::uploads).orElse(List.of())) {
      if (note.used().isAfter(limit)) {
        continue;
      }
      try {
        uploads.abort(note.key(), note.id());
        catalog.get().dropUpload(note.key());
        log.info("an unfinished upload of {} was aborted; no run has continued it", note.key());
      } catch (DestinationException e) {
        return;
      } catch (IOException e) {
        log.info("an unfinished upload of {} cannot be aborted: {}", note.key(), e.getMessage());
      }
    }
  }
}
