package dev.mtb.cli.watch;

import com.google.common.base.Ticker;
import dev.mtb.job.Activity;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** Knows how far a run is, and what each of its threads does. Thread-safe. */
public final class Watch implements BackupListener {
  /**
   * What a thread does.
   *
   * @param thread its name
   * @param since how long it has been doing it
   */
  record ThreadActivity(String thread, Activity activity, Path path, Duration since) {}

  /** The same, with the task that goes on afterwards; null if there is none. */
  private record Task(Activity activity, Path path, long beganNanos, Task outer) {}

  private final Ticker ticker;
  private final long startNanos;
  private final ConcurrentHashMap<Thread, Task> tasks = new ConcurrentHashMap<>();
  private final LongAdder planned = new LongAdder();
  private final LongAdder plannedFiles = new LongAdder();
  private final LongAdder endedFiles = new LongAdder();
  private final LongAdder written = new LongAdder();
  private volatile Supplier<Totals> totals = () -> new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0);

  public Watch(Ticker ticker) {
    this.ticker = ticker;
    startNanos = ticker.read();
  }

  @Override
  public void begun(Supplier<Totals> counts) {
    totals = counts;
  }

  @Override
  public void busy(Activity activity, Path path) {
    Thread thread = Thread.currentThread();
    tasks.put(thread, new Task(activity, path, ticker.read(), tasks.get(thread)));
  }

  @Override
  public void idle() {
    Thread thread = Thread.currentThread();
    Task task = tasks.get(thread);
    if (task == null || task.outer == null) {
      tasks.remove(thread);
    } else {
      tasks.put(thread, task.outer);
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    boolean hasContent = action == Action.CREATE || action == Action.REPLACE;
    if (hasContent && source.kind() == Kind.FILE) {
      planned.add(source.size());
    }
    if ((hasContent || action == Action.UPDATE_METADATA) && source.kind() != Kind.DIRECTORY) {
      plannedFiles.increment();
    }
  }

  @Override
  public void copied(Path path, Metadata source) {
    endedFiles.increment();
  }

  @Override
  public void failed(Failure failure) {
    // Files that fail in an earlier stage are not planned.
    if (failure.stage() == Failure.Stage.COPY || failure.stage() == Failure.Stage.VERIFY) {
      endedFiles.increment();
    }
  }

  @Override
  public void bytesWritten(long count) {
    written.add(count);
  }

  Duration elapsed() {
    return Duration.ofNanos(ticker.read() - startNanos);
  }

  Totals totals() {
    return totals.get();
  }

  /** Files that need nothing more, of those found so far; not exact while the run goes on. */
  static long done(Totals counts) {
    long ended = counts.unchanged() + counts.copied() + counts.skipped() + counts.failed();
    // A listed name that does not exist has failed, and was never found.
    return Math.min(ended, counts.scanned());
  }

  /** The bytes of all files that are known to need copying. */
  long planned() {
    return planned.sum();
  }

  /** Files and links that are known to need copying, or only their metadata. */
  long plannedFiles() {
    return plannedFiles.sum();
  }

  /** How many of them are copied, or have failed. */
  long endedFiles() {
    // Directories may fail, too.
    return Math.min(endedFiles.sum(), plannedFiles());
  }

  /** Bytes; a byte that was written twice counts twice. */
  long written() {
    return written.sum();
  }

  /** What the threads do; first those that have been busy longest. */
  List<ThreadActivity> activities() {
    long now = ticker.read();
    return tasks.entrySet().stream()
        .map(
            entry -> {
              Task task = entry.getValue();
              Duration since = Duration.ofNanos(Math.max(0, now - task.beganNanos));
              return new ThreadActivity(entry.getKey().getName(), task.activity, task.path, since);
            })
        .sorted(
            Comparator.comparing(ThreadActivity::since)
                .reversed()
                .thenComparing(ThreadActivity::thread))
        .toList();
  }
}
