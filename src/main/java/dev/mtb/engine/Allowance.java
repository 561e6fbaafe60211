package dev.mtb.engine;

import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many bytes a run may still copy. Sizes count when a file is begun, so that all that are in
 * flight together stay within the limit, and once, however often it has to be copied. Thread-safe.
 */
final class Allowance {
  private final OptionalLong most;
  private final AtomicLong begun = new AtomicLong();
  private final LongAdder filesLeft = new LongAdder();
  private final LongAdder bytesLeft = new LongAdder();

  Allowance(OptionalLong most) {
    this.most = most;
  }

  /** Whether it may be done; what may not is left for the next run. */
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
    filesLeft.increment();
    bytesLeft.add(size);
    return false;
  }

  /** Files that were not admitted. */
  long filesLeft() {
    return filesLeft.sum();
  }

  /** Their sizes added up. */
  long bytesLeft() {
    return bytesLeft.sum();
  }
}
