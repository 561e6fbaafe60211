package dev.mtb.store.bucket;

import dev.mtb.s3.S3Exception;
import dev.mtb.store.DestinationException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A limit to the number of requests in a row that fail after their retries. At the limit the bucket
 * counts as lost, since the next million files would fail, too. Thread-safe.
 */
final class FailureLimit {
  private static final int MOST_FAILED = 100;

  private final BucketPlace place;
  private final AtomicInteger failedInARow = new AtomicInteger();

  FailureLimit(BucketPlace place) {
    this.place = place;
  }

  /** A request, and what it is answered. */
  interface Request<T> {
    T send() throws IOException;
  }

  /**
   * Sends a request.
   *
   * @throws DestinationException if too many have failed
   */
  <T> T send(Request<T> request) throws IOException {
    try {
      T answer = request.send();
      failedInARow.set(0);
      return answer;
    } catch (DestinationException | NoSuchFileException | ChangedException e) {
      throw e;
    } catch (IOException e) {
      if (!isArchived(e) && failedInARow.incrementAndGet() >= MOST_FAILED) {
        throw new DestinationException(
            "the backup "
                + place.name()
                + " cannot be used: the last "
                + MOST_FAILED
                + " attempts to read there have all failed, the latest with: "
                + e.getMessage(),
            e);
      }
      throw e;
    }
  }

  /** Whether the failure concerns only this object, since it is in an archive class. */
  private static boolean isArchived(IOException e) {
    return e.getCause() instanceof S3Exception refusal
        && refusal.code().equals("InvalidObjectState");
  }
}
