package dev.mtb.store.bucket;

import com.google.common.collect.Iterables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.mtb.model.Metadata;
import dev.mtb.s3.Body;
import dev.mtb.s3.ListedPart;
import dev.mtb.s3.PartPage;
import dev.mtb.s3.StartedUpload;
import dev.mtb.s3.StoredObject;
import dev.mtb.s3.UnfinishedUpload;
import dev.mtb.s3.UploadPage;
import dev.mtb.s3.UploadedPart;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The uploads in parts to a bucket. Thread-safe. */
final class MultipartUploads {
  private static final Logger log = LoggerFactory.getLogger(MultipartUploads.class);

  /**
   * With the pauses the attempts take one second in all, since an interrupted run should end soon.
   */
  private static final int MOST_ABORTS = 6;

  /** From this size on s3fs uploads in parts (multipart_threshold). */
  static final long FROM = 25L << 20;

  private static final Duration ABORT_PAUSE = Duration.ofMillis(200);

  private final BucketClient client;
  private final Requests requests;

  /**
   * An upload that has begun.
   *
   * @param nanos when, by {@link System#nanoTime}
   * @param ctime that the object will have; no other object has the same nanosecond
   */
  private record Begun(long nanos, String ctime) {}

  /** By the upload's id. */
  private final Map<String, Begun> begun = new ConcurrentHashMap<>();

  /**
   * The ids of unfinished uploads of earlier runs, by key; listed when the first large file is
   * uploaded. Guarded by this.
   */
  private Map<String, List<String>> unfinished;

  /** Whether the server has listed them. Guarded by this. */
  private boolean isListed;

  MultipartUploads(BucketClient client, Requests requests) {
    this.client = client;
    this.requests = requests;
  }

  /** The headers that an upload is started with. */
  Map<String, String> headers(String key, Metadata source) {
    return client.headers(key, source);
  }

  /**
   * Aborts unfinished uploads of the same object, and starts an upload.
   *
   * @param known ids of such uploads, besides those that the server lists
   */
  String startAnew(String key, Map<String, String> headers, List<String> known) throws IOException {
    Set<String> stale = new LinkedHashSet<>(takeUnfinished(key));
    stale.addAll(known);
    abortAll(key, stale);
    return start(key, headers);
  }

  /**
   * Finds the parts that an unfinished upload has, and aborts all other uploads of its key.
   *
   * @return its parts by their numbers; empty if it cannot be continued
   */
  Optional<Map<Integer, ListedPart>> resume(UploadNote note) throws IOException {
    String key = note.key();
    if (!mayBeThere(note)) {
      return Optional.empty();
    }
    Map<Integer, ListedPart> parts;
    try {
      parts = listParts(key, note.id());
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      // It was aborted, or MTB lacks the permission. The file can be sent as a whole.
      log.info("the unfinished upload of {} cannot be continued: {}", key, e.getMessage());
      return Optional.empty();
    }
    List<String> others = new ArrayList<>(takeUnfinished(key));
    others.remove(note.id());
    abortAll(key, others);
    long before = Math.max(0, Duration.between(note.started(), Instant.now()).toNanos());
    begun.putIfAbsent(note.id(), new Begun(System.nanoTime() - before, note.ctime()));
    return Optional.of(parts);
  }

  /**
   * Whether an upload without parts may exist. Some servers give the same answer for it and for an
   * upload that was aborted.
   */
  private synchronized boolean mayBeThere(UploadNote note) {
    listOnce();
    return begun.containsKey(note.id())
        || !isListed
        || unfinished.getOrDefault(note.key(), List.of()).contains(note.id());
  }

  private Map<Integer, ListedPart> listParts(String key, String uploadId) throws IOException {
    Map<Integer, ListedPart> parts = new HashMap<>();
    int last = 0;
    while (true) {
      int after = last;
      PartPage page = client.send("ListParts", key, s3 -> s3.listParts(key, uploadId, after));
      for (ListedPart part : page.parts()) {
        parts.put(part.number(), part);
        last = Math.max(last, part.number());
      }
      // A server that repeats a page makes no progress.
      if (!page.isTruncated() || last == after) {
        return parts;
      }
    }
  }

  private void abortAll(String key, Collection<String> uploadIds) throws DestinationException {
    for (String uploadId : uploadIds) {
      try {
        abort(key, uploadId);
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        // It was aborted already, or MTB lacks the permission. The new upload does not depend on
        // it.
        log.info("an unfinished upload of {} cannot be aborted: {}", key, e.getMessage());
      }
    }
  }

  /** Aborts the uploads of start requests whose answers were lost: no other code aborts them. */
  private void abortOthers(String key, String uploadId) throws DestinationException {
    List<String> others = new ArrayList<>();
    try {
      for (UnfinishedUpload upload : listUnfinished(key)) {
        if (upload.key().equals(key) && !upload.id().equals(uploadId)) {
          others.add(upload.id());
        }
      }
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      // MTB may lack the permission; the new upload does not depend on it.
      log.info("unfinished uploads of {} cannot be listed: {}", key, e.getMessage());
    }
    abortAll(key, others);
  }

  private synchronized List<String> takeUnfinished(String key) {
    listOnce();
    List<String> taken = unfinished.remove(key);
    return taken == null ? List.of() : taken;
  }

  private synchronized void listOnce() {
    if (unfinished == null) {
      unfinished = new HashMap<>();
      try {
        for (UnfinishedUpload upload : listUnfinished(client.prefix())) {
          unfinished.computeIfAbsent(upload.key(), k -> new ArrayList<>()).add(upload.id());
        }
        isListed = true;
      } catch (IOException e) {
        // MTB may lack the permission; a backup does not need the list.
        log.info("unfinished uploads cannot be listed: {}", e.getMessage());
      }
    }
  }

  private List<UnfinishedUpload> listUnfinished(String prefix) throws IOException {
    List<UnfinishedUpload> uploads = new ArrayList<>();
    Optional<UnfinishedUpload> last = Optional.empty();
    while (true) {
      Optional<UnfinishedUpload> after = last;
      UploadPage page =
          client.send("ListMultipartUploads", "", s3 -> s3.listUploads(prefix, after));
      uploads.addAll(page.uploads());
      last = Optional.ofNullable(Iterables.getLast(page.uploads(), null));
      // A server that repeats a page makes no progress, and always says that there is more.
      if (!page.isTruncated() || last.isEmpty() || last.equals(after)) {
        return uploads;
      }
    }
  }

  /** Starts an upload. */
  String start(String key, Map<String, String> headers) throws IOException {
    long start = System.nanoTime();
    StartedUpload started =
        client.send("CreateMultipartUpload", key, s3 -> s3.startUpload(key, headers));
    begun.put(started.id(), new Begun(start, headers.get(Requests.CTIME)));
    if (started.requests() > 1) {
      abortOthers(key, started.id());
    }
    return started.id();
  }

  /**
   * Sends a part.
   *
   * @param md5 of what was sent last; called after the part is sent
   */
  UploadedPart sendPart(String key, String uploadId, int number, Body body, Supplier<byte[]> md5)
      throws IOException {
    StoredObject stored =
        client.send("UploadPart", key, s3 -> s3.putPart(key, uploadId, number, body));
    BucketClient.checkTag(key, stored, ContentTag.of(md5.get()));
    return new UploadedPart(
        number,
        stored.tag().orElseThrow(() -> new IOException("the server tells no ETag of the part")));
  }

  /**
   * Makes the object.
   *
   * @param condition the header of {@link WriteConditions}; empty for none
   */
  StoredVersion complete(
      String key, String uploadId, List<UploadedPart> parts, Map<String, String> condition)
      throws IOException {
    // It is not removed before the upload is complete, since the upload may be completed in a
    // second attempt.
    Begun start = begun.get(uploadId);
    StoredVersion stored;
    try {
      stored =
          client.stored(
              client.send(
                  "CompleteMultipartUpload",
                  key,
                  s3 -> s3.completeUpload(key, uploadId, parts, condition)),
              start.nanos());
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      stored =
          requests
              .storedBefore(key, start.ctime(), Optional.empty(), start.nanos())
              .orElseThrow(() -> e);
    }
    begun.remove(uploadId);
    return stored.tag().isPresent() ? stored : withTag(key, start, stored);
  }

  /** Ceph 16 completes an upload without telling the ETag of the object. */
  private StoredVersion withTag(String key, Begun start, StoredVersion stored) throws IOException {
    return requests
        .storedBefore(key, start.ctime(), Optional.empty(), start.nanos())
        .map(now -> new StoredVersion(now.tag(), stored.at(), stored.took()))
        .orElse(stored);
  }

  /**
   * Aborts an upload. A server that still receives one of its parts may refuse that for a moment
   * (Amazon S3 API reference, "AbortMultipartUpload").
   */
  void abort(String key, String uploadId) throws IOException {
    begun.remove(uploadId);
    for (int attempt = 1; ; attempt++) {
      try {
        client.run("AbortMultipartUpload", key, s3 -> s3.abortUpload(key, uploadId));
        return;
      } catch (NoSuchFileException e) {
        // The upload does not exist any more.
        return;
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        if (attempt == MOST_ABORTS) {
          throw e;
        }
        // This also waits in a run that is being interrupted, since the user pays for parts that
        // are not deleted.
        Uninterruptibles.sleepUninterruptibly(ABORT_PAUSE);
      }
    }
  }
}
