package dev.mtb.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Which failures are transient, and how long a client waits before it sends a request again. */
final class Retries {
  /**
   * A server that restarts takes longer than two seconds. Five of these delays are 8 to 16 s; they
   * are random, so that the threads do not all send again at once.
   */
  private static final Duration FIRST_DELAY = Duration.ofMillis(500);

  private static final Duration LONGEST_DELAY = Duration.ofSeconds(20);

  /** More doublings than lead to the longest delay would overflow. */
  private static final int MOST_DOUBLINGS = 10;

  private static final int SERVER_ERROR = 500;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;
  private static final Set<Integer> TRANSIENT = Set.of(SERVER_ERROR, 502, UNAVAILABLE, 504);

  /**
   * Codes that are transient, independent of the status (AWS SDK for Java, "RetryUtils" and Amazon
   * S3).
   */
  private static final Set<String> CODES =
      Set.of(
          "InternalError", "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete");

  /** Codes that ask for fewer requests, independent of the status (the same source). */
  private static final Set<String> THROTTLING =
      Set.of(
          "SlowDown",
          "ServiceUnavailable",
          "Throttling",
          "ThrottlingException",
          "ThrottledException",
          "RequestThrottled",
          "RequestThrottledException",
          "RequestLimitExceeded",
          "BandwidthLimitExceeded",
          "TooManyRequestsException");

  /** Waits before a retry; tests replace it. */
  interface Sleep {
    void sleep(long millis) throws InterruptedException;
  }

  private final int most;
  private final Sleep sleep;

  Retries(int most, Sleep sleep) {
    this.most = most;
    this.sleep = sleep;
  }

  /** Whether a request is to be sent again after a failure. */
  boolean isWorth(IOException failure, int sentBefore) {
    if (sentBefore > most || failure instanceof CredentialsException || isInterrupt(failure)) {
      return false;
    }
    if (failure instanceof S3Exception answer) {
      return isThrottled(answer)
          || TRANSIENT.contains(answer.status())
          || CODES.contains(answer.code());
    }
    // There was no answer, or it was cut off.
    return true;
  }

  /** Whether the server asks for fewer requests. */
  static boolean isThrottled(S3Exception answer) {
    return answer.status() == UNAVAILABLE
        || answer.status() == TOO_MANY_REQUESTS
        || THROTTLING.contains(answer.code());
  }

  /**
   * Whether a failure is an interrupt. A timeout is a subclass of the same exception, and is none.
   */
  private static boolean isInterrupt(IOException failure) {
    return Thread.currentThread().isInterrupted()
        || (failure instanceof InterruptedIOException
            && failure.getClass() == InterruptedIOException.class);
  }

  /** Waits before a request is sent again: twice as long if the server asks for a pause. */
  void pause(IOException failure, int sentBefore) throws InterruptedIOException {
    boolean isAskedFor = failure instanceof S3Exception answer && isThrottled(answer);
    int doublings = Math.min(sentBefore - 1, MOST_DOUBLINGS) + (isAskedFor ? 1 : 0);
    long doubled = FIRST_DELAY.toMillis() << doublings;
    long delay = Math.min(doubled, LONGEST_DELAY.toMillis());
    try {
      sleep.sleep(delay / 2 + ThreadLocalRandom.current().nextLong(delay / 2 + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a server that failed");
    }
  }
}
