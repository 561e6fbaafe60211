package dev.mtb.engine;

import dev.mtb.options.Limits;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * A schedule that takes the waiting work in a given order, and from one directory at a time no more
 * than the file system handles well. One directory may fill the whole queue, or the order would
 * hold only within small parts of the directory.
 */
final class OrderedSchedule implements Schedule {
  /** What is sorted, at some 500 bytes each: 4 MB. */
  private static final int MOST = 8192;

  /** The work of one directory. It is not a record, since it is compared by identity. */
  private static final class Waiting {
    private final DirectoryNode directory;
    private final PriorityQueue<FileWork> work;

    Waiting(DirectoryNode directory, Comparator<FileWork> order) {
      this.directory = directory;
      work = new PriorityQueue<>(order);
    }
  }

  private final Comparator<FileWork> order;
  private final int runningPerDirectory;
  private final Map<DirectoryNode, Waiting> waiting = new HashMap<>();

  /** Directories that are not at their limit, ordered by their first work. */
  private final PriorityQueue<Waiting> ready;

  OrderedSchedule(Limits.Order order, int runningPerDirectory) {
    this.order = comparator(order);
    this.runningPerDirectory = runningPerDirectory;
    this.ready = new PriorityQueue<>((a, b) -> this.order.compare(a.work.peek(), b.work.peek()));
  }

  private static Comparator<FileWork> comparator(Limits.Order order) {
    Comparator<FileWork> byName = Comparator.comparing(FileWork::target);
    Comparator<FileWork> byKey =
        switch (order.key()) {
          case NAME -> byName;
          case SIZE -> Comparator.comparingLong(work -> work.metadata().size());
          case MODIFIED -> Comparator.comparing(work -> work.metadata().mtime());
        };
    return (order.isDescending() ? byKey.reversed() : byKey).thenComparing(byName);
  }

  @Override
  public int most() {
    return MOST;
  }

  @Override
  public boolean isFull(DirectoryNode directory) {
    return false;
  }

  @Override
  public boolean hasRoomAgain(DirectoryNode directory) {
    return false;
  }

  @Override
  public void add(FileWork work) {
    DirectoryNode directory = work.directory();
    Waiting its = waiting.computeIfAbsent(directory, d -> new Waiting(d, order));
    boolean isFirst = its.work.isEmpty() || order.compare(work, its.work.peek()) < 0;
    if (isFirst) {
      // Its position in the queue depends on its first work, which changes now.
      boolean unused = ready.remove(its);
    }
    its.work.add(work);
    if (isFirst && directory.running < runningPerDirectory) {
      ready.add(its);
    }
  }

  @Override
  public boolean isReady() {
    return !ready.isEmpty();
  }

  @Override
  public FileWork poll() {
    Waiting its = ready.poll();
    if (its == null) {
      return null;
    }
    FileWork work = its.work.poll();
    DirectoryNode directory = its.directory;
    directory.running++;
    if (its.work.isEmpty()) {
      waiting.remove(directory);
    } else if (directory.running < runningPerDirectory) {
      ready.add(its);
    }
    return work;
  }

  @Override
  public void done(DirectoryNode directory) {
    boolean wasAtLimit = directory.running == runningPerDirectory;
    directory.running--;
    Waiting its = waiting.get(directory);
    if (wasAtLimit && its != null) {
      ready.add(its);
    }
  }
}
