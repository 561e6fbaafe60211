package dev.mtb.store.bucket;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.s3.CredentialsException;
import dev.mtb.s3.MalformedAnswerException;
import dev.mtb.s3.S3Exception;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The failures of requests to S3, as exceptions with messages that say what to do. They distinguish
 * a failure of one object from a failure of the whole bucket. The codes are those of the Amazon S3
 * API reference, "Error responses".
 */
final class S3Errors {
  private static final int MOVED = 301;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;
  private static final int NOT_IMPLEMENTED = 501;

  private final BucketPlace place;

  S3Errors(BucketPlace place) {
    this.place = place;
  }

  /**
   * Turns a failure of the client into an exception of {@link dev.mtb.store}.
   *
   * @param what was asked for, such as {@code PutObject}
   * @param key of the object; empty if it was the bucket
   */
  IOException of(String what, String key, IOException e) {
    if (e instanceof S3Exception refusal) {
      return ofServer(what, key, refusal);
    }
    if (e instanceof CredentialsException) {
      return lost(
          !e.getMessage().isEmpty()
              ? e.getMessage()
              : "no credentials were found; give Connection.passwdFile, or set AWS_ACCESS_KEY_ID and"
                  + " AWS_SECRET_ACCESS_KEY, or run aws configure",
          e);
    }
    return ofConnection(what, e);
  }

  /** Whether a request asked for another version than the one that is there. */
  static boolean isPreconditionFailed(IOException e) {
    return e.getCause() instanceof S3Exception refusal && refusal.status() == PRECONDITION_FAILED;
  }

  /** Whether the error is transient, so that a later request may succeed. */
  static boolean isTransient(IOException e) {
    return e.getCause() instanceof S3Exception refusal
        && (refusal.status() == TOO_MANY_REQUESTS
            || (refusal.status() >= SERVER_ERROR && refusal.status() != NOT_IMPLEMENTED));
  }

  private IOException ofServer(String what, String key, S3Exception e) {
    String bucket = place.location().bucket();
    return switch (e.code()) {
      case "NoSuchBucket" ->
          lost("the bucket " + bucket + " does not exist; check its name, or create it", e);
      case "InvalidAccessKeyId" ->
          lost("the access key is not known there; check the credentials", e);
      case "SignatureDoesNotMatch" ->
          lost(
              "the secret key does not match the access key, or Connection.region is not the"
                  + " server's; check"
                  + " the credentials",
              e);
      case "ExpiredToken", "TokenRefreshRequired", "InvalidToken", "RequestExpired" ->
          lost("the credentials have expired; get new ones and run again", e);
      case "RequestTimeTooSkewed" ->
          lost(
              "this machine's clock "
                  + skew(e)
                  + ", too far from the server's to be believed; set it (timedatectl, chrony)",
              e);
      case "PermanentRedirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "TemporaryRedirect" ->
          wrongRegion(e);
      case "AllAccessDisabled", "AccountProblem", "NotSignedUp", "InvalidPayer" ->
          lost("the account may not use S3: " + e.getMessage(), e);
      case "BadDigest" -> new IOException("it changed on its way to the bucket (BadDigest)", e);
      case "SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling" ->
          new IOException(
              "the server is asking for a pause again and again ("
                  + e.code()
                  + "); try fewer Concurrency.threads",
              e);
      case "InvalidObjectState" ->
          new IOException(
              "it is in an archive class; restore it there first (aws s3api restore-object)", e);
      case "QuotaExceeded", "EntityTooLarge" ->
          new IOException("the server will not take it: " + e.getMessage(), e);
      default -> ofStatus(what, key, e);
    };
  }

  /** For answers without a code: the answer to a HEAD has no body. */
  private IOException ofStatus(String what, String key, S3Exception e) {
    String bucket = place.location().bucket();
    if (e.status() == MOVED) {
      return wrongRegion(e);
    }
    if (e.status() == NOT_FOUND) {
      return new NoSuchFileException(key);
    }
    if (e.status() == FORBIDDEN) {
      String denied =
          "access denied; the credentials need s3:"
              + permission(what)
              + " on arn:aws:s3:::"
              + bucket
              + (key.isEmpty() ? "" : "/*");
      return key.isEmpty() ? lost(denied, e) : new IOException(denied, e);
    }
    if (e.status() == PRECONDITION_FAILED) {
      return new IOException("another program has written it meanwhile; run again", e);
    }
    if (e.status() == NOT_IMPLEMENTED) {
      return new UnknownRequestException(what, e);
    }
    String remedy =
        e.status() >= SERVER_ERROR
            ? "; it is the server's own error, and its log says more; run again"
            : "";
    return new IOException(what + " failed: " + e.getMessage() + remedy, e);
  }

  /** A request, or one of its headers, that the server does not know. */
  static final class UnknownRequestException extends IOException {
    private static final long serialVersionUID = 1;

    private UnknownRequestException(String what, Throwable cause) {
      super("the server does not know the request " + what, cause);
    }
  }

  private static String permission(String what) {
    return switch (what) {
      case "ListObjectsV2" -> "ListBucket";
      case "ListObjectVersions" -> "ListBucketVersions";
      case "GetBucketLifecycleConfiguration" -> "GetLifecycleConfiguration";
      case "HeadObject" -> "GetObject";
      case "CopyObject", "UploadPartCopy" -> "GetObject and s3:PutObject";
      case "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload" -> "PutObject";
      case "ListParts" -> "ListMultipartUploadParts";
      case "ListMultipartUploads" -> "ListBucketMultipartUploads";
      case "DeleteObjects" -> "DeleteObject";
      default -> what;
    };
  }

  private IOException wrongRegion(S3Exception e) {
    return lost(
        "the bucket is in another region; give it with Connection.region"
            + e.region().map(name -> " " + name).orElse(""),
        e);
  }

  private static String skew(S3Exception e) {
    return e.date()
        .map(time -> Duration.between(time, Instant.now()).abs().truncatedTo(ChronoUnit.SECONDS))
        .map(difference -> "differs by " + Format.duration(difference))
        .orElse("is wrong");
  }

  private IOException ofConnection(String what, IOException e) {
    if (e instanceof MalformedAnswerException) {
      return new IOException(what + " failed: " + e.getMessage(), e);
    }
    boolean isTimeout = e instanceof SocketTimeoutException;
    if (e instanceof InterruptedIOException && !isTimeout) {
      return e;
    }
    if (isTimeout && (what.equals("CopyObject") || what.equals("UploadPartCopy"))) {
      return new IOException(what + " failed: the server did not answer in time", e);
    }
    return lost(
        "it cannot be reached ("
            + ErrorText.of(e)
            + "); check the network and"
            + " Connection.endpoint",
        e);
  }

  private DestinationException lost(String why, IOException e) {
    return new DestinationException(
        "the destination " + place.name() + " cannot be used: " + why, e);
  }
}
