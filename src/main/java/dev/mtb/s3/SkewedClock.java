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
  /** A server that refuses a request for its time. */
  private static final Set<String> CODES =
      Set.of("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture");

  /** May be refused for its time: servers differ in what they say. Empty is the answer to HEAD. */
  private static final Set<String> POSSIBLE_CODES =
      Set.of(
          "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "AccessDenied", "");

  /** Servers take what is up to 15 minutes off; the AWS SDK takes 4 for a reason to try again. */
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
