package dev.mtb.cli.report;

import com.google.common.base.Ticker;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a page about a run shows beyond its report: the throughput over time, and the files that
 * took longest. Its memory does not grow with the number of files or with time. Made when the run
 * begins. Thread-safe.
 */
final class History implements BackupListener {
  /** If single files make a run slow, they are among so many. */
  static final int SLOWEST = 20;

  /**
   * A file that was copied.
   *
   * @param hasContent false if only metadata was set
   * @param time from its first operation to its last
   */
  record Timed(Path path, long size, boolean hasContent, Duration time) {}

  private record Begun(long at, Action action) {}

  private final Ticker ticker;
  private final Throughput throughput;

  /** The files that threads are copying now. */
  private final Map<Path, Begun> begun = new ConcurrentHashMap<>();

  private final PriorityQueue<Timed> slowest =
      new PriorityQueue<>(SLOWEST + 1, Comparator.comparing(Timed::time));

  /** A file that takes no longer is not among the slowest: most need not wait for the lock. */
  private volatile Duration quickest = Duration.ZERO;

  History(Ticker ticker) {
    this.ticker = ticker;
    this.throughput = new Throughput(ticker);
  }

  List<Throughput.Sample> samples(Duration elapsed) {
    return throughput.samples(elapsed);
  }

  /** The slowest file first. */
  List<Timed> slowest() {
    synchronized (slowest) {
      List<Timed> list = new ArrayList<>(slowest);
      list.sort(Comparator.comparing(Timed::time).reversed());
      return list;
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (source.kind() != Kind.DIRECTORY) {
      throughput.compared();
    }
  }

  @Override
  public void copying(Path path, Metadata source, Action action) {
    begun.put(path, new Begun(ticker.read(), action));
  }

  @Override
  public void copied(Path path, Metadata source) {
    throughput.copied();
    Begun begin = begun.remove(path);
    if (begin != null) {
      long size = source.kind() == Kind.FILE ? source.size() : 0;
      Duration time = Duration.ofNanos(ticker.read() - begin.at);
      add(new Timed(path, size, begin.action != Action.UPDATE_METADATA, time));
    }
  }

  private void add(Timed file) {
    if (file.time().compareTo(quickest) <= 0) {
      return;
    }
    synchronized (slowest) {
      slowest.add(file);
      if (slowest.size() > SLOWEST) {
        slowest.poll();
      }
      if (slowest.size() == SLOWEST) {
        quickest = slowest.element().time();
      }
    }
  }

  @Override
  public void bytesWritten(long count) {
    throughput.written(count);
  }

  @Override
  public void failed(Failure failure) {
    begun.remove(failure.path());
  }
}
