package dev.mtb.store.bucket;

import com.google.common.base.Ticker;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Concurrency;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.RequestLimit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a run uses a bucket.
 *
 * @param options of the run: threads, retries, reuse of parts
 * @param readOnly whether nothing may be changed
 * @param process the owner of new objects; if it is root, they keep the owner of their source
 */
public record BucketAccess(BackupOptions options, boolean readOnly, ProcessIdentity process) {
  private static final Logger log = LoggerFactory.getLogger(BucketAccess.class);

  int retries() {
    return options.waiting().retries();
  }

  /**
   * The number of connections: one for each thread, also for those that read ahead, so that no
   * thread waits for a connection.
   */
  int connections() {
    Concurrency concurrency = options.concurrency();
    return concurrency.mostThreads() + concurrency.checkers() + ReadAhead.MOST_AT_ONCE;
  }

  /** A new limit. If the number of threads is fixed, all threads may send requests at a time. */
  RequestLimit requestLimit() {
    Concurrency concurrency = options.concurrency();
    boolean isFixed = concurrency.threads() == concurrency.mostThreads();
    return isFixed
        ? new RequestLimit(connections(), connections(), Ticker.systemTicker())
        : new RequestLimit(concurrency.threads(), concurrency.mostThreads(), Ticker.systemTicker());
  }

  /** Whether the server copies parts of large files that have not changed. */
  boolean reusesParts() {
    return options.uploads().reusesParts(options.comparison().mode());
  }

  /** How long an unfinished upload waits for a run that continues it. */
  Duration keepUploads() {
    return options.uploads().keep();
  }

  /** What is remembered of a place, if anything can be. */
  Optional<Catalog> catalog(BucketPlace place, Path stateDirectory) {
    try {
      return Catalog.open(stateDirectory, place, readOnly, process.isRoot());
    } catch (LinkageError e) {
      log.info(
          "MTB sends more requests, since it has no catalog: h2-mvstore is not on the class path");
      return Optional.empty();
    }
  }

  /** The conditions of what is written to a place; none if conflicts are to be overwritten. */
  WriteConditions conditions(BucketPlace place, Requests requests, Path stateDirectory) {
    return new WriteConditions(
        requests,
        options.checks().overwriteConflicts()
            ? Optional.empty()
            : Optional.of(new ServerConditions(place, requests, stateDirectory)));
  }
}
