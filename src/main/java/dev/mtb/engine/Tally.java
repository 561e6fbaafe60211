package dev.mtb.engine;

import com.google.common.collect.ImmutableList;
import dev.mtb.job.Activity;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what happens and tells the listener. Thread-safe. */
final class Tally {
  private static final Logger log = LoggerFactory.getLogger(Tally.class);

  private final BackupListener listener;
  private final AtomicBoolean listenerFailed = new AtomicBoolean();
  private final LongAdder scanned = new LongAdder();
  private final LongAdder unchanged = new LongAdder();
  private final LongAdder copied = new LongAdder();
  private final LongAdder deleted = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder directoriesCreated = new LongAdder();
  private final LongAdder bytesScanned = new LongAdder();
  private final LongAdder bytesCopied = new LongAdder();
  private final LongAdder extra = new LongAdder();
  private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();

  Tally(BackupListener listener) {
    this.listener = listener;
  }

  void begun() {
    tell(l -> l.begun(this::totals));
  }

  /** Notes that the calling thread begins something that may take long; {@link #idle} ends it. */
  void busy(Activity activity, Path target) {
    tell(l -> l.busy(activity, target));
  }

  void idle() {
    tell(BackupListener::idle);
  }

  void scanned(Metadata source) {
    scanned.increment();
    bytesScanned.add(size(source));
  }

  /** Counts a special file, or a temporary file of a killed run. */
  void skipped(Path target, String why) {
    scanned.increment();
    skipped.increment();
    tell(l -> l.skipped(target, why));
  }

  /** Counts a file that an update does not copy. It was counted as scanned before. */
  void skippedByRule(Path target, Metadata source, Reason reason) {
    skipped.increment();
    decided(target, source, Action.NONE, reason);
  }

  /** Counts a file that a limit keeps from being copied. It was counted as scanned before. */
  void postponed(Path target) {
    skipped.increment();
    tell(
        l ->
            l.skipped(target, "left for the next run by Limits.maxTransfer or Limits.maxDuration"));
  }

  /** Reports something at the destination that is not changed. */
  void kept(Path target, String why) {
    skipped.increment();
    tell(l -> l.kept(target, why));
  }

  void unchanged(Path target, Metadata source) {
    unchanged.increment();
    decided(target, source, Action.NONE, Reason.UNCHANGED);
  }

  void decided(Path target, Metadata source, Action action, Reason reason) {
    tell(l -> l.decided(target, source, action, reason));
  }

  void copying(Path target, Metadata source, Action action) {
    tell(l -> l.copying(target, source, action));
  }

  void copied(Path target, Metadata source, boolean withContent) {
    copied.increment();
    if (withContent) {
      bytesCopied.add(size(source));
    }
    tell(l -> l.copied(target, source));
  }

  /** Counts what a dry run would copy, and does not tell the listener that it was copied. */
  void wouldCopy(Metadata source, boolean withContent) {
    copied.increment();
    if (withContent) {
      bytesCopied.add(size(source));
    }
  }

  /** Reports something that the source has no more, and that will be deleted. */
  void extraneous(Path target, Kind kind) {
    decided(target, Metadata.known(kind, 0), Action.DELETE, Reason.NOT_IN_SOURCE);
  }

  /** Counts something that the source has no more, and that is not deleted. */
  void extra(Path target, Kind kind) {
    if (kind != Kind.DIRECTORY) {
      extra.increment();
    }
    extraneous(target, kind);
  }

  void deleted(Path target, Kind kind) {
    wouldDelete(kind);
    tell(l -> l.deleted(target, kind));
  }

  void wouldDelete(Kind kind) {
    if (kind != Kind.DIRECTORY) {
      deleted.increment();
    }
  }

  boolean hasFailures() {
    return !failures.isEmpty();
  }

  void bytesWritten(long count) {
    tell(l -> l.bytesWritten(count));
  }

  void directoryCreated() {
    directoriesCreated.increment();
  }

  void failed(Failure failure) {
    failed.increment();
    failures.add(failure);
    tell(l -> l.failed(failure));
  }

  private static long size(Metadata source) {
    return source.kind() == Kind.FILE ? source.size() : 0;
  }

  private void tell(Consumer<BackupListener> event) {
    try {
      event.accept(listener);
    } catch (RuntimeException e) {
      if (listenerFailed.compareAndSet(false, true)) {
        log.warn("a listener failed; the backup goes on", e);
      }
    }
  }

  List<Failure> failures() {
    return ImmutableList.copyOf(failures);
  }

  Totals totals() {
    return new Totals(
        scanned.sum(),
        unchanged.sum(),
        copied.sum(),
        deleted.sum(),
        skipped.sum(),
        failed.sum(),
        directoriesCreated.sum(),
        bytesScanned.sum(),
        bytesCopied.sum(),
        extra.sum());
  }
}
