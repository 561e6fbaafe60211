package dev.mtb.store.bucket;

import com.google.common.base.Suppliers;
import com.google.common.collect.Iterables;
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
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.xml.stream.XMLStreamException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.RequestPayer;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** The requests that MTB makes of a bucket, one method each. Thread-safe. */
final class Requests implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Requests.class);

  /**
   * The SDK's own pauses, a tenth of these, end after two seconds: less than a server takes that is
   * started again. Five of these are 8 to 16 s; at random, so that not all threads come back at
   * once.
   */
  private static final BackoffStrategy PAUSES =
      BackoffStrategy.exponentialDelayHalfJitter(Duration.ofMillis(500), Duration.ofSeconds(20));

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /**
   * Longer than a server takes between two bytes, completing a large upload included: Amazon's
   * sends blanks meanwhile.
   */
  private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(1);

  /**
   * A connection is kept this long between two files: servers close idle ones after 5 s to 60 s.
   */
  private static final Duration IDLE = Duration.ofSeconds(4);

  /** Where neither the user nor the environment names one; many servers do not care. */
  private static final String ANY_REGION = "us-east-1";

  /** S3 gives no more keys in one page of a list. */
  static final int PAGE = 1000;

  /** S3 deletes no more in one request. */
  static final int MOST_DELETED = 1000;

  /** Few requests, and a size by which {@link ContentTag} knows the result. */
  private static final long COPIED_PART = 1L << 30;

  private final S3Client s3;
  private final BucketPlace place;
  private final S3Errors trouble;

  /** Whether the server has shown that it cannot delete many objects at once. */
  private volatile boolean deletesSingly;

  /** Read for the first file that is stored: a run that finds nothing to do needs none. */
  private final Supplier<MimeTypes> mimeTypes = Suppliers.memoize(MimeTypes::ofSystem);

  private final ServerClock clock = new ServerClock(System::nanoTime);

  /** When each upload in parts began, by its id. */
  private final Map<String, Long> uploads = new ConcurrentHashMap<>();

  private final String bucket;
  private final Owner owner;
  private volatile Throttle throttle = Throttle.NONE;

  /**
   * Who new objects belong to.
   *
   * @param uid user
   * @param gid group
   * @param isRoot whether the source's owner is kept instead
   */
  record Owner(int uid, int gid, boolean isRoot) {
    int uid(Metadata source) {
      return isRoot && source.uid() != Metadata.UNKNOWN ? source.uid() : uid;
    }

    int gid(Metadata source) {
      return isRoot && source.gid() != Metadata.UNKNOWN ? source.gid() : gid;
    }
  }

  Requests(BucketPlace place, Owner owner, int connections, int retries)
      throws DestinationException {
    this.place = place;
    this.owner = owner;
    bucket = place.location().bucket();
    trouble = new S3Errors(place);
    s3 = client(place, connections, retries, () -> throttle);
  }

  /** From now on requests are made no faster than this allows. */
  void limit(Throttle limit) {
    throttle = limit;
  }

  /** Makes a client that nobody uses: most of the time until a first request goes into that. */
  static void warmUp() {
    S3Client.builder()
        .httpClientBuilder(Apache5HttpClient.builder().useIdleConnectionReaper(false))
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("none", "none")))
        .region(Region.of(ANY_REGION))
        .build()
        .close();
  }

  private static S3Client client(
      BucketPlace place, int connections, int retries, Supplier<Throttle> throttle)
      throws DestinationException {
    S3ClientBuilder builder =
        S3Client.builder()
            // As a builder, so that closing the client closes its connections.
            .httpClientBuilder(
                new LimitedHttpClient.Builder(
                    Apache5HttpClient.builder()
                        .maxConnections(connections)
                        .connectionTimeout(CONNECT_TIMEOUT)
                        .socketTimeout(ANSWER_TIMEOUT)
                        .connectionMaxIdleTime(IDLE)
                        .useIdleConnectionReaper(false),
                    throttle))
            .credentialsProvider(credentials(place))
            .region(region(place))
            .forcePathStyle(place.pathStyle())
            // For DeleteObjects, of which many servers know no other checksum.
            .addPlugin(LegacyMd5Plugin.create())
            // Directory buckets are none that s3fs could mount.
            .disableS3ExpressSessionAuth(true)
            // Every body comes with its MD5, which all servers know.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(
                S3Configuration.builder()
                    // A chunked body needs a server that knows Amazon's own encoding.
                    .chunkedEncodingEnabled(false)
                    // Waiting for leave to send the body would double the round trips.
                    .expectContinueEnabled(false)
                    .build())
            .overrideConfiguration(
                configuration ->
                    configuration.retryStrategy(
                        AwsRetryStrategy.standardRetryStrategy().toBuilder()
                            .maxAttempts(retries + 1)
                            // Whoever runs a backup rather waits than gives up.
                            .circuitBreakerEnabled(false)
                            .backoffStrategy(PAUSES)
                            // An answer that was cut off, with an orderly end of the connection.
                            .retryOnExceptionOrCause(XMLStreamException.class)
                            .build()));
    place.endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  private static AwsCredentialsProvider credentials(BucketPlace place) throws DestinationException {
    if (place.passwdFile().isEmpty()) {
      return DefaultCredentialsProvider.builder().build();
    }
    PasswdFile passwd = PasswdFile.read(place.passwdFile().get(), place.location().bucket());
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(passwd.accessKey(), passwd.secretKey()));
  }

  private static Region region(BucketPlace place) {
    if (place.region().isPresent()) {
      return Region.of(place.region().get());
    }
    if (place.passwdFile().isPresent() && place.endpoint().isPresent()) {
      return Region.of(ANY_REGION);
    }
    try {
      return new DefaultAwsRegionProviderChain().getRegion();
    } catch (SdkClientException e) {
      return Region.of(ANY_REGION);
    }
  }

  /** A request. */
  private interface Request<T> {
    T send();
  }

  private <T> T send(String what, String key, Request<T> request) throws IOException {
    try {
      return request.send();
    } catch (SdkException e) {
      throw trouble.of(what, key, e);
    } catch (UncheckedIOException e) {
      // Reading the source: what is sent is read where it is.
      throw e.getCause();
    }
  }

  /** A page of keys below a prefix, in the order of their bytes. */
  ListObjectsV2Response list(String prefix, String delimiter, String startAfter, String token)
      throws IOException {
    ListObjectsV2Response page =
        send(
            "ListObjectsV2",
            "",
            () ->
                s3.listObjectsV2(
                    r ->
                        r.bucket(bucket)
                            .prefix(prefix)
                            // Or one control character in a key would spoil the whole page of XML.
                            .encodingType(EncodingType.URL)
                            .delimiter(delimiter)
                            .startAfter(token == null ? startAfter : null)
                            .continuationToken(token)
                            .maxKeys(PAGE)
                            .requestPayer(payer())));
    Optional<Instant> unused = clock.now(page.sdkHttpResponse());
    // What is listed may be deleted: nothing outside of what was asked for, whatever a server says.
    boolean isWithin =
        page.contents().stream().allMatch(object -> object.key().startsWith(prefix))
            && page.commonPrefixes().stream().allMatch(c -> c.prefix().startsWith(prefix));
    if (!isWithin) {
      throw new IOException("the server lists keys that were not asked for, outside of " + prefix);
    }
    return page;
  }

  /**
   * What an object is.
   *
   * @param metadata as s3fs would show it
   * @param tag of its content
   * @param rawTag the same as the server writes it
   * @param isTagMd5 false where the server encrypts with keys that make tags say nothing
   */
  record Head(Metadata metadata, Optional<ContentTag> tag, String rawTag, boolean isTagMd5) {}

  Optional<Head> head(String key) throws IOException {
    HeadObjectResponse response;
    try {
      response =
          send(
              "HeadObject",
              key,
              () -> s3.headObject(r -> r.bucket(bucket).key(key).requestPayer(payer())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Metadata metadata =
        StoredMetadata.read(
            response.metadata(),
            key,
            response.contentType(),
            // Some servers leave it out for an empty object; a file of unknown size is one that
            // differs.
            Objects.requireNonNullElse(response.contentLength(), 0L),
            response.lastModified());
    boolean isTagMd5 = isTagMd5(response.serverSideEncryption(), response.sseCustomerAlgorithm());
    return Optional.of(
        new Head(metadata, ContentTag.parse(response.eTag()), response.eTag(), isTagMd5));
  }

  private static boolean isTagMd5(ServerSideEncryption encryption, String customerAlgorithm) {
    return customerAlgorithm == null
        && (encryption == null || encryption == ServerSideEncryption.AES256);
  }

  /** A content that can be read as often as need be. */
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

  /**
   * What a server said of an object that it has just stored.
   *
   * @param tag of its content, as lists will show it
   * @param at when it was whole, by the server's clock
   * @param took how long it was sent; lists may show any moment of that, such as the beginning of
   *     an upload in parts (S3 user guide, "Object metadata", Last-Modified)
   */
  record Stored(Optional<ContentTag> tag, Optional<Instant> at, Duration took) {}

  private Stored stored(String tag, SdkHttpResponse answer, long startNanos) {
    return new Stored(
        ContentTag.parse(tag), clock.now(answer), Duration.ofNanos(System.nanoTime() - startNanos));
  }

  /** Stores an object whole, or leaves what was there. */
  Stored put(String key, Metadata source, Body body) throws IOException {
    String type = type(key, source);
    long start = System.nanoTime();
    PutObjectResponse response =
        send(
            "PutObject",
            key,
            () ->
                s3.putObject(
                    r -> {
                      r.bucket(bucket)
                          .key(key)
                          .contentType(type)
                          .contentMD5(Base64.getEncoder().encodeToString(body.md5))
                          .metadata(headers(source))
                          .requestPayer(payer());
                      ObjectStyle style = place.style();
                      style.storageClass().ifPresent(r::storageClass);
                      style.acl().ifPresent(r::acl);
                      style.encryption().ifPresent(r::serverSideEncryption);
                      style.kmsKey().ifPresent(r::ssekmsKeyId);
                    },
                    body.request(type)));
    if (isTagMd5(response.serverSideEncryption(), response.sseCustomerAlgorithm())) {
      check(key, response.eTag(), ContentTag.of(body.md5));
    }
    return stored(response.eTag(), response.sdkHttpResponse(), start);
  }

  /** The server has checked the content already; this checks the server. */
  private static void check(String key, String given, ContentTag expected) throws IOException {
    Optional<ContentTag> tag = ContentTag.parse(given);
    if (tag.isPresent() && !tag.get().equals(expected)) {
      throw new IOException(
          "the bucket holds another content than was sent (its ETag is "
              + tag.get().md5()
              + ", not "
              + expected.md5()
              + "): "
              + key);
    }
  }

  private Map<String, String> headers(Metadata source) {
    return StoredMetadata.of(source, owner.uid(source), owner.gid(source), Instant.now());
  }

  private String type(String key, Metadata source) {
    return switch (source.kind()) {
      case DIRECTORY -> MimeTypes.DIRECTORY;
      case LINK -> MimeTypes.UNKNOWN;
      default -> mimeTypes.get().of(key);
    };
  }

  /** Gives an object other metadata; its content stays on the server. */
  Stored copyOntoItself(String key, Metadata source, Optional<String> ifMatch) throws IOException {
    return underCondition(
        key,
        ifMatch,
        condition ->
            copy(
                key,
                key,
                r -> {
                  condition.ifPresent(r::copySourceIfMatch);
                  r.metadataDirective(MetadataDirective.REPLACE)
                      .contentType(type(key, source))
                      .metadata(headers(source));
                }));
  }

  /** A copy on the server, of one version of an object if a tag is given. */
  private interface Copy {
    Stored send(Optional<String> ifMatch) throws IOException;
  }

  /**
   * Copies an object if it is the version that was looked at. OpenStack Swift refuses the condition
   * for an object that was uploaded in parts although its tag is the one that a HEAD tells: if a
   * second look finds that very tag, the copy is sent without the condition.
   */
  private Stored underCondition(String key, Optional<String> ifMatch, Copy copy)
      throws IOException {
    try {
      return copy.send(ifMatch);
    } catch (IOException e) {
      if (ifMatch.isEmpty() || !isPreconditionFailed(e)) {
        throw e;
      }
      Optional<Head> now = head(key);
      if (now.isEmpty() || !ifMatch.get().equals(now.get().rawTag())) {
        throw e;
      }
      log.info("the server refuses a copy of {} by its current tag; it is copied without", key);
      return copy.send(Optional.empty());
    }
  }

  private static boolean isPreconditionFailed(IOException e) {
    return e.getCause() instanceof AwsServiceException service
        && service.statusCode() == S3Errors.PRECONDITION_FAILED;
  }

  /** Copies an object with its metadata; the content stays on the server. */
  void copy(String from, String to) throws IOException {
    copy(from, to, r -> {});
  }

  private Stored copy(String from, String to, Consumer<CopyObjectRequest.Builder> details)
      throws IOException {
    long start = System.nanoTime();
    CopyObjectResponse response =
        send(
            "CopyObject",
            from,
            () ->
                s3.copyObject(
                    r -> {
                      r.sourceBucket(bucket)
                          .sourceKey(from)
                          .destinationBucket(bucket)
                          .destinationKey(to)
                          .requestPayer(payer());
                      ObjectStyle style = place.style();
                      style.storageClass().ifPresent(r::storageClass);
                      style.acl().ifPresent(r::acl);
                      style.encryption().ifPresent(r::serverSideEncryption);
                      style.kmsKey().ifPresent(r::ssekmsKeyId);
                      details.accept(r);
                    }));
    return stored(response.copyObjectResult().eTag(), response.sdkHttpResponse(), start);
  }

  /** Gives an object other metadata that is too large for one request. */
  Stored copyInParts(String key, Metadata source, Optional<String> ifMatch) throws IOException {
    return copyInParts(key, key, source, ifMatch);
  }

  /** Copies an object that is too large for one request. */
  Stored copyInParts(String from, String key, Metadata source, Optional<String> ifMatch)
      throws IOException {
    return underCondition(from, ifMatch, condition -> copyEachPart(from, key, source, condition));
  }

  private Stored copyEachPart(String from, String key, Metadata source, Optional<String> ifMatch)
      throws IOException {
    String uploadId = startUpload(key, source);
    try {
      List<CompletedPart> parts = new ArrayList<>();
      for (long start = 0; start < source.size(); start += COPIED_PART) {
        int number = parts.size() + 1;
        String range = "bytes=" + start + "-" + (Math.min(start + COPIED_PART, source.size()) - 1);
        String tag =
            send(
                "UploadPartCopy",
                key,
                () ->
                    s3.uploadPartCopy(
                            r -> {
                              ifMatch.ifPresent(r::copySourceIfMatch);
                              r.sourceBucket(bucket)
                                  .sourceKey(from)
                                  .destinationBucket(bucket)
                                  .destinationKey(key)
                                  .uploadId(uploadId)
                                  .partNumber(number)
                                  .copySourceRange(range)
                                  .requestPayer(payer());
                            })
                        .copyPartResult()
                        .eTag());
        parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
      }
      return completeUpload(key, uploadId, parts);
    } catch (IOException | RuntimeException e) {
      try {
        abortUpload(key, uploadId);
      } catch (IOException e2) {
        e.addSuppressed(e2);
      }
      throw e;
    }
  }

  void delete(String key) throws IOException {
    send(
        "DeleteObject",
        key,
        () -> s3.deleteObject(r -> r.bucket(bucket).key(key).requestPayer(payer())));
  }

  /**
   * Deletes objects; those that are not there are deleted already.
   *
   * @param keys at most {@link #MOST_DELETED}
   * @return why some were not deleted
   */
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

  /** Many at a time, by the threads of the pool that calls this. */
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
        send(
            "DeleteObjects",
            keys.iterator().next() + " and others",
            () ->
                s3.deleteObjects(
                    r ->
                        r.bucket(bucket)
                            .delete(d -> d.objects(objects).quiet(true))
                            .requestPayer(payer())));
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
   * @param isLink what it must be: nobody is given the target of a link for a file's content
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
   * Reads an object, whatever it is.
   *
   * @param ifMatch the version that is wanted; empty for whatever is there
   * @param range in the form of the header; empty for the whole
   * @throws ChangedException if it is another version by now
   */
  Reading read(String key, Optional<String> ifMatch, Optional<String> range) throws IOException {
    ResponseInputStream<GetObjectResponse> in;
    try {
      in =
          send(
              "GetObject",
              key,
              () ->
                  s3.getObject(
                      r -> {
                        r.bucket(bucket).key(key).requestPayer(payer());
                        ifMatch.ifPresent(r::ifMatch);
                        range.ifPresent(r::range);
                      }));
    } catch (IOException e) {
      throw isPreconditionFailed(e) ? new ChangedException(e) : e;
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

  String startUpload(String key, Metadata source) throws IOException {
    long start = System.nanoTime();
    String uploadId = createUpload(key, source);
    uploads.put(uploadId, start);
    return uploadId;
  }

  private String createUpload(String key, Metadata source) throws IOException {
    return send(
        "CreateMultipartUpload",
        key,
        () ->
            s3.createMultipartUpload(
                    r -> {
                      r.bucket(bucket)
                          .key(key)
                          .contentType(type(key, source))
                          .metadata(headers(source))
                          .requestPayer(payer());
                      ObjectStyle style = place.style();
                      style.storageClass().ifPresent(r::storageClass);
                      style.acl().ifPresent(r::acl);
                      style.encryption().ifPresent(r::serverSideEncryption);
                      style.kmsKey().ifPresent(r::ssekmsKeyId);
                    })
                .uploadId());
  }

  /**
   * Sends a part.
   *
   * @param md5 of what was sent last, asked for afterwards
   * @return what the server calls it
   */
  CompletedPart uploadPart(
      String key,
      String uploadId,
      int number,
      ContentStreamProvider content,
      long length,
      Supplier<byte[]> md5)
      throws IOException {
    var response =
        send(
            "UploadPart",
            key,
            () ->
                s3.uploadPart(
                    r ->
                        r.bucket(bucket)
                            .key(key)
                            .uploadId(uploadId)
                            .partNumber(number)
                            .requestPayer(payer()),
                    RequestBody.fromContentProvider(content, length, MimeTypes.UNKNOWN)));
    if (isTagMd5(response.serverSideEncryption(), response.sseCustomerAlgorithm())) {
      check(key, response.eTag(), ContentTag.of(md5.get()));
    }
    return CompletedPart.builder().partNumber(number).eTag(response.eTag()).build();
  }

  Stored completeUpload(String key, String uploadId, List<CompletedPart> parts) throws IOException {
    CompleteMultipartUploadResponse response =
        send(
            "CompleteMultipartUpload",
            key,
            () ->
                s3.completeMultipartUpload(
                    r ->
                        r.bucket(bucket)
                            .key(key)
                            .uploadId(uploadId)
                            .multipartUpload(m -> m.parts(parts))
                            .requestPayer(payer())));
    Long start = uploads.remove(uploadId);
    return stored(
        response.eTag(), response.sdkHttpResponse(), start == null ? System.nanoTime() : start);
  }

  void abortUpload(String key, String uploadId) throws IOException {
    uploads.remove(uploadId);
    send(
        "AbortMultipartUpload",
        key,
        () ->
            s3.abortMultipartUpload(
                r -> r.bucket(bucket).key(key).uploadId(uploadId).requestPayer(payer())));
  }

  /** Uploads below a prefix that nobody has completed. */
  List<MultipartUpload> unfinishedUploads(String prefix) throws IOException {
    List<MultipartUpload> uploads = new ArrayList<>();
    Optional<MultipartUpload> last = Optional.empty();
    while (true) {
      Optional<MultipartUpload> after = last;
      ListMultipartUploadsResponse page =
          send(
              "ListMultipartUploads",
              "",
              () ->
                  s3.listMultipartUploads(
                      r -> {
                        r.bucket(bucket).prefix(prefix).requestPayer(payer());
                        after.ifPresent(a -> r.keyMarker(a.key()).uploadIdMarker(a.uploadId()));
                      }));
      uploads.addAll(page.uploads());
      last = Optional.ofNullable(Iterables.getLast(page.uploads(), null));
      // A server that repeats a page makes no progress, and says that there is more for ever.
      if (!Boolean.TRUE.equals(page.isTruncated()) || last.isEmpty() || last.equals(after)) {
        return uploads;
      }
    }
  }

  private RequestPayer payer() {
    return place.style().requesterPays() ? RequestPayer.REQUESTER : null;
  }

  @Override
  public void close() {
    s3.close();
  }
}
