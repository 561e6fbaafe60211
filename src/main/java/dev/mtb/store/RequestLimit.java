package dev.mtb.store;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many requests to one server may be under way at a time. Unless the number is fixed, it is
 * learned: more are tried, and kept if more are answered in a second; where the server asks for
 * fewer, the number is halved. Thread-safe.
 *
 * <p>Where each request waits for the network, all take about the same time, and twice as many at a
 * time are answered twice as fast. Where processor, network or server are fully used already,
 * requests wait for each other. Then the number does not grow, or returns to its last value, and
 * larger numbers are tried again later, after longer and longer pauses.
 */
public final class RequestLimit {
  /**
   * The shortest time for which requests are counted. At 5,000 requests a second these are 500, and
   * their number varies by 5 %.
   */
  private static final Duration WINDOW = Duration.ofMillis(100);

  /**
   * The shortest time after the server has asked for fewer requests, since servers count by
   * seconds.
   */
  private static final Duration CAREFUL_WINDOW = Duration.ofSeconds(1);

  /** The number of answers for each request under way that a count needs: two round trips. */
  private static final int ROUNDS = 2;

  /**
   * The part of the number's growth by which the rate must grow, or the larger number is not kept.
   */
  private static final double WORTH = 0.4;

  /**
   * A request that takes this many times as long as the fastest one has waited for others.
   * Measured: 10 and more where two processors were busy, 1.2 at a round trip of 50 ms; answers of
   * S3 vary by 3.
   */
  private static final int QUEUED = 5;

  /**
   * A rate that grows by more than this while the number stays the same is not steady: the JVM is
   * still compiling.
   */
  private static final double STEADY = 1.1;

  /**
   * After the server has asked for fewer requests, the number grows by this part of itself in each
   * step.
   */
  private static final int CAREFUL_PART = 8;

  /**
   * The number counts as fully used if all but this part of it are under way, since threads also
   * read files between requests.
   */
  private static final int UNUSED_PART = 8;

  /**
   * The number is not halved below this, since each request that the server refuses also waits
   * before its retry.
   */
  private static final int LEAST = 4;

  /**
   * The number of counts before larger numbers are tried again: 1 s, then 2 s, and so on up to half
   * a minute.
   */
  private static final int FIRST_PAUSE = 10;

  private static final int LONGEST_PAUSE = 300;

  private final int most;
  private final boolean isFixed;
  private final Ticker ticker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  // Guarded by the lock, except for reading.
  private volatile int now;
  private volatile int reached;

  // Guarded by the lock.
  private int underWay;

  private boolean wasHalved;

  /** When the number was last halved. */
  private long halved;

  /** The count that is under way. */
  private long start;

  private int answered;

  /** The most under way. */
  private int peak;

  /** The time that the answers took, in nanoseconds: the sum, and the shortest. */
  private long taken;

  private long fastest = Long.MAX_VALUE;

  /** Whether the count under way is discarded, since it began before the number was changed. */
  private boolean isSettling = true;

  /**
   * The largest number that has been useful; less than {@link #now} while a larger one is tried.
   */
  private int proven;

  /** What was answered in a second with that number; 0 if it is not known. */
  private double rate;

  /** Counts to come before more are tried again. */
  private int pause;

  private int nextPause = FIRST_PAUSE;

  /**
   * Makes one.
   *
   * @param first requests at a time to begin with
   * @param most requests at a time in the end; the number is fixed if it is the same
   * @param ticker tells the time
   */
  public RequestLimit(int first, int most, Ticker ticker) {
    this.most = most;
    isFixed = first == most;
    this.ticker = ticker;
    now = first;
    proven = first;
    start = ticker.read();
  }

  /**
   * How many requests may be under way now.
   *
   * @return the number that was learned so far
   */
  public int now() {
    return now;
  }

  /**
   * How many requests were under way at a time.
   *
   * @return the most so far
   */
  public int reached() {
    return reached;
  }

  /**
   * Waits until one more request may be under way. Not interruptible: what has been begun may have
   * to be undone.
   *
   * @return to be given to {@link #end}
   */
  public long begin() {
    lock.lock();
    try {
      while (underWay >= now) {
        room.awaitUninterruptibly();
      }
      underWay++;
      peak = Math.max(peak, underWay);
      reached = Math.max(reached, underWay);
      return ticker.read();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A request is answered, or has failed.
   *
   * @param begun what {@link #begin} has returned for it
   * @param isThrottled whether the server asks for fewer requests
   */
  public void end(long begun, boolean isThrottled) {
    lock.lock();
    try {
      underWay--;
      if (isThrottled) {
        throttled(begun);
      } else {
        answered(begun);
      }
      if (underWay < now) {
        room.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Halves the number. A refusal of a request that was under way at the last halving does not count
   * again: it has the same cause.
   */
  private void throttled(long begun) {
    if (!isFixed && (!wasHalved || begun - halved >= 0)) {
      wasHalved = true;
      halved = ticker.read();
      setNow(Math.max(Math.min(LEAST, now), now / 2));
      proven = now;
      pause = 0;
      rate = 0;
    }
  }

  private void answered(long begun) {
    long time = ticker.read();
    answered++;
    taken += time - begun;
    fastest = Math.min(fastest, time - begun);
    long elapsed = time - start;
    boolean isShort = elapsed < (wasHalved ? CAREFUL_WINDOW : WINDOW).toNanos();
    if (isShort || answered < ROUNDS * now) {
      return;
    }
    boolean isUsedUp = peak >= now - now / UNUSED_PART;
    boolean isOfUse = !isSettling && isUsedUp;
    boolean isQueued = taken / answered > QUEUED * fastest;
    double counted = answered * 1e9 / elapsed;
    restart();
    if (isOfUse) {
      judge(counted, isQueued);
    }
  }

  private void restart() {
    start = ticker.read();
    answered = 0;
    peak = underWay;
    taken = 0;
    fastest = Long.MAX_VALUE;
    isSettling = false;
  }

  private void judge(double counted, boolean isQueued) {
    if (now > proven) {
      double wanted = rate * (1 + WORTH * (now / (double) proven - 1));
      if (counted >= wanted && !isQueued) {
        proven = now;
        nextPause = FIRST_PAUSE;
        rate = counted;
        tryMore();
      } else {
        setNow(proven);
        pause = nextPause;
        nextPause = Math.min(LONGEST_PAUSE, 2 * nextPause);
        rate = 0;
      }
      return;
    }
    boolean isSteady = counted <= rate * STEADY;
    rate = isSteady ? Math.max(rate, counted) : counted;
    if (pause > 0) {
      pause--;
    } else if (isSteady && !isQueued) {
      tryMore();
    }
  }

  private void tryMore() {
    int more = wasHalved ? Math.max(1, now / CAREFUL_PART) : now;
    if (now < most) {
      setNow(Math.min(most, now + more));
      room.signalAll();
    }
  }

  private void setNow(int count) {
    now = count;
    restart();
    isSettling = true;
  }
}
