package dev.mtb.s3;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The time that requests are signed with: this machine's, corrected once a server refuses a request
 * for it. Thread-safe.
 */
final class SkewedClock {
  /** The codes with which servers refuse a request because of its time. */
  private static final Set<String> CODES =
      Set.of("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture");

  /**
   * The codes of refusals whose reason may be the time, since servers differ. The answer to HEAD
   * has an empty code.
   */
  private static final Set<String> POSSIBLE_CODES =
      Set.of(
          "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "AccessDenied", "");

  /**
   * A smaller difference is not taken for the reason. Servers accept up to 15 minutes; the AWS SDK
   * retries from 4 minutes on.
   */
  private static final Duration SMALL = Duration.ofMinutes(4);

  private static final int FORBIDDEN = 403;

  private volatile Duration offset = Duration.ZERO;

  /** How far the server's time is ahead of this machine's. */
  Duration offset() {
    return offset;
  }

  /**
   * Learns the server's time from a refusal.
   *
   * @param used the offset that the request was signed with; another thread may have learnt since
   * @return whether the request is worth to be sent again with it
   */
  boolean learn(S3Exception refusal, Duration used) {
    boolean isPossible = refusal.status() == FORBIDDEN && POSSIBLE_CODES.contains(refusal.code());
    if (!CODES.contains(refusal.code()) && !isPossible) {
      return false;
    }
    Optional<Duration> right = refusal.date().map(time -> Duration.between(Instant.now(), time));
    if (right.isEmpty() || right.get().minus(used).abs().compareTo(SMALL) < 0) {
      return false;
    }
    offset = right.get();
    return true;
  }
}
