package dev.mtb.engine;

import com.google.common.base.Ticker;
import dev.mtb.store.DestinationException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a run: whether it goes on, and if not, why. The first reason to end counts.
 * Thread-safe.
 */
final class Stop {
  private static final Logger log = LoggerFactory.getLogger(Stop.class);

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Ticker ticker;
  private final OptionalLong deadline;
  private volatile boolean stopping;
  private volatile boolean outOfTime;
  private boolean interrupted;
  private Optional<DestinationException> lost = Optional.empty();
  private Optional<Throwable> crash = Optional.empty();
  private Runnable whenStopping = () -> {};

  /** Makes the state of a run without a deadline. */
  Stop() {
    this(Ticker.systemTicker(), OptionalLong.empty());
  }

  /** Makes the state of a run that begins nothing new after a deadline. */
  Stop(Ticker ticker, OptionalLong deadline) {
    this.ticker = ticker;
    this.deadline = deadline;
  }

  /** Sets what wakes the threads that wait for work or room, when the run is stopped. */
  synchronized void whenStopping(Runnable action) {
    whenStopping = action;
  }

  /** Notes that everything is done. */
  synchronized void done() {
    ended.countDown();
  }

  synchronized void interrupted() {
    if (!stopping && ended.getCount() > 0) {
      interrupted = true;
      end();
    }
  }

  synchronized void lost(DestinationException e) {
    if (!stopping) {
      lost = Optional.of(e);
      end();
    }
  }

  /** Notes a defect of MTB itself. */
  synchronized void crashed(Throwable e) {
    if (!stopping) {
      crash = Optional.of(e);
      end();
    }
  }

  private void end() {
    stopping = true;
    ended.countDown();
    whenStopping.run();
  }

  boolean stopping() {
    return stopping;
  }

  /**
   * Whether a thread may begin something new. If not, the thread ends without an error: what is in
   * flight goes on.
   */
  boolean mayBegin() {
    if (stopping) {
      return false;
    }
    if (deadline.isPresent() && ticker.read() - deadline.getAsLong() >= 0) {
      outOfTime = true;
      return false;
    }
    return true;
  }

  /** Whether something was not begun since the deadline had passed. */
  boolean ranOutOfTime() {
    return outOfTime;
  }

  /** Waits until everything is done or the run is stopped. */
  void await() throws InterruptedException {
    ended.await();
  }

  /** Waits for a duration, but not longer than until the run is stopped. */
  void pause(Duration duration) {
    try {
      if (ended.await(duration.toNanos(), TimeUnit.NANOSECONDS)) {
        log.debug("a pause ends early, since the run ends");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized boolean wasInterrupted() {
    return interrupted;
  }

  synchronized Optional<DestinationException> lost() {
    return lost;
  }

  synchronized Optional<Throwable> crash() {
    return crash;
  }
}
