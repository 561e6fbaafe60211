package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Throttle;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Error;

/**
 * The requests that MTB makes of a bucket. Here are those that list, look at, store, read and
 * delete objects; {@link #uploads} and {@link #copies} have the others. Thread-safe.
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

  /** Whether the server has shown that it cannot delete many objects at once. */
  private volatile boolean deletesSingly;

  Requests(BucketPlace place, Owner owner, int connections, int retries)
      throws DestinationException {
    client = new BucketClient(place, owner, connections, retries);
    uploads = new MultipartUploads(client, this);
    copies = new ServerCopies(client, this);
  }

  MultipartUploads uploads() {
    return uploads;
  }

  ServerCopies copies() {
    return copies;
  }

  /** Sends requests no faster than a throttle allows, from now on. */
  void limit(Throttle throttle) {
    client.limit(throttle);
  }

  /** Lists a page of keys below a prefix, in the order of their bytes. */
  ListObjectsV2Response list(String prefix, String delimiter, String startAfter, String token)
      throws IOException {
    ListObjectsV2Response page =
        client.send(
            "ListObjectsV2",
            "",
            s3 ->
                s3.listObjectsV2(
                    r ->
                        r.bucket(client.bucket())
                            .prefix(prefix)
                            // Without it one control character in a key makes the XML of the page
                            // invalid.
                            .encodingType(EncodingType.URL)
                            .delimiter(delimiter)
                            .startAfter(token == null ? startAfter : null)
                            .continuationToken(token)
                            .maxKeys(PAGE)
                            .requestPayer(client.payer())));
    client.learnTime(page.sdkHttpResponse());
    // What is listed may be deleted, so that a key outside of the prefix must not pass.
    boolean isWithin =
        page.contents().stream().allMatch(object -> object.key().startsWith(prefix))
            && page.commonPrefixes().stream().allMatch(c -> c.prefix().startsWith(prefix));
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
   * @param isTagMd5 whether the tag is a digest; see {@link BucketClient#isTagMd5}
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
    HeadObjectResponse response;
    try {
      response =
          client.send(
              "HeadObject",
              key,
              s3 ->
                  s3.headObject(
                      r -> r.bucket(client.bucket()).key(key).requestPayer(client.payer())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Metadata metadata =
        StoredMetadata.read(
            response.metadata(),
            key,
            response.contentType(),
            // Some servers leave it out for an empty object. If another object's size is missing,
            // the file differs and is copied.
            Objects.requireNonNullElse(response.contentLength(), 0L),
            response.lastModified());
    boolean isTagMd5 =
        BucketClient.isTagMd5(response.serverSideEncryption(), response.sseCustomerAlgorithm());
    return Optional.of(
        new Head(
            metadata,
            ContentTag.parse(response.eTag()),
            response.eTag(),
            isTagMd5,
            Optional.ofNullable(response.metadata().get("ctime"))));
  }

  /** The content of a new object. It can be read more than once, for retries. */
  static final class Body {
    private final ContentStreamProvider stream;
    private final long length;
    private final byte[] md5;

    Body(ContentStreamProvider stream, long length, byte[] md5) {
      this.stream = stream;
      this.length = length;
      this.md5 = md5;
    }

    static Body of(byte[] bytes) {
      return new Body(
          () -> new ByteArrayInputStream(bytes),
          bytes.length,
          DigestAlgorithm.MD5.start().digest(bytes));
    }

    RequestBody request(String type) {
      return RequestBody.fromContentProvider(stream, length, type);
    }
  }

  /** Stores an object as a whole. If that fails, what was there stays. */
  StoredVersion put(String key, Metadata source, Body body) throws IOException {
    String type = client.type(key, source);
    ObjectStyle style = client.style();
    long start = System.nanoTime();
    PutObjectResponse response =
        client.send(
            "PutObject",
            key,
            s3 ->
                s3.putObject(
                    r -> {
                      r.bucket(client.bucket())
                          .key(key)
                          .contentType(type)
                          .contentMD5(Base64.getEncoder().encodeToString(body.md5))
                          .metadata(client.headers(source))
                          .requestPayer(client.payer());
                      style.apply(r::storageClass, r::acl, r::serverSideEncryption, r::ssekmsKeyId);
                    },
                    body.request(type)));
    if (BucketClient.isTagMd5(response.serverSideEncryption(), response.sseCustomerAlgorithm())) {
      BucketClient.checkTag(key, response.eTag(), ContentTag.of(body.md5));
    }
    return client.stored(response.eTag(), response.sdkHttpResponse(), start);
  }

  void delete(String key) throws IOException {
    client.send(
        "DeleteObject",
        key,
        s3 ->
            s3.deleteObject(r -> r.bucket(client.bucket()).key(key).requestPayer(client.payer())));
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
    List<ObjectIdentifier> objects =
        keys.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
    DeleteObjectsResponse response =
        client.send(
            "DeleteObjects",
            keys.iterator().next() + " and others",
            s3 ->
                s3.deleteObjects(
                    r ->
                        r.bucket(client.bucket())
                            .delete(d -> d.objects(objects).quiet(true))
                            .requestPayer(client.payer())));
    Map<String, IOException> failures = new HashMap<>();
    for (S3Error error : response.errors()) {
      failures.put(
          error.key(),
          new IOException("the server answers " + error.code() + ": " + error.message()));
    }
    return failures;
  }

  /**
   * An object, or a part of one, that is being read.
   *
   * @param content to be closed, or aborted
   * @param metadata as s3fs would show it; its size is that of what is read
   * @param rawTag as the server writes it
   */
  record Reading(ResponseInputStream<GetObjectResponse> content, Metadata metadata, String rawTag) {
    /** Lets go of the rest without reading it. */
    void abort() {
      content.abort();
    }
  }

  /** Lets go of the rest of a {@link Reading#content} without reading it. */
  static void abort(InputStream content) {
    if (content instanceof ResponseInputStream<?> answer) {
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
    ResponseInputStream<GetObjectResponse> in;
    try {
      in =
          client.send(
              "GetObject",
              key,
              s3 ->
                  s3.getObject(
                      r -> {
                        r.bucket(client.bucket()).key(key).requestPayer(client.payer());
                        ifMatch.ifPresent(r::ifMatch);
                        range.ifPresent(r::range);
                      }));
    } catch (IOException e) {
      throw S3Errors.isPreconditionFailed(e) ? new ChangedException(e) : e;
    }
    GetObjectResponse response = in.response();
    if (response.contentLength() == null) {
      in.abort();
      throw new IOException("the server does not tell the size of what it sends");
    }
    Metadata metadata =
        StoredMetadata.read(
            response.metadata(),
            key,
            response.contentType(),
            response.contentLength(),
            response.lastModified());
    return new Reading(in, metadata, response.eTag());
  }

  @Override
  public void close() {
    client.close();
  }
}
