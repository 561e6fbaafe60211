package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.StorageClass;

/**
 * A kind of request that {@link S3Client} sends, and the same request of the AWS SDK.
 *
 * @param answer a document that both take for a success
 */
record RequestKind(String name, Ours ours, Theirs theirs, String answer) {
  /** A call of MTB's client. */
  interface Ours {
    void send(S3Client client, String key) throws IOException;
  }

  /** The same call of the SDK's. */
  interface Theirs {
    void send(software.amazon.awssdk.services.s3.S3Client client, String key);
  }

  static final byte[] CONTENT = "the content".getBytes(UTF_8);
  private static final byte[] MD5 = DigestUtils.md5(CONTENT);
  private static final String BUCKET = "bucket";
  private static final String TAG = "\"9a0364b9e99bb480dd25e1f0284c8555\"";
  private static final String UPLOAD = "id+/=.%20~ü";
  private static final String TOKEN = "to/ken+=%2B &x=y";
  private static final String COPIED =
      "<CopyObjectResult><ETag>" + TAG + "</ETag></CopyObjectResult>";

  /** The headers of a new object. */
  static final Map<String, String> HEADERS =
      Map.of(
          "content-type", "text/plain; charset=utf-8",
          "x-amz-meta-mtime", "1700000000.123456789",
          "x-amz-meta-blanks", "a   b  c",
          "x-amz-storage-class", "STANDARD_IA",
          "x-amz-acl", "bucket-owner-full-control",
          "x-amz-server-side-encryption", "aws:kms",
          "x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-west-1:1:key/2");

  private static final Map<String, String> METADATA =
      Map.of("mtime", "1700000000.123456789", "blanks", "a   b  c");

  static final List<RequestKind> ALL =
      List.of(
          new RequestKind(
              "list",
              (client, key) -> client.list(key, "/", key + "/after", null, 1000),
              (client, key) ->
                  client.listObjectsV2(
                      r ->
                          r.bucket(BUCKET)
                              .encodingType(EncodingType.URL)
                              .prefix(key)
                              .delimiter("/")
                              .startAfter(key + "/after")
                              .maxKeys(1000)),
              "<ListBucketResult/>"),
          new RequestKind(
              "list, next page",
              (client, key) -> client.list(key, null, "unused", TOKEN, 7),
              (client, key) ->
                  client.listObjectsV2(
                      r ->
                          r.bucket(BUCKET)
                              .encodingType(EncodingType.URL)
                              .prefix(key)
                              .continuationToken(TOKEN)
                              .maxKeys(7)),
              "<ListBucketResult/>"),
          new RequestKind(
              "list, whole bucket",
              (client, key) -> client.list("", null, null, null, 1),
              (client, key) ->
                  client.listObjectsV2(
                      r -> r.bucket(BUCKET).encodingType(EncodingType.URL).prefix("").maxKeys(1)),
              "<ListBucketResult/>"),
          new RequestKind(
              "list versions, next page",
              (client, key) -> client.listVersions(key, key + "/marker", "version.id_1", 1000),
              (client, key) ->
                  client.listObjectVersions(
                      r ->
                          r.bucket(BUCKET)
                              .encodingType(EncodingType.URL)
                              .prefix(key)
                              .keyMarker(key + "/marker")
                              .versionIdMarker("version.id_1")
                              .maxKeys(1000)),
              "<ListVersionsResult/>"),
          new RequestKind(
              "versioning",
              (client, key) -> client.versioning(),
              (client, key) -> client.getBucketVersioning(r -> r.bucket(BUCKET)),
              "<VersioningConfiguration/>"),
          new RequestKind(
              "lifecycle",
              (client, key) -> client.lifecycle(),
              (client, key) -> client.getBucketLifecycleConfiguration(r -> r.bucket(BUCKET)),
              "<LifecycleConfiguration/>"),
          new RequestKind(
              "head, version",
              (client, key) -> client.head(key, Optional.of("version.id_1")),
              (client, key) ->
                  client.headObject(r -> r.bucket(BUCKET).key(key).versionId("version.id_1")),
              ""),
          new RequestKind(
              "get, version",
              (client, key) ->
                  client
                      .get(key, Optional.of("null"), Optional.empty(), Optional.empty())
                      .content()
                      .close(),
              (client, key) ->
                  client.getObjectAsBytes(r -> r.bucket(BUCKET).key(key).versionId("null")),
              ""),
          new RequestKind(
              "head",
              (client, key) -> client.head(key),
              (client, key) -> client.headObject(r -> r.bucket(BUCKET).key(key)),
              ""),
          new RequestKind(
              "get",
              (client, key) ->
                  client
                      .get(key, Optional.empty(), Optional.empty(), Optional.empty())
                      .content()
                      .close(),
              (client, key) -> client.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)),
              ""),
          new RequestKind(
              "get, range",
              (client, key) ->
                  client
                      .get(key, Optional.empty(), Optional.of(TAG), Optional.of("bytes=5-9"))
                      .content()
                      .close(),
              (client, key) ->
                  client.getObjectAsBytes(
                      r -> r.bucket(BUCKET).key(key).ifMatch(TAG).range("bytes=5-9")),
              "12345"),
          new RequestKind(
              "put",
              (client, key) -> client.put(key, HEADERS, Body.of(CONTENT), MD5),
              (client, key) ->
                  client.putObject(
                      r ->
                          r.bucket(BUCKET)
                              .key(key)
                              .contentType(HEADERS.get("content-type"))
                              .contentMD5(java.util.Base64.getEncoder().encodeToString(MD5))
                              .metadata(METADATA)
                              .storageClass(StorageClass.STANDARD_IA)
                              .acl(ObjectCannedACL.BUCKET_OWNER_FULL_CONTROL)
                              .serverSideEncryption(ServerSideEncryption.AWS_KMS)
                              .ssekmsKeyId("arn:aws:kms:eu-west-1:1:key/2"),
                      RequestBody.fromBytes(CONTENT)),
              ""),
          new RequestKind(
              "delete",
              (client, key) -> client.delete(key),
              (client, key) -> client.deleteObject(r -> r.bucket(BUCKET).key(key)),
              ""),
          new RequestKind(
              "delete many",
              (client, key) -> client.delete(List.of(key, "<&>\"' \r\n", "b")),
              (client, key) ->
                  client.deleteObjects(
                      r ->
                          r.bucket(BUCKET)
                              .delete(
                                  d -> d.quiet(true).objects(id(key), id("<&>\"' \r\n"), id("b")))),
              "<DeleteResult/>"),
          new RequestKind(
              "copy",
              (client, key) ->
                  client.copy(
                      key,
                      key + "2",
                      Map.of(
                          "x-amz-metadata-directive", "REPLACE",
                          "x-amz-copy-source-if-match", TAG,
                          "content-type", "text/html",
                          "x-amz-meta-mtime", "1")),
              (client, key) ->
                  client.copyObject(
                      r ->
                          r.sourceBucket(BUCKET)
                              .sourceKey(key)
                              .destinationBucket(BUCKET)
                              .destinationKey(key + "2")
                              .metadataDirective(MetadataDirective.REPLACE)
                              .copySourceIfMatch(TAG)
                              .contentType("text/html")
                              .metadata(Map.of("mtime", "1"))),
              COPIED),
          new RequestKind(
              "start upload",
              (client, key) -> client.startUpload(key, HEADERS),
              (client, key) ->
                  client.createMultipartUpload(
                      r ->
                          r.bucket(BUCKET)
                              .key(key)
                              .contentType(HEADERS.get("content-type"))
                              .metadata(METADATA)
                              .storageClass(StorageClass.STANDARD_IA)
                              .acl(ObjectCannedACL.BUCKET_OWNER_FULL_CONTROL)
                              .serverSideEncryption(ServerSideEncryption.AWS_KMS)
                              .ssekmsKeyId("arn:aws:kms:eu-west-1:1:key/2")),
              "<InitiateMultipartUploadResult><UploadId>i</UploadId></InitiateMultipartUploadResult>"),
          new RequestKind(
              "put part",
              (client, key) -> client.putPart(key, UPLOAD, 17, Body.of(CONTENT)),
              (client, key) ->
                  client.uploadPart(
                      r -> r.bucket(BUCKET).key(key).uploadId(UPLOAD).partNumber(17),
                      RequestBody.fromBytes(CONTENT)),
              ""),
          new RequestKind(
              "copy part",
              (client, key) ->
                  client.copyPart(
                      key,
                      key + "2",
                      UPLOAD,
                      3,
                      Map.of(
                          "x-amz-copy-source-range",
                          "bytes=0-9",
                          "x-amz-copy-source-if-match",
                          TAG)),
              (client, key) ->
                  client.uploadPartCopy(
                      r ->
                          r.sourceBucket(BUCKET)
                              .sourceKey(key)
                              .destinationBucket(BUCKET)
                              .destinationKey(key + "2")
                              .uploadId(UPLOAD)
                              .partNumber(3)
                              .copySourceRange("bytes=0-9")
                              .copySourceIfMatch(TAG)),
              COPIED),
          new RequestKind(
              "complete upload",
              (client, key) ->
                  client.completeUpload(
                      key,
                      UPLOAD,
                      List.of(new UploadedPart(1, TAG), new UploadedPart(2, "\"x&<\"")),
                      Map.of("if-match", TAG)),
              (client, key) ->
                  client.completeMultipartUpload(
                      r ->
                          r.bucket(BUCKET)
                              .key(key)
                              .uploadId(UPLOAD)
                              .ifMatch(TAG)
                              .multipartUpload(m -> m.parts(part(1, TAG), part(2, "\"x&<\"")))),
              "<CompleteMultipartUploadResult><ETag>"
                  + TAG
                  + "</ETag></CompleteMultipartUploadResult>"),
          new RequestKind(
              "abort upload",
              (client, key) -> client.abortUpload(key, UPLOAD),
              (client, key) ->
                  client.abortMultipartUpload(r -> r.bucket(BUCKET).key(key).uploadId(UPLOAD)),
              ""),
          new RequestKind(
              "list parts",
              (client, key) -> client.listParts(key, UPLOAD, 0),
              (client, key) -> client.listParts(r -> r.bucket(BUCKET).key(key).uploadId(UPLOAD)),
              "<ListPartsResult/>"),
          new RequestKind(
              "list parts, next page",
              (client, key) -> client.listParts(key, UPLOAD, 1000),
              (client, key) ->
                  client.listParts(
                      r -> r.bucket(BUCKET).key(key).uploadId(UPLOAD).partNumberMarker(1000)),
              "<ListPartsResult/>"),
          new RequestKind(
              "list uploads",
              (client, key) -> client.listUploads(key, Optional.empty()),
              (client, key) ->
                  client.listMultipartUploads(
                      r -> r.bucket(BUCKET).prefix(key).encodingType(EncodingType.URL)),
              "<ListMultipartUploadsResult/>"),
          new RequestKind(
              "list uploads, next page",
              (client, key) ->
                  client.listUploads(key, Optional.of(new UnfinishedUpload(key + "/x", UPLOAD))),
              (client, key) ->
                  client.listMultipartUploads(
                      r ->
                          r.bucket(BUCKET)
                              .prefix(key)
                              .encodingType(EncodingType.URL)
                              .keyMarker(key + "/x")
                              .uploadIdMarker(UPLOAD)),
              "<ListMultipartUploadsResult/>"));

  private static ObjectIdentifier id(String key) {
    return ObjectIdentifier.builder().key(key).build();
  }

  private static CompletedPart part(int number, String tag) {
    return CompletedPart.builder().partNumber(number).eTag(tag).build();
  }

  @Override
  public String toString() {
    return name;
  }
}
