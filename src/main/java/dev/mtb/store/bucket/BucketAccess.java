package dev.mtb.store.bucket;

import com.google.common.base.Ticker;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Concurrency;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.RequestLimit;

/**
 * How a run uses a bucket.
 *
 * @param options of the run: how many threads, how often a request is sent again
 * @param readOnly whether nothing may be changed
 * @param process the owner of new objects; if it is root, they keep the owner of their source
 */
public record BucketAccess(BackupOptions options, boolean readOnly, ProcessIdentity process) {
  int retries() {
    return options.waiting().retries();
  }

  /** One for each thread, also for those that read ahead: none waits for another. */
  int connections() {
    Concurrency concurrency = options.concurrency();
    return concurrency.mostThreads() + concurrency.checkers() + ReadAhead.MOST_AT_ONCE;
  }

  /** A new limit; where the number of threads is fixed, all of them may send requests. */
  RequestLimit requestLimit() {
    Concurrency concurrency = options.concurrency();
    boolean isFixed = concurrency.threads() == concurrency.mostThreads();
    return isFixed
        ? new RequestLimit(connections(), connections(), Ticker.systemTicker())
        : new RequestLimit(concurrency.threads(), concurrency.mostThreads(), Ticker.systemTicker());
  }
}
