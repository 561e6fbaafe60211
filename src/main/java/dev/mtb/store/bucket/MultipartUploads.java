package dev.mtb.store.bucket;

import com.google.common.collect.Iterables;
import dev.mtb.model.Metadata;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** The uploads in parts to a bucket. Thread-safe. */
final class MultipartUploads {
  private static final Logger log = LoggerFactory.getLogger(MultipartUploads.class);

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

  /** Upload ids of what a killed run left, by key; listed when the first large file is met. */
  private Map<String, List<String>> unfinished;

  MultipartUploads(BucketClient client, Requests requests) {
    this.client = client;
    this.requests = requests;
  }

  /** Aborts what a killed run left of the same object, and starts an upload. */
  String startAnew(String key, Metadata source) throws IOException {
    abortAll(key, takeUnfinished(key));
    return start(key, source);
  }

  private void abortAll(String key, List<String> uploadIds) throws DestinationException {
    for (String uploadId : uploadIds) {
      try {
        abort(key, uploadId);
      } catch (DestinationException e) {
        throw e;
      } catch (IOException e) {
        // It is gone already, or MTB may not abort it; the new upload does not depend on it.
        log.info("an unfinished upload of {} cannot be aborted: {}", key, e.getMessage());
      }
    }
  }

  /** A request whose answer was lost has begun an upload that no thread would end. */
  private void abortOthers(String key, String uploadId) throws DestinationException {
    List<String> others = new ArrayList<>();
    try {
      for (MultipartUpload upload : listUnfinished(key)) {
        if (upload.key().equals(key) && !upload.uploadId().equals(uploadId)) {
          others.add(upload.uploadId());
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
    if (unfinished == null) {
      unfinished = new HashMap<>();
      try {
        for (MultipartUpload upload : listUnfinished(client.prefix())) {
          unfinished.computeIfAbsent(upload.key(), k -> new ArrayList<>()).add(upload.uploadId());
        }
      } catch (IOException e) {
        // MTB may lack the permission; a backup does not need the list.
        log.info("unfinished uploads cannot be listed: {}", e.getMessage());
      }
    }
    List<String> taken = unfinished.remove(key);
    return taken == null ? List.of() : taken;
  }

  private List<MultipartUpload> listUnfinished(String prefix) throws IOException {
    List<MultipartUpload> uploads = new ArrayList<>();
    Optional<MultipartUpload> last = Optional.empty();
    while (true) {
      Optional<MultipartUpload> after = last;
      ListMultipartUploadsResponse page =
          client.send(
              "ListMultipartUploads",
              "",
              s3 ->
                  s3.listMultipartUploads(
                      r -> {
                        r.bucket(client.bucket()).prefix(prefix).requestPayer(client.payer());
                        after.ifPresent(a -> r.keyMarker(a.key()).uploadIdMarker(a.uploadId()));
                      }));
      uploads.addAll(page.uploads());
      last = Optional.ofNullable(Iterables.getLast(page.uploads(), null));
      // A server that repeats a page makes no progress, and always says that there is more.
      if (!Boolean.TRUE.equals(page.isTruncated()) || last.isEmpty() || last.equals(after)) {
        return uploads;
      }
    }
  }

  /** Starts an upload. */
  String start(String key, Metadata source) throws IOException {
    long start = System.nanoTime();
    ObjectStyle style = client.style();
    AtomicInteger retries = new AtomicInteger();
    Map<String, String> headers = client.headers(source);
    String uploadId =
        client.send(
            "CreateMultipartUpload",
            key,
            s3 ->
                s3.createMultipartUpload(
                        r -> {
                          r.bucket(client.bucket())
                              .key(key)
                              .contentType(client.type(key, source))
                              .metadata(headers)
                              .requestPayer(client.payer())
                              .overrideConfiguration(
                                  o -> o.addMetricPublisher(new RetryCount(retries)));
                          style.apply(
                              r::storageClass, r::acl, r::serverSideEncryption, r::ssekmsKeyId);
                        })
                    .uploadId());
    begun.put(uploadId, new Begun(start, headers.get("ctime")));
    if (retries.get() > 0) {
      abortOthers(key, uploadId);
    }
    return uploadId;
  }

  /**
   * Sends a part.
   *
   * @param md5 of what was sent last; called after the part is sent
   */
  CompletedPart sendPart(
      String key,
      String uploadId,
      int number,
      ContentStreamProvider content,
      long length,
      Supplier<byte[]> md5)
      throws IOException {
    UploadPartResponse response =
        client.send(
            "UploadPart",
            key,
            s3 ->
                s3.uploadPart(
                    r ->
                        r.bucket(client.bucket())
                            .key(key)
                            .uploadId(uploadId)
                            .partNumber(number)
                            .requestPayer(client.payer()),
                    RequestBody.fromContentProvider(content, length, MimeTypes.UNKNOWN)));
    if (BucketClient.isTagMd5(response.serverSideEncryption(), response.sseCustomerAlgorithm())) {
      BucketClient.checkTag(key, response.eTag(), ContentTag.of(md5.get()));
    }
    return CompletedPart.builder().partNumber(number).eTag(response.eTag()).build();
  }

  StoredVersion complete(String key, String uploadId, List<CompletedPart> parts)
      throws IOException {
    Begun start = begun.remove(uploadId);
    CompleteMultipartUploadResponse response;
    try {
      response =
          client.send(
              "CompleteMultipartUpload",
              key,
              s3 ->
                  s3.completeMultipartUpload(
                      r ->
                          r.bucket(client.bucket())
                              .key(key)
                              .uploadId(uploadId)
                              .multipartUpload(m -> m.parts(parts))
                              .requestPayer(client.payer())));
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      return completedBefore(key, start).orElseThrow(() -> e);
    }
    return client.stored(response.eTag(), response.sdkHttpResponse(), start.nanos());
  }

  /**
   * What an earlier request has completed: if the answer to that is lost, the request is sent
   * again, and the server has no such upload any more.
   *
   * @return empty if the object is another one
   */
  private Optional<StoredVersion> completedBefore(String key, Begun start) throws IOException {
    Duration took = Duration.ofNanos(System.nanoTime() - start.nanos());
    return requests
        .head(key)
        .filter(head -> head.ctime().equals(Optional.of(start.ctime())))
        .map(head -> new StoredVersion(head.tag(), Optional.empty(), took));
  }

  void abort(String key, String uploadId) throws IOException {
    begun.remove(uploadId);
    client.send(
        "AbortMultipartUpload",
        key,
        s3 ->
            s3.abortMultipartUpload(
                r ->
                    r.bucket(client.bucket())
                        .key(key)
                        .uploadId(uploadId)
                        .requestPayer(client.payer())));
  }
}
