package dev.mtb.store.bucket;

import com.google.common.base.Suppliers;
import dev.mtb.model.Metadata;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.RequestPayer;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** A client for one bucket: it sends requests, and knows what they have in common. Thread-safe. */
final class BucketClient implements Closeable {
  private final S3Client s3;
  private final BucketPlace place;
  private final S3Errors errors;
  private final Owner owner;
  private final ServerClock clock = new ServerClock(System::nanoTime);

  /** Read for the first file that is stored: a run that stores nothing needs no types. */
  private final Supplier<MimeTypes> mimeTypes = Suppliers.memoize(MimeTypes::ofSystem);

  private volatile Throttle throttle = Throttle.NONE;

  BucketClient(BucketPlace place, Owner owner, int connections, int retries)
      throws DestinationException {
    this.place = place;
    this.owner = owner;
    errors = new S3Errors(place);
    s3 = S3ClientFactory.make(place, connections, retries, () -> throttle);
  }

  /** Sends requests no faster than a throttle allows, from now on. */
  void limit(Throttle limit) {
    throttle = limit;
  }

  /**
   * Sends a request.
   *
   * @param what its name in the S3 API
   * @param key of the object; empty if it is about the bucket
   */
  <T> T send(String what, String key, Function<S3Client, T> request) throws IOException {
    try {
      return request.apply(s3);
    } catch (SdkException e) {
      throw errors.of(what, key, e);
    } catch (UncheckedIOException e) {
      // The SDK reads the source while it sends it.
      throw e.getCause();
    }
  }

  // What requests have in common

  String bucket() {
    return place.location().bucket();
  }

  String prefix() {
    return place.location().prefix();
  }

  ObjectStyle style() {
    return place.style();
  }

  RequestPayer payer() {
    return place.style().requesterPays() ? RequestPayer.REQUESTER : null;
  }

  /** The user metadata of a new object. */
  Map<String, String> headers(Metadata source) {
    return StoredMetadata.of(source, owner.uid(source), owner.gid(source), Instant.now());
  }

  /** The content type of a new object. */
  String type(String key, Metadata source) {
    return switch (source.kind()) {
      case DIRECTORY -> MimeTypes.DIRECTORY;
      case LINK -> MimeTypes.UNKNOWN;
      default -> mimeTypes.get().of(key);
    };
  }

  // What answers have in common

  /** Learns the server's time from an answer that has just come. */
  void learnTime(SdkHttpResponse answer) {
    Optional<Instant> unused = clock.now(answer);
  }

  /**
   * Describes what has just been stored.
   *
   * @param startNanos when MTB began to send it, by {@link System#nanoTime}
   */
  StoredVersion stored(String tag, SdkHttpResponse answer, long startNanos) {
    return new StoredVersion(
        ContentTag.parse(tag), clock.now(answer), Duration.ofNanos(System.nanoTime() - startNanos));
  }

  /** Whether tags are MD5 digests: with some ways of encryption they say nothing of the content. */
  static boolean isTagMd5(ServerSideEncryption encryption, String customerAlgorithm) {
    return customerAlgorithm == null
        && (encryption == null || encryption == ServerSideEncryption.AES256);
  }

  /** Checks the tag that the server gives to what was sent: the server may store it wrong. */
  static void checkTag(String key, String given, ContentTag expected) throws IOException {
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

  @Override
  public void close() {
    s3.close();
  }
}
