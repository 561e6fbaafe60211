package dev.mtb.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.commons.codec.digest.DigestUtils;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.Tag;

/** Reads and changes a bucket directly, without the code under test. */
public final class S3Probe implements AutoCloseable {
  private static final Duration ABORT_LIMIT = Duration.ofMinutes(1);

  private final S3Client s3;
  private final String bucket;

  /** Connects to a server on 127.0.0.1 directly, not through a counting proxy. */
  public S3Probe(int port, String bucket, String identity, String credential) {
    this(URI.create("http://127.0.0.1:" + port), bucket, identity, credential);
  }

  /** Connects to any server. */
  S3Probe(URI endpoint, String bucket, String identity, String credential) {
    this.bucket = bucket;
    s3 =
        S3Client.builder()
            .httpClient(Apache5HttpClient.create())
            .region(Region.US_EAST_1)
            .endpointOverride(endpoint)
            .forcePathStyle(true)
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(c -> c.chunkedEncodingEnabled(false))
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create(identity, credential)))
            .build();
  }

  /** Looks into the bucket of a server of this package. */
  public static S3Probe of(S3Server server) {
    return new S3Probe(server.port(), server.bucket(), server.identity(), server.credential());
  }

  /** Makes the bucket. */
  public void createBucket() {
    s3.createBucket(r -> r.bucket(bucket));
  }

  /** Deletes the bucket with everything in it, also old versions and unfinished uploads. */
  public void deleteBucket() {
    unfinishedUploads().forEach(this::abortUploads);
    s3.listObjectVersionsPaginator(r -> r.bucket(bucket))
        .forEach(
            page -> {
              page.versions().forEach(v -> deleteVersion(v.key(), v.versionId()));
              page.deleteMarkers().forEach(m -> deleteVersion(m.key(), m.versionId()));
            });
    s3.deleteBucket(r -> r.bucket(bucket));
  }

  private void deleteVersion(String key, String version) {
    s3.deleteObject(r -> r.bucket(bucket).key(key).versionId(version));
  }

  /**
   * Makes the bucket keep versions.
   *
   * @param status {@code Enabled} or {@code Suspended}
   */
  public void setVersioning(String status) {
    s3.putBucketVersioning(r -> r.bucket(bucket).versioningConfiguration(v -> v.status(status)));
  }

  /** All keys that begin with a prefix. */
  public List<String> keys(String prefix) {
    return s3.listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix)).contents().stream()
        .map(S3Object::key)
        .toList();
  }

  /** Stores a text, with the user metadata given. */
  public void put(String key, String text, Map<String, String> metadata) {
    s3.putObject(
        r -> r.bucket(bucket).key(key).contentType("text/plain").metadata(metadata),
        RequestBody.fromString(text, StandardCharsets.UTF_8));
  }

  /** Gives an object other user metadata, and leaves its content. */
  public void copyOntoItself(String key, Map<String, String> metadata) {
    s3.copyObject(
        r ->
            r.sourceBucket(bucket)
                .sourceKey(key)
                .destinationBucket(bucket)
                .destinationKey(key)
                .metadataDirective(MetadataDirective.REPLACE)
                .metadata(metadata));
  }

  /** Deletes an object. */
  public void delete(String key) {
    s3.deleteObject(r -> r.bucket(bucket).key(key));
  }

  /** The user metadata of an object. */
  public Map<String, String> metadata(String key) {
    return s3.headObject(r -> r.bucket(bucket).key(key)).metadata();
  }

  /** The size of an object. */
  public long size(String key) {
    return s3.headObject(r -> r.bucket(bucket).key(key)).contentLength();
  }

  /** The ETag of an object, without quotation marks. */
  public String tag(String key) {
    return s3.headObject(r -> r.bucket(bucket).key(key)).eTag().replace("\"", "");
  }

  /** The MD5 of an object's content, which is not held in memory. */
  public String md5(String key) throws IOException {
    try (InputStream in = s3.getObject(r -> r.bucket(bucket).key(key))) {
      return DigestUtils.md5Hex(in);
    }
  }

  /** Stores an object in two parts, as another client might. */
  public void putInParts(String key, byte[] first, byte[] second) {
    String id = startUpload(key);
    List<CompletedPart> parts = new ArrayList<>();
    for (byte[] content : List.of(first, second)) {
      int number = parts.size() + 1;
      String tag =
          s3.uploadPart(
                  r -> r.bucket(bucket).key(key).uploadId(id).partNumber(number),
                  RequestBody.fromBytes(content))
              .eTag();
      parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
    }
    s3.completeMultipartUpload(
        r -> r.bucket(bucket).key(key).uploadId(id).multipartUpload(m -> m.parts(parts)));
  }

  /** Starts an upload in parts, and leaves it. */
  public String startUpload(String key) {
    return s3.createMultipartUpload(r -> r.bucket(bucket).key(key)).uploadId();
  }

  private List<String> uploads(String key) {
    return s3.listMultipartUploads(r -> r.bucket(bucket)).uploads().stream()
        .filter(upload -> upload.key().equals(key))
        .map(MultipartUpload::uploadId)
        .toList();
  }

  /**
   * Ends the unfinished uploads of a key, also where a part is still arriving from a client that
   * was interrupted. S3Proxy may refuse that meanwhile (400), and S3 may have to be asked again.
   */
  public void abortUploads(String key) {
    Instant limit = Instant.now().plus(ABORT_LIMIT);
    List<String> ids = uploads(key);
    while (!ids.isEmpty()) {
      for (String id : ids) {
        try {
          s3.abortMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(id));
        } catch (S3Exception e) {
          if (Instant.now().isAfter(limit)) {
            throw e;
          }
          LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
      }
      ids = uploads(key);
    }
  }

  /** Sends a part to the unfinished upload of a key. */
  public void replacePart(String key, int number, byte[] content) {
    String id = uploads(key).get(0);
    s3.uploadPart(
        r -> r.bucket(bucket).key(key).uploadId(id).partNumber(number),
        RequestBody.fromBytes(content));
  }

  /** The content of an object; empty if there is none. */
  public Optional<byte[]> content(String key) {
    try {
      return Optional.of(s3.getObjectAsBytes(r -> r.bucket(bucket).key(key)).asByteArray());
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    }
  }

  /** The content type of an object. */
  public String contentType(String key) {
    return s3.headObject(r -> r.bucket(bucket).key(key)).contentType();
  }

  /** The storage class of an object; empty if it is the default. */
  public Optional<String> storageClass(String key) {
    return Optional.ofNullable(
        s3.headObject(r -> r.bucket(bucket).key(key)).storageClassAsString());
  }

  /** The tags of an object. */
  public Map<String, String> tags(String key) {
    return s3.getObjectTagging(r -> r.bucket(bucket).key(key)).tagSet().stream()
        .collect(Collectors.toMap(Tag::key, Tag::value));
  }

  /** The keys of uploads that were neither completed nor aborted. */
  public List<String> unfinishedUploads() {
    return s3.listMultipartUploads(r -> r.bucket(bucket)).uploads().stream()
        .map(MultipartUpload::key)
        .toList();
  }

  @Override
  public void close() {
    s3.close();
  }
}
