package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.s3.Body;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ObjectContent;
import dev.mtb.s3.ObjectInfo;
import dev.mtb.s3.ObjectReading;
import dev.mtb.s3.StoredObject;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests that MTB makes of a bucket. Here are those that list, look at, store, read and
 * delete objects; {@link #uploads}, {@link #copies} and {@link #rangeCopies} have the others.
 * Thread-safe.
 */
final class Requests implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Requests.class);

  /** S3 gives no more keys in one page of a list. */
  static final int PAGE = 1000;

  /** S3 deletes no more objects in one request. */
  private static final int MOST_DELETED = 1000;

  private final BucketClient client;
  private final MultipartUploads uploads;
  private final ServerCopies copies;
  private final RangeCopies rangeCopies;

  /** Whether the server has shown that it cannot delete many objects at once. */
  private volatile boolean deletesSingly;

  Requests(BucketPlace place, Owner owner, int connections, int retries)
      throws DestinationException {
    client = new BucketClient(place, owner, connections, retries);
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

  /** Sends requests no faster than a throttle allows, from now on. */
  void limit(Throttle throttle) {
    client.limit(throttle);
  }

  /** Lists a page of keys below a prefix, in the order of their bytes. */
  ListPage list(String prefix, String delimiter, String startAfter, String token)
      throws IOException {
    ListPage page =
        client.send("ListObjectsV2", "", s3 -> s3.list(prefix, delimiter, startAfter, token, PAGE));
    client.learnTime(page.date());
    // What is listed may be deleted, so that a key outside of the prefix must not pass.
    boolean isWithin =
        page.objects().stream().allMatch(object -> object.key().startsWith(prefix))
            && page.commonPrefixes().stream().allMatch(child -> child.startsWith(prefix));
    if (!isWithin) {
      throw new IOException("the server lists keys that were not asked for, outside of " + prefix);
    }
    return page;
  }

  /**
   * An object without its content.
   *
   * @param metadata as s3fs would show it
   * @param tag of its content
   * @param rawTag the same as the server writes it
   * @param isTagMd5 whether the tag is a digest
   * @param ctime as it was stored, if it was
   */
  record Head(
      Metadata metadata,
      Optional<ContentTag> tag,
      String rawTag,
      boolean isTagMd5,
      Optional<String> ctime) {}

  /** Looks at an object; empty if it is not there. */
  Optional<Head> head(String key) throws IOException {
    ObjectInfo info;
    try {
      info = client.send("HeadObject", key, s3 -> s3.head(key));
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
            Optional.ofNullable(info.metadata().get("ctime"))));
  }

  private static Metadata metadata(ObjectInfo info, String key, long size) {
    return StoredMetadata.read(
        info.metadata(),
        key,
        info.contentType().orElse(null),
        size,
        info.lastModified().orElse(null));
  }

  /** The content of a new object, and its MD5. */
  @SuppressWarnings("ArrayRecordComponent") // Made, sent and dropped; never compared.
  record Upload(Body body, byte[] md5) {
    static Upload of(byte[] bytes) {
      return new Upload(Body.of(bytes), DigestAlgorithm.MD5.start().digest(bytes));
    }
  }

  /** Stores an object as a whole. If that fails, what was there stays. */
  StoredVersion put(String key, Metadata source, Upload upload) throws IOException {
    long start = System.nanoTime();
    Map<String, String> headers = client.headers(key, source);
    StoredObject stored =
        client.send("PutObject", key, s3 -> s3.put(key, headers, upload.body(), upload.md5()));
    BucketClient.checkTag(key, stored, ContentTag.of(upload.md5()));
    return client.stored(stored, start);
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
    /** Lets go of the rest without reading it. */
    void abort() {
      content.abort();
    }
  }

  /** Lets go of the rest of a {@link Reading#content} without reading it. */
  static void abort(InputStream content) {
    if (content instanceof ObjectContent answer) {
      answer.abort();
    }
  }

  /**
   * Reads an object.
   *
   * @param isLink whether it must be a link or a file: the target of a link is no file's content
   */
  Reading get(String key, boolean isLink) throws IOException {
    Reading reading = read(key, Optional.empty(), Optional.empty());
    if ((reading.metadata().kind() == Kind.LINK) != isLink) {
      reading.abort();
      throw new IOException("it is " + (isLink ? "no link" : "a link") + " in the bucket");
    }
    return reading;
  }

  /**
   * Reads an object or a part of it, a file or a link.
   *
   * @param ifMatch the version that is wanted; empty for the current one
   * @param range in the form of the header; empty for the whole
   * @throws ChangedException if it is another version by now
   */
  Reading read(String key, Optional<String> ifMatch, Optional<String> range) throws IOException {
    ObjectReading reading;
    try {
      reading = client.send("GetObject", key, s3 -> s3.get(key, ifMatch, range));
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
