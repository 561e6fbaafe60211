package dev.mtb.store.bucket;

import com.google.common.base.Suppliers;
import dev.mtb.model.Metadata;
import dev.mtb.s3.AwsSettings;
import dev.mtb.s3.Credentials;
import dev.mtb.s3.CredentialsSource;
import dev.mtb.s3.Endpoint;
import dev.mtb.s3.Pace;
import dev.mtb.s3.S3Client;
import dev.mtb.s3.S3Settings;
import dev.mtb.s3.SourceException;
import dev.mtb.s3.StoredObject;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Throttle;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client for one bucket. It sends requests, and has what all requests share: prefix, headers,
 * clock. Thread-safe.
 */
final class BucketClient implements Closeable {
  /** The region of a place that has none. Many servers accept any region. */
  private static final String ANY_REGION = "us-east-1";

  private static final Logger log = LoggerFactory.getLogger(BucketClient.class);

  private final S3Client s3;
  private final BucketPlace place;
  private final S3Errors errors;
  private final Owner owner;
  private final RequestLimit atOnce;
  private final ServerClock clock = new ServerClock(System::nanoTime);
  private final AtomicBoolean isEncryptionDoubted = new AtomicBoolean();

  /** Read for the first file that is stored: a run that stores nothing needs no types. */
  private final Supplier<MimeTypes> mimeTypes = Suppliers.memoize(MimeTypes::ofSystem);

  BucketClient(BucketPlace place, BucketAccess access) throws DestinationException {
    this.place = place;
    owner = Owner.of(access.process());
    atOnce = access.requestLimit();
    errors = new S3Errors(place);
    String bucket = place.location().bucket();
    String region = region(place);
    s3 =
        new S3Client(
            new S3Settings(
                bucket,
                region,
                Endpoint.of(bucket, region, place.endpoint(), place.pathStyle()),
                credentials(place),
                access.connections(),
                access.retries(),
                StyleHeaders.ofRequest(place.style()),
                access.options().connection().signPayload(),
                /* hashesParts= */ place.style().lock().isPresent()));
    limit(Throttle.NONE);
  }

  private static CredentialsSource credentials(BucketPlace place) throws DestinationException {
    if (place.passwdFile().isEmpty()) {
      return AwsSettings.credentials(place.identity());
    }
    PasswdFile passwd = PasswdFile.read(place.passwdFile().get(), place.location().bucket());
    return CredentialsSource.of(Credentials.of(passwd.accessKey(), passwd.secretKey()));
  }

  private static String region(BucketPlace place) {
    if (place.region().isPresent()) {
      return place.region().get();
    }
    if (place.passwdFile().isPresent() && place.endpoint().isPresent()) {
      return ANY_REGION;
    }
    return AwsSettings.region().orElse(ANY_REGION);
  }

  /** Sends requests no faster than a throttle allows, from now on. */
  void limit(Throttle limit) {
    s3.limit(new BucketPace(limit, atOnce));
  }

  /** A run's limits, and how many requests the bucket takes at a time. */
  private record BucketPace(Throttle limit, RequestLimit atOnce) implements Pace {
    @Override
    public long begin() {
      return atOnce.begin();
    }

    @Override
    public void end(long begun, boolean isThrottled) {
      atOnce.end(begun, isThrottled);
    }

    @Override
    public void request() {
      limit.operation();
    }

    @Override
    public int take(long wanted) {
      return limit.take(wanted);
    }
  }

  /** How many requests may be under way. */
  RequestLimit requestLimit() {
    return atOnce;
  }

  /** A request, and what is answered. */
  interface Request<T> {
    T send(S3Client s3) throws IOException;
  }

  /**
   * Sends a request.
   *
   * @param what its name in the S3 API
   * @param key of the object; empty if it is about the bucket
   */
  <T> T send(String what, String key, Request<T> request) throws IOException {
    try {
      return request.send(s3);
    } catch (SourceException e) {
      throw e.failure();
    } catch (IOException e) {
      throw errors.of(what, key, e);
    }
  }

  /** A request whose answer has no content. */
  interface Command {
    void send(S3Client s3) throws IOException;
  }

  /** Sends a request, as {@link #send}. */
  void run(String what, String key, Command command) throws IOException {
    boolean unused =
        send(
            what,
            key,
            s3 -> {
              command.send(s3);
              return true;
            });
  }

  // Shared by requests

  String prefix() {
    return place.location().prefix();
  }

  /** The headers that each new object is stored with. */
  Map<String, String> headers(String key, Metadata source) {
    Instant now = Instant.now();
    Map<String, String> headers = StyleHeaders.ofObject(place.style(), now);
    headers.put("content-type", type(key, source));
    StoredMetadata.of(source, owner.uid(source), owner.gid(source), now)
        .forEach((name, value) -> headers.put("x-amz-meta-" + name, value));
    return headers;
  }

  /** The headers that each copy of an object is stored with. */
  Map<String, String> styleHeaders() {
    return StyleHeaders.ofCopy(place.style(), Instant.now());
  }

  private String type(String key, Metadata source) {
    return switch (source.kind()) {
      case DIRECTORY -> MimeTypes.DIRECTORY;
      case LINK -> MimeTypes.UNKNOWN;
      default -> mimeTypes.get().of(key);
    };
  }

  // Shared by answers

  /**
   * The server's time when this run began to use the server, or an earlier time; empty if it is not
   * known.
   */
  Optional<Instant> startedAt() {
    return clock.atStart();
  }

  /** Learns the server's time from an answer that has just come. */
  void learnTime(Optional<Instant> date) {
    Optional<Instant> unused = clock.now(date);
  }

  /**
   * Describes what has just been stored.
   *
   * @param startNanos when MTB began to send it, by {@link System#nanoTime}
   */
  StoredVersion stored(StoredObject answer, long startNanos) {
    return new StoredVersion(
        answer.tag().flatMap(ContentTag::parse),
        clock.now(answer.date()),
        Duration.ofNanos(System.nanoTime() - startNanos));
  }

  /**
   * Says once in a run if the server does not confirm the encryption that is wanted: Ceph 16 takes
   * {@code AES256} over plain HTTP without a word, and stores what is sent as it is.
   */
  void checkEncryption(StoredObject stored) {
    Optional<String> wanted = place.style().encryption();
    if (wanted.isPresent()
        && !stored.encryption().equals(wanted)
        && !isEncryptionDoubted.getAndSet(true)) {
      log.warn(
          "{} does not confirm that it encrypts what it stores ({} is asked for): it may be kept"
              + " there unencrypted",
          place.name(),
          wanted.get());
    }
  }

  /** Checks the tag that the server gives to what was sent: the server may store it wrong. */
  static void checkTag(String key, StoredObject stored, ContentTag expected) throws IOException {
    Optional<ContentTag> tag = stored.tag().flatMap(ContentTag::parse);
    if (stored.isTagMd5() && tag.isPresent() && !tag.get().equals(expected)) {
      throw new WrongContentException(key, tag.get(), expected);
    }
  }

  @Override
  public void close() {
    s3.close();
  }
}
