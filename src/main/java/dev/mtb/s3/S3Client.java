package dev.mtb.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A client for one bucket. Each method sends one request, again after transient errors, as often as
 * the settings say, and returns what the answer tells. All throw {@link S3Exception} if the server
 * refuses, {@link CredentialsException} if there are no credentials, {@link SourceException} if a
 * {@link Body} cannot be read, {@link MalformedAnswerException} if the answer is no valid XML, and
 * another {@link IOException} if there was no answer. Thread-safe.
 */
public final class S3Client implements Closeable {
  private static final String XML = "application/xml";

  private final RequestSender sender;
  private final S3Settings settings;

  /** Makes one; no request is sent yet. */
  public S3Client(S3Settings settings) {
    this(settings, Thread::sleep);
  }

  /**
   * Makes one.
   *
   * @param sleep before a retry
   */
  S3Client(S3Settings settings, Retries.Sleep sleep) {
    this.settings = settings;
    sender = new RequestSender(settings, sleep);
  }

  /** Sends requests no faster than a pace allows, from now on. */
  public void limit(Pace pace) {
    sender.limit(pace);
  }

  private <T> T send(S3Request request, RequestSender.Reading<T> reading) throws IOException {
    return sender.send(request.headers(settings.headers()), reading);
  }

  /** Sends a request whose answer says nothing but that it is done. */
  private void send(S3Request request) throws IOException {
    int unused =
        send(
            request,
            (answer, attempt) -> {
              answer.close();
              return attempt;
            });
  }

  /**
   * Lists keys in the order of their bytes (ListObjectsV2).
   *
   * @param prefix of the keys
   * @param delimiter at which keys are put together; null for none
   * @param startAfter the page begins after this key; null for the first of all
   * @param token of the page before; null for the first page
   * @param most keys in the page
   */
  public ListPage list(String prefix, String delimiter, String startAfter, String token, int most)
      throws IOException {
    S3Request request =
        new S3Request("GET", "")
            .query("list-type", "2")
            // Without this encoding, one control character in a key makes the XML of the page
            // invalid.
            .query("encoding-type", "url")
            .query("prefix", prefix)
            .query("delimiter", delimiter)
            .query("start-after", token == null ? startAfter : null)
            .query("continuation-token", token)
            .query("max-keys", Integer.toString(most));
    return send(request, (answer, attempt) -> ListPage.of(document(answer), answer.date()));
  }

  /**
   * Lists versions of objects in the order of their keys, those of a key from the newest to the
   * oldest (ListObjectVersions).
   *
   * @param prefix of the keys
   * @param keyMarker the page begins after this key; null for the first of all
   * @param versionMarker the page begins after this version of that key; null for none
   * @param most versions in the page
   */
  public VersionPage listVersions(String prefix, String keyMarker, String versionMarker, int most)
      throws IOException {
    S3Request request =
        new S3Request("GET", "")
            .query("versions", "")
            .query("encoding-type", "url")
            .query("prefix", prefix)
            .query("key-marker", keyMarker)
            .query("version-id-marker", versionMarker)
            .query("max-keys", Integer.toString(most));
    return send(request, (answer, attempt) -> VersionPage.of(document(answer), answer.date()));
  }

  /**
   * Asks whether the bucket keeps old versions (GetBucketVersioning).
   *
   * @return {@code Enabled} or {@code Suspended}; empty if it never did
   */
  public Optional<String> versioning() throws IOException {
    return send(
        new S3Request("GET", "").query("versioning", ""),
        (answer, attempt) -> document(answer).text("Status"));
  }

  /** Asks what the server deletes by itself (GetBucketLifecycleConfiguration). */
  public List<LifecycleRule> lifecycle() throws IOException {
    return send(
        new S3Request("GET", "").query("lifecycle", ""),
        (answer, attempt) ->
            document(answer).children("Rule").stream().map(LifecycleRule::of).toList());
  }

  /** Looks at the current version of an object (HeadObject). */
  public ObjectInfo head(String key) throws IOException {
    return head(key, Optional.empty());
  }

  /** Looks at a version of an object; empty for the current one (HeadObject). */
  public ObjectInfo head(String key, Optional<String> version) throws IOException {
    return send(
        new S3Request("HEAD", key).query("versionId", version.orElse(null)),
        (answer, attempt) -> {
          try (answer) {
            return ObjectInfo.of(answer);
          }
        });
  }

  /**
   * Begins to read an object (GetObject).
   *
   * @param version of the object; empty for the current one
   * @param ifMatch the tag of the version that is wanted; empty for the current one
   * @param range in the form of the header; empty for the whole
   */
  public ObjectReading get(
      String key, Optional<String> version, Optional<String> ifMatch, Optional<String> range)
      throws IOException {
    S3Request request = new S3Request("GET", key).query("versionId", version.orElse(null));
    ifMatch.ifPresent(tag -> request.headers.put("if-match", tag));
    range.ifPresent(bytes -> request.headers.put("range", bytes));
    return send(
        request, (answer, attempt) -> new ObjectReading(ObjectInfo.of(answer), answer.handOut()));
  }

  /**
   * Stores an object (PutObject).
   *
   * @param headers that it is stored with, by their names in lower case
   * @param md5 of the body; the server refuses what does not have it
   */
  public StoredObject put(String key, Map<String, String> headers, Body body, byte[] md5)
      throws IOException {
    S3Request request = content(new S3Request("PUT", key).headers(headers), body);
    request.headers.put("content-md5", base64(md5));
    return send(request, (answer, attempt) -> stored(answer));
  }

  private static String base64(byte[] digest) {
    return Base64.getEncoder().encodeToString(digest);
  }

  private S3Request content(S3Request request, Body body) throws IOException {
    return settings.signsPayload() ? request.signed(body) : request.unsigned(body);
  }

  private static StoredObject stored(Answer answer) throws IOException {
    try (answer) {
      return StoredObject.of(answer);
    }
  }

  /** Deletes an object; one that is not there is deleted already (DeleteObject). */
  public void delete(String key) throws IOException {
    send(new S3Request("DELETE", key));
  }

  /**
   * Deletes up to a thousand objects (DeleteObjects).
   *
   * @return what the server says of those that it did not delete, by their keys
   */
  public Map<String, String> delete(Collection<String> keys) throws IOException {
    StringBuilder xml = new StringBuilder("<Delete><Quiet>true</Quiet>");
    keys.forEach(
        key -> xml.append("<Object><Key>").append(Xml.escape(key)).append("</Key></Object>"));
    byte[] document = xml.append("</Delete>").toString().getBytes(UTF_8);
    S3Request request = new S3Request("POST", "").query("delete", "").signed(document);
    request.headers.put("content-type", XML);
    // Many servers know no other checksum here.
    request.headers.put("content-md5", base64(DigestUtils.md5(document)));
    return send(
        request,
        (answer, attempt) -> {
          Map<String, String> failures = new HashMap<>();
          for (Xml error : document(answer).children("Error")) {
            String words = error.text("Code").orElse("") + ": " + error.text("Message").orElse("");
            failures.put(error.text("Key").orElse(""), words);
          }
          return failures;
        });
  }

  /**
   * Copies an object of up to 5 GiB on the server (CopyObject).
   *
   * @param headers of the copy, by their names in lower case
   */
  public StoredObject copy(String from, String to, Map<String, String> headers) throws IOException {
    S3Request request = new S3Request("PUT", to).headers(headers);
    request.headers.put("x-amz-copy-source", source(from));
    return send(
        request, (answer, attempt) -> StoredObject.of(answer, document(answer).text("ETag")));
  }

  private String source(String key) {
    return Encoding.encodePath(settings.bucket() + "/" + key);
  }

  /**
   * Starts an upload in parts (CreateMultipartUpload).
   *
   * @param headers that the object is stored with, by their names in lower case
   */
  public StartedUpload startUpload(String key, Map<String, String> headers) throws IOException {
    return send(
        new S3Request("POST", key).query("uploads", "").headers(headers),
        (answer, attempt) ->
            new StartedUpload(
                document(answer)
                    .text("UploadId")
                    .orElseThrow(() -> new IOException("the server names no upload")),
                attempt));
  }

  /** Sends a part of an upload (UploadPart). */
  public StoredObject putPart(String key, String uploadId, int number, Body body)
      throws IOException {
    S3Request request = content(part(key, uploadId, number), body);
    if (settings.hashesParts()) {
      request.headers.put(
          "content-md5", base64(S3Request.digest(body, DigestUtils.getMd5Digest())));
    }
    return send(request, (answer, attempt) -> stored(answer));
  }

  private static S3Request part(String key, String uploadId, int number) {
    return new S3Request("PUT", key)
        .query("partNumber", Integer.toString(number))
        .query("uploadId", uploadId);
  }

  /**
   * Copies a range of an object on the server into a part of an upload (UploadPartCopy).
   *
   * @param headers that name the range and the condition, by their names in lower case
   * @return the tag of the part
   */
  public String copyPart(
      String from, String to, String uploadId, int number, Map<String, String> headers)
      throws IOException {
    S3Request request = part(to, uploadId, number).headers(headers);
    request.headers.put("x-amz-copy-source", source(from));
    return send(
        request,
        (answer, attempt) ->
            document(answer)
                .text("ETag")
                .orElseThrow(() -> new IOException("the server tells no ETag of the part")));
  }

  /**
   * Makes an object of the parts of an upload (CompleteMultipartUpload).
   *
   * @param headers that name a condition, by their names in lower case
   */
  public StoredObject completeUpload(
      String key, String uploadId, List<UploadedPart> parts, Map<String, String> headers)
      throws IOException {
    StringBuilder xml = new StringBuilder("<CompleteMultipartUpload>");
    for (UploadedPart part : parts) {
      xml.append("<Part><PartNumber>")
          .append(part.number())
          .append("</PartNumber><ETag>")
          .append(Xml.escape(part.tag()))
          .append("</ETag></Part>");
    }
    byte[] document = xml.append("</CompleteMultipartUpload>").toString().getBytes(UTF_8);
    S3Request request =
        new S3Request("POST", key).query("uploadId", uploadId).headers(headers).signed(document);
    request.headers.put("content-type", XML);
    return send(
        request, (answer, attempt) -> StoredObject.of(answer, document(answer).text("ETag")));
  }

  /** Ends an upload, and deletes its parts (AbortMultipartUpload). */
  public void abortUpload(String key, String uploadId) throws IOException {
    send(new S3Request("DELETE", key).query("uploadId", uploadId));
  }

  /**
   * Lists unfinished uploads (ListMultipartUploads).
   *
   * @param prefix of their keys
   * @param after the last of the page before; empty for the first page
   */
  public UploadPage listUploads(String prefix, Optional<UnfinishedUpload> after)
      throws IOException {
    S3Request request =
        new S3Request("GET", "")
            .query("uploads", "")
            .query("encoding-type", "url")
            .query("prefix", prefix)
            .query("key-marker", after.map(UnfinishedUpload::key).orElse(null))
            .query("upload-id-marker", after.map(UnfinishedUpload::id).orElse(null));
    return send(request, (answer, attempt) -> UploadPage.of(document(answer)));
  }

  /**
   * Lists the parts of an unfinished upload (ListParts).
   *
   * @param after the number of the last part of the page before; 0 for the first page
   */
  public PartPage listParts(String key, String uploadId, int after) throws IOException {
    S3Request request =
        new S3Request("GET", key)
            .query("uploadId", uploadId)
            .query("part-number-marker", after == 0 ? null : Integer.toString(after));
    return send(request, (answer, attempt) -> PartPage.of(document(answer)));
  }

  /**
   * Reads the document of an answer. If a server needs long to copy or to complete an object, it
   * first sends status 200, and reports a later failure in the document.
   */
  private static Xml document(Answer answer) throws IOException {
    try (answer) {
      Xml document = Xml.parse(answer.content());
      if (document.name().equals("Error")) {
        throw RequestSender.refusal(answer, document);
      }
      return document;
    }
  }

  /** Makes a client and drops it. That loads most of the classes that a first request needs. */
  public static void warmUp() {
    Endpoint endpoint = new Endpoint("http", "localhost", 1, "/");
    CredentialsSource none = CredentialsSource.of(Credentials.of("none", "none"));
    new S3Client(new S3Settings("none", "none", endpoint, none, 1, 0, Map.of(), false, false))
        .close();
    String unused = Signer.NO_PAYLOAD;
  }

  @Override
  public void close() {
    sender.close();
  }
}
