package dev.mtb.engine;

import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The number of bytes that a run may still copy. The size of a file counts when its copy begins, so
 * that all files in flight together stay within the limit. It counts once, also if the file is
 * copied again. Thread-safe.
 */
final class Allowance {
  private final OptionalLong most;
  private final AtomicLong begun = new AtomicLong();
  private final LongAdder filesNotAdmitted = new LongAdder();
  private final LongAdder bytesNotAdmitted = new LongAdder();

  Allowance(OptionalLong most) {
    this.most = most;
  }

  /** Whether a file may be copied in this run. If not, the next run copies it. */
  boolean admits(Metadata source, Action action) {
    boolean isCopy = action == Action.CREATE || action == Action.REPLACE;
    if (most.isEmpty() || !isCopy || source.kind() != Kind.FILE) {
      return true;
    }
    long size = source.size();
    long before = begun.get();
    while (size <= most.getAsLong() - before) {
      if (begun.compareAndSet(before, before + size)) {
        return true;
      }
      before = begun.get();
    }
    filesNotAdmitted.increment();
    bytesNotAdmitted.add(size);
    return false;
  }

  /** The number of files that were not admitted. */
  long filesNotAdmitted() {
    return filesNotAdmitted.sum();
  }

  /** The total size of the files that were not admitted. */
  long bytesNotAdmitted() {
    return bytesNotAdmitted.sum();
  }
}
