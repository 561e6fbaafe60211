package dev.mtb.store.bucket;

import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * The failures of requests to S3, as exceptions with messages that say what to do. A failure of one
 * object is told from a failure of the whole bucket. The codes are those of the Amazon S3 API
 * reference, "Error responses".
 */
final class S3Errors {
  private static final int MOVED = 301;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final int SERVER_ERROR = 500;
  private static final int NOT_IMPLEMENTED = 501;

  private final BucketPlace place;

  S3Errors(BucketPlace place) {
    this.place = place;
  }

  /**
   * Turns the SDK's failure into one of the seam.
   *
   * @param what was asked for, such as {@code PutObject}
   * @param key of the object; empty if it was the bucket
   */
  IOException of(String what, String key, SdkException e) {
    if (e instanceof AwsServiceException service) {
      return ofService(what, key, service);
    }
    return ofClient(what, e);
  }

  /** Whether a request asked for another version than the one that is there. */
  static boolean isPreconditionFailed(IOException e) {
    return e.getCause() instanceof AwsServiceException service
        && service.statusCode() == PRECONDITION_FAILED;
  }

  private IOException ofService(String what, String key, AwsServiceException e) {
    String code = e.awsErrorDetails() == null ? "" : e.awsErrorDetails().errorCode();
    String bucket = place.location().bucket();
    return switch (code == null ? "" : code) {
      case "NoSuchBucket" ->
          lost("the bucket " + bucket + " does not exist; check its name, or create it", e);
      case "InvalidAccessKeyId" ->
          lost("the access key is not known there; check the credentials", e);
      case "SignatureDoesNotMatch" ->
          lost(
              "the secret key does not fit the access key, or Connection.region is not the"
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
          lost("the account may not use S3: " + details(e), e);
      case "BadDigest" -> new IOException("it changed on its way to the bucket (BadDigest)", e);
      case "SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling" ->
          new IOException(
              "the server is asking for a pause again and again ("
                  + code
                  + "); try fewer Concurrency.threads",
              e);
      case "InvalidObjectState" ->
          new IOException(
              "it is in an archive class; restore it there first (aws s3api restore-object)", e);
      case "QuotaExceeded", "EntityTooLarge" ->
          new IOException("the server will not take it: " + details(e), e);
      default -> ofStatus(what, key, e);
    };
  }

  /** For answers without a code: the answer to a HEAD has no body. */
  private IOException ofStatus(String what, String key, AwsServiceException e) {
    String bucket = place.location().bucket();
    if (e.statusCode() == MOVED) {
      return wrongRegion(e);
    }
    if (e.statusCode() == NOT_FOUND) {
      return new NoSuchFileException(key);
    }
    if (e.statusCode() == FORBIDDEN) {
      String denied =
          "access denied; the credentials need s3:"
              + permission(what)
              + " on arn:aws:s3:::"
              + bucket
              + (key.isEmpty() ? "" : "/*");
      return key.isEmpty() ? lost(denied, e) : new IOException(denied, e);
    }
    if (e.statusCode() == PRECONDITION_FAILED) {
      return new IOException("somebody else has written it meanwhile; run again", e);
    }
    if (e.statusCode() == NOT_IMPLEMENTED) {
      return new UnknownRequestException(what, e);
    }
    String remedy =
        e.statusCode() >= SERVER_ERROR
            ? "; it is the server's own error, and its log says more; run again"
            : "";
    return new IOException(what + " failed: " + details(e) + remedy, e);
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
      case "HeadObject" -> "GetObject";
      case "CopyObject" -> "GetObject and s3:PutObject";
      case "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload" -> "PutObject";
      case "ListMultipartUploads" -> "ListBucketMultipartUploads";
      case "DeleteObjects" -> "DeleteObject";
      default -> what;
    };
  }

  private IOException wrongRegion(AwsServiceException e) {
    Optional<String> region =
        Optional.ofNullable(e.awsErrorDetails())
            .flatMap(d -> d.sdkHttpResponse().firstMatchingHeader("x-amz-bucket-region"));
    return lost(
        "the bucket is in another region; give it with Connection.region"
            + region.map(name -> " " + name).orElse(""),
        e);
  }

  private static String skew(AwsServiceException e) {
    Optional<Instant> server = ServerClock.date(e.awsErrorDetails().sdkHttpResponse());
    return server
        .map(time -> Duration.between(time, Instant.now()).abs().truncatedTo(ChronoUnit.SECONDS))
        .map(difference -> "differs by " + Format.duration(difference))
        .orElse("is wrong");
  }

  /** The answer as text. No server puts a secret in it, but some repeat what was signed. */
  private static String details(AwsServiceException e) {
    String message = e.awsErrorDetails() == null ? "" : e.awsErrorDetails().errorMessage();
    String code = e.awsErrorDetails() == null ? "" : e.awsErrorDetails().errorCode();
    return "HTTP " + e.statusCode() + join(" ", code) + join(": ", message);
  }

  private static String join(String separator, String text) {
    return text == null || text.isEmpty() ? "" : separator + text;
  }

  private IOException ofClient(String what, SdkException e) {
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String message = String.valueOf(e.getMessage());
    if (message.contains("credentials")) {
      return lost(
          "no credentials were found; give Connection.passwdFile, or set AWS_ACCESS_KEY_ID and"
              + " AWS_SECRET_ACCESS_KEY, or run aws configure",
          e);
    }
    boolean isSlowAnswer =
        root instanceof SocketTimeoutException
            && (what.equals("CopyObject") || what.equals("UploadPartCopy"));
    if (root instanceof IOException && !isSlowAnswer) {
      return lost(
          "it cannot be reached ("
              + ErrorText.of(root)
              + "); check the network and"
              + " Connection.endpoint",
          e);
    }
    return new IOException(what + " failed: " + message, e);
  }

  private DestinationException lost(String why, SdkException e) {
    return new DestinationException(
        "the destination " + place.name() + " cannot be used: " + why, e);
  }
}
