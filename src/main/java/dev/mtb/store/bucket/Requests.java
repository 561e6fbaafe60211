package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Metadata;
import dev.mtb.s3.Body;
import dev.mtb.s3.LifecycleRule;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.s3.ObjectContent;
import dev.mtb.s3.ObjectInfo;
import dev.mtb.s3.ObjectReading;
import dev.mtb.s3.ObjectVersion;
import dev.mtb.s3.S3Client;
import dev.mtb.s3.StoredObject;
import dev.mtb.s3.VersionPage;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests that MTB makes of a bucket. This class has those that list, look at, store, read and
 * delete objects; {@link #uploads}, {@link #copies} and {@link #rangeCopies} have the others.
 * Thread-safe.
 */
final class Requests implements BucketObjects, Closeable {
  private static final Logger log = LoggerFactory.getLogger(Requests.class);

  /** S3 gives no more keys in one page of a list. */
  static final int PAGE = 1000;

  /** The header with the time at which an object was made. No other object has the same time. */
  static final String CTIME = "x-amz-meta-ctime";

  /** GetObject and HeadObject of a version need a permission of their own, with this name. */
  private static final String GET_VERSION = "GetObjectVersion";

  /** S3 deletes no more objects in one request. */
  private static final int MOST_DELETED = 1000;

  private final BucketClient client;
  private final MultipartUploads uploads;
  private final ServerCopies copies;
  private final RangeCopies rangeCopies;

  /** Whether the server has shown that it cannot delete many objects at once. */
  private volatile boolean deletesSingly;

  Requests(BucketPlace place, BucketAccess access) throws DestinationException {
    client = new BucketClient(place, access);
    uploads = new MultipartUploads(client, this);
    copies = new ServerCopies(client, this);
    rangeCopies = new RangeCopies(client);
  }

  MultipartUploads uploads() {
    return uploads;
  }

  ServerCopies copies() {
    return copies;
  }

  RangeCopies rangeCopies() {
    return rangeCopies;
  }

  RequestLimit requestLimit() {
    return client.requestLimit();
  }

  /** The client that sends the requests. */
  BucketClient client() {
    return client;
  }

  /** Sends requests no faster than a throttle allows, from now on. */
  void limit(Throttle throttle) {
    client.limit(throttle);
  }

  @Override
  public ListPage list(String prefix, String delimiter, String startAfter, String token)
      throws IOException {
    ListPage page =
        client.send("ListObjectsV2", "", s3 -> s3.list(prefix, delimiter, startAfter, token, PAGE));
    client.learnTime(page.date());
    checkWithin(prefix, page.objects().stream().map(ListedObject::key));
    checkWithin(prefix, page.commonPrefixes().stream());
    return page;
  }

  /** Checks that all listed keys begin with the prefix, since MTB may delete what is listed. */
  private static void checkWithin(String prefix, Stream<String> keys) throws IOException {
    if (!keys.allMatch(key -> key.startsWith(prefix))) {
      throw new IOException("the server lists keys that were not asked for, outside of " + prefix);
    }
  }

  /** Lists a page of versions of objects; see {@link S3Client#listVersions}. */
  VersionPage listVersions(String prefix, String keyMarker, String versionMarker)
      throws IOException {
    VersionPage page =
        client.send(
            "ListObjectVersions",
            "",
            s3 -> s3.listVersions(prefix, keyMarker, versionMarker, PAGE));
    checkWithin(prefix, page.versions().stream().map(ObjectVersion::key));
    return page;
  }

  /**
   * Asks whether the bucket keeps old versions.
   *
   * @return {@code Enabled} or {@code Suspended}; empty if it never did, or the server cannot
   */
  Optional<String> versioning() throws IOException {
    try {
      return client.send("GetBucketVersioning", "", S3Client::versioning);
    } catch (S3Errors.UnknownRequestException e) {
      log.debug("the server keeps no versions", e);
      return Optional.empty();
    }
  }

  /** Asks what the server deletes by itself; empty if it deletes nothing, or that is not known. */
  Optional<List<LifecycleRule>> lifecycle() throws IOException {
    try {
      return Optional.of(client.send("GetBucketLifecycleConfiguration", "", S3Client::lifecycle));
    } catch (NoSuchFileException e) {
      // NoSuchLifecycleConfiguration
      return Optional.of(List.of());
    } catch (S3Errors.UnknownRequestException e) {
      return Optional.empty();
    }
  }

  /**
   * An object without its content.
   *
   * @param metadata as s3fs would show it
   * @param tag of its content
   * @param rawTag the tag as the server writes it
   * @param isTagMd5 whether the tag is a digest
   * @param ctime as it was stored, if it was
   * @param storedAt when, by the server's clock
   */
  record Head(
      Metadata metadata,
      Optional<ContentTag> tag,
      String rawTag,
      boolean isTagMd5,
      Optional<String> ctime,
      Optional<Instant> storedAt) {}

  @Override
  public Optional<Head> head(String key) throws IOException {
    return head(key, Optional.empty());
  }

  /** Looks at a version of an object; empty if it is not there. */
  Optional<Head> head(String key, Optional<String> version) throws IOException {
    ObjectInfo info;
    try {
      String what = version.isPresent() ? GET_VERSION : "HeadObject";
      info = client.send(what, key, s3 -> s3.head(key, version));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    // Some servers leave it out for an empty object. If another object's size is missing, the file
    // differs and is copied.
    Metadata metadata = metadata(info, key, info.length().orElse(0L));
    return Optional.of(
        new Head(
            metadata,
            info.tag().flatMap(ContentTag::parse),
            info.tag().orElse(null),
            info.isTagMd5(),
            Optional.ofNullable(info.metadata().get("ctime")),
            info.lastModified()));
  }

  private static Metadata metadata(ObjectInfo info, String key, long size) {
    return StoredMetadata.read(
            info.metadata(),
            key,
            info.contentType().orElse(null),
            size,
            info.lastModified().orElse(null))
        .withVersion(info.tag());
  }

  /** The content of a new object, and its MD5. */
  @SuppressWarnings("ArrayRecordComponent") // Made, sent and dropped; never compared.
  record Upload(Body body, byte[] md5) {
    static Upload of(byte[] bytes) {
      return new Upload(Body.of(bytes), DigestAlgorithm.MD5.start().digest(bytes));
    }
  }

  /** Stores an object as a whole, whatever is there. If that fails, what was there stays. */
  StoredVersion put(String key, Metadata source, Upload upload) throws IOException {
    return put(key, source, upload, Map.of());
  }

  /**
   * Stores an object as a whole.
   *
   * @param condition the header of {@link WriteConditions}; empty for none
   */
  StoredVersion put(String key, Metadata source, Upload upload, Map<String, String> condition)
      throws IOException {
    long start = System.nanoTime();
    Map<String, String> headers = client.headers(key, source);
    headers.putAll(condition);
    ContentTag tag = ContentTag.of(upload.md5());
    StoredObject stored;
    try {
      stored =
          client.send("PutObject", key, s3 -> s3.put(key, headers, upload.body(), upload.md5()));
    } catch (IOException e) {
      if (!S3Errors.isPreconditionFailed(e)) {
        throw e;
      }
      return storedBefore(key, headers.get(CTIME), Optional.of(tag), start).orElseThrow(() -> e);
    }
    BucketClient.checkTag(key, stored, tag);
    client.checkEncryption(stored);
    return client.stored(stored, start);
  }

  /**
   * Finds out whether an earlier attempt of a request has stored the object. If the answer to it
   * was lost, the request is sent again, and the server refuses it: the upload is complete already,
   * or the object is not the one that the condition asks for.
   *
   * @param ctime that the object must have; no other object has the same nanosecond
   * @param tag that it must have, if the server's tags are digests; empty if it is not known
   * @param startNanos when MTB began to send it, by {@link System#nanoTime}
   * @return empty if the object is another one
   */
  Optional<StoredVersion> storedBefore(
      String key, String ctime, Optional<ContentTag> tag, long startNanos) throws IOException {
    Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
    return head(key)
        .filter(head -> head.ctime().equals(Optional.of(ctime)))
        .filter(head -> tag.isEmpty() || !head.isTagMd5() || head.tag().equals(tag))
        .map(head -> new StoredVersion(head.tag(), Optional.empty(), took));
  }

  void delete(String key) throws IOException {
    client.run("DeleteObject", key, s3 -> s3.delete(key));
  }

  /** Deletes objects; those that are not there are deleted already. */
  Map<String, IOException> delete(Collection<String> keys) throws IOException {
    if (keys.size() == 1 || deletesSingly) {
      return deleteSingly(keys);
    }
    try {
      return deleteTogether(keys);
    } catch (S3Errors.UnknownRequestException e) {
      log.info("{}; each object is deleted by a request of its own", e.getMessage());
      deletesSingly = true;
      return deleteSingly(keys);
    }
  }

  /** How many objects {@link #delete(Collection)} deletes with one request. */
  int deletedAtOnce() {
    return deletesSingly ? 1 : MOST_DELETED;
  }

  /** Deletes many objects at a time, by the threads of the calling thread's pool. */
  private Map<String, IOException> deleteSingly(Collection<String> keys) {
    Map<String, IOException> failures = new ConcurrentHashMap<>();
    keys.parallelStream()
        .forEach(
            key -> {
              try {
                delete(key);
              } catch (IOException e) {
                failures.put(key, e);
              }
            });
    return failures;
  }

  private Map<String, IOException> deleteTogether(Collection<String> keys) throws IOException {
    Map<String, String> refused =
        client.send("DeleteObjects", keys.iterator().next() + " and others", s3 -> s3.delete(keys));
    Map<String, IOException> failures = new HashMap<>();
    refused.forEach((key, why) -> failures.put(key, new IOException("the server answers " + why)));
    return failures;
  }

  /**
   * An object, or a part of one, that is being read.
   *
   * @param content to be closed, or aborted
   * @param metadata as s3fs would show it; its size is that of what is read
   * @param rawTag as the server writes it
   */
  record Reading(ObjectContent content, Metadata metadata, String rawTag) {
    /** Closes the content without reading the rest. */
    void abort() {
      content.abort();
    }
  }

  /** Closes a {@link Reading#content} without reading the rest. */
  static void abort(InputStream content) {
    if (content instanceof ObjectContent answer) {
      answer.abort();
    }
  }

  @Override
  public Reading read(String key, Optional<String> ifMatch, Optional<String> range)
      throws IOException {
    return read(key, Optional.empty(), ifMatch, range);
  }

  /** Reads a version of an object, or a part of it; otherwise as the method above. */
  Reading read(
      String key, Optional<String> version, Optional<String> ifMatch, Optional<String> range)
      throws IOException {
    ObjectReading reading;
    try {
      String what = version.isPresent() ? GET_VERSION : "GetObject";
      reading = client.send(what, key, s3 -> s3.get(key, version, ifMatch, range));
    } catch (IOException e) {
      throw S3Errors.isPreconditionFailed(e) ? new ChangedException(e) : e;
    }
    ObjectInfo info = reading.info();
    if (info.length().isEmpty()) {
      reading.content().abort();
      throw new IOException("the server does not tell the size of what it sends");
    }
    return new Reading(
        reading.content(), metadata(info, key, info.length().get()), info.tag().orElse(null));
  }

  @Override
  public void close() {
    client.close();
  }
}
