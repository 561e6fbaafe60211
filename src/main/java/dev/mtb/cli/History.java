package dev.mtb.cli;

import com.google.common.base.Ticker;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a page about a run shows beyond its report, in memory that does not grow with the number of
 * files or with time. Made when the run begins.
 */
final class History implements BackupListener {
  private record Begun(long at, Action action) {}

  private final Ticker ticker;
  private final Throughput throughput;
  private final SlowestFiles slowest = new SlowestFiles();

  /** What the copying threads are at. */
  private final Map<Path, Begun> begun = new ConcurrentHashMap<>();

  History(Ticker ticker) {
    this.ticker = ticker;
    this.throughput = new Throughput(ticker);
  }

  List<Throughput.Sample> samples(Duration elapsed) {
    return throughput.samples(elapsed);
  }

  List<SlowestFiles.Timed> slowest() {
    return slowest.list();
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
      slowest.add(
          new SlowestFiles.Timed(
              path,
              source.kind() == Kind.FILE ? source.size() : 0,
              begin.action != Action.UPDATE_METADATA,
              Duration.ofNanos(ticker.read() - begin.at)));
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
