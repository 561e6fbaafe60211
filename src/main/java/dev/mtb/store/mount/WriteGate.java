package dev.mtb.store.mount;

import com.google.common.util.concurrent.Monitor;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.time.Duration;
import org.apache.commons.io.function.IOSupplier;

/**
 * A gate between the writing of files on an S3FS mount and the opening of what was written. A
 * thread that opens a file waits until no file is being written; a thread that writes waits until
 * no file is being opened. Thread-safe.
 *
 * <p>The kernel tells s3fs of a close only after the call has returned. While s3fs uploads other
 * files it handles a close late: it waits for a lock that is held during an upload. Until then the
 * file counts as open, and opening it again shows what s3fs still has of it on the local disk, not
 * what is in the bucket. Measured with 32 threads, 500 files and a round trip of 5 ms: opened right
 * after their close, 117 files were not read from the bucket; 50 ms later 37; when no file was
 * being written, none, even at once.
 */
final class WriteGate {
  /**
   * The time after which s3fs knows of a close, if no other upload delays it. Much longer than
   * needed.
   */
  private static final Duration SETTLING = Duration.ofMillis(50);

  private final boolean isNeeded;
  private final Monitor monitor = new Monitor();
  private int writing;
  private int opening;
  private final Monitor.Guard noneWrites = monitor.newGuard(() -> writing == 0);
  private final Monitor.Guard noneOpens = monitor.newGuard(() -> opening == 0);
  private long quietSince = System.nanoTime();

  /**
   * Makes a gate.
   *
   * @param isNeeded false if no file is opened while others are written; then no thread waits
   */
  WriteGate(boolean isNeeded) {
    this.isNeeded = isNeeded;
  }

  /** Notes that a write begins. One call of {@link #endWriting} must follow. */
  void beginWriting() {
    monitor.enterWhenUninterruptibly(noneOpens);
    writing++;
    monitor.leave();
  }

  void endWriting() {
    monitor.enter();
    writing--;
    quietSince = System.nanoTime();
    monitor.leave();
  }

  /**
   * Runs an action while no file is being written. A thread that is writing must not call this: it
   * would wait forever.
   */
  <T> T whenQuiet(IOSupplier<T> action) throws IOException {
    if (!isNeeded) {
      return action.get();
    }
    Uninterruptibles.sleepUninterruptibly(settling());
    try {
      return action.get();
    } finally {
      monitor.enter();
      opening--;
      monitor.leave();
    }
  }

  /**
   * Waits until no file is being written.
   *
   * @return how long to wait until s3fs knows of all closes
   */
  private Duration settling() {
    monitor.enter();
    opening++;
    monitor.waitForUninterruptibly(noneWrites);
    Duration quiet = Duration.ofNanos(System.nanoTime() - quietSince);
    monitor.leave();
    return quiet.compareTo(SETTLING) < 0 ? SETTLING.minus(quiet) : Duration.ZERO;
  }
}
