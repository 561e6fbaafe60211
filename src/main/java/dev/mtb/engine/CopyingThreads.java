package dev.mtb.engine;

import dev.mtb.options.Concurrency;
import dev.mtb.store.RequestLimit;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The number of threads that copy at a time: as many as the job says, or more where the source or
 * the destination sends requests and learns how many requests at a time are useful. Thread-safe.
 */
final class CopyingThreads {
  private final Concurrency concurrency;
  private final List<RequestLimit> limits;

  CopyingThreads(Concurrency concurrency, Tree source, Store destination) {
    this.concurrency = concurrency;
    limits =
        Stream.of(source.requestLimit(), destination.requestLimit())
            .flatMap(Optional::stream)
            .toList();
  }

  /** The largest number that there can be. */
  int most() {
    return limits.isEmpty() ? concurrency.threads() : concurrency.mostThreads();
  }

  /** The number that is useful now. */
  int now() {
    int now = most();
    for (RequestLimit limit : limits) {
      now = Math.min(now, limit.now());
    }
    return now;
  }

  /**
   * The most requests that were under way at a time; empty if neither source nor destination sends
   * requests.
   */
  OptionalInt requestsReached() {
    return limits.stream().mapToInt(RequestLimit::reached).max();
  }
}
