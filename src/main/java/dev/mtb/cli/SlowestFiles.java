package dev.mtb.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The files that took longest, and no others. Thread-safe. */
final class SlowestFiles {
  /** As many as are looked at; what makes a run slow is in there or is not single files. */
  static final int COUNT = 20;

  /**
   * A file that was copied.
   *
   * @param path where it lies
   * @param size of its content
   * @param hasContent whether that was copied, and not only its metadata set
   * @param time it took, from its first operation to its last
   */
  record Timed(Path path, long size, boolean hasContent, Duration time) {}

  private final PriorityQueue<Timed> slowest =
      new PriorityQueue<>(COUNT + 1, Comparator.comparing(Timed::time));

  /** What takes no longer is not among them: most files need not wait for the lock. */
  private volatile Duration quickest = Duration.ZERO;

  void add(Timed file) {
    if (file.time().compareTo(quickest) <= 0) {
      return;
    }
    synchronized (this) {
      slowest.add(file);
      if (slowest.size() > COUNT) {
        slowest.poll();
      }
      if (slowest.size() == COUNT) {
        quickest = slowest.element().time();
      }
    }
  }

  /** The slowest first. */
  synchronized List<Timed> list() {
    List<Timed> list = new ArrayList<>(slowest);
    list.sort(Comparator.comparing(Timed::time).reversed());
    return list;
  }
}
