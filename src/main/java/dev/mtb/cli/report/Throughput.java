package dev.mtb.cli.report;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How much was done when. A run may take a second or a month, so time is divided into a fixed
 * number of slots. When the last one is full, each two become one that lasts twice as long.
 * Thread-safe.
 */
final class Throughput {
  /** Even. A page is some 900 pixels wide, and bars of less than four cannot be told apart. */
  static final int SLOTS = 240;

  /** The first length of a slot: a run of a second is more than one bar. */
  private static final Duration FINEST = Duration.ofMillis(50);

  /**
   * What was done in one piece of the run.
   *
   * @param from since the beginning of the run
   * @param bytes written, those of a second try included
   * @param compared files and links
   * @param copied files and links
   */
  record Sample(Duration from, Duration to, long bytes, long compared, long copied) {
    /** A number of this sample for each second. */
    double rate(long count) {
      return count * 1e9 / to.minus(from).toNanos();
    }
  }

  private final Ticker ticker;
  private final long start;

  // The lock is held for some additions only: threads that write 256 KiB or a file in between do
  // not wait for each other.
  private final long[] bytes = new long[SLOTS];
  private final long[] compared = new long[SLOTS];
  private final long[] copied = new long[SLOTS];

  /** The length of a slot in nanoseconds. */
  private long width = FINEST.toNanos();

  Throughput(Ticker ticker) {
    this.ticker = ticker;
    this.start = ticker.read();
  }

  void written(long count) {
    add(bytes, count);
  }

  void compared() {
    add(compared, 1);
  }

  void copied() {
    add(copied, 1);
  }

  private synchronized void add(long[] slots, long count) {
    long elapsed = Math.max(0, ticker.read() - start);
    cover(elapsed);
    slots[(int) (elapsed / width)] += count;
  }

  private void cover(long elapsed) {
    while (elapsed / width >= SLOTS) {
      for (long[] slots : List.of(bytes, compared, copied)) {
        for (int i = 0; i < SLOTS / 2; i++) {
          slots[i] = slots[2 * i] + slots[2 * i + 1];
        }
        Arrays.fill(slots, SLOTS / 2, SLOTS, 0);
      }
      width *= 2;
    }
  }

  /**
   * The whole run in pieces of the same length. The last may be up to half longer or shorter: the
   * rate of a very short piece would look very high.
   *
   * @param elapsed the length of the run
   */
  synchronized List<Sample> samples(Duration elapsed) {
    long end = Math.max(1, elapsed.toNanos());
    // Events of a moment after the end belong to the last moment.
    cover(end - 1);
    int count = (int) Math.max(1, (end + width / 2) / width);
    List<Sample> samples = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int next = i == count - 1 ? SLOTS : i + 1;
      samples.add(
          new Sample(
              Duration.ofNanos(i * width),
              Duration.ofNanos(i == count - 1 ? end : next * width),
              sum(bytes, i, next),
              sum(compared, i, next),
              sum(copied, i, next)));
    }
    return samples;
  }

  private static long sum(long[] slots, int from, int to) {
    return Arrays.stream(slots, from, to).sum();
  }
}
