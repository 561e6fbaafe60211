package dev.mtb.store.bucket;

import dev.mtb.store.ProcessIdentity;
import java.time.Duration;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a run uses a bucket.
 *
 * @param connections how many requests at most at a time
 * @param retries how often a request is sent again after a transient error
 * @param readOnly whether nothing may be changed
 * @param reusesParts whether the server copies parts of large files that have not changed
 * @param keepUploads how long an unfinished upload waits for a run that continues it
 * @param overwritesConflicts whether an object is overwritten although another program has written
 *     it since it was listed
 * @param process the owner of new objects; if it is root, they keep the owner of their source
 */
public record BucketAccess(
    int connections,
    int retries,
    boolean readOnly,
    boolean reusesParts,
    Duration keepUploads,
    boolean overwritesConflicts,
    ProcessIdentity process) {
  private static final Logger log = LoggerFactory.getLogger(BucketAccess.class);

  /** What is remembered of a place, if anything can be. */
  Optional<Catalog> catalog(BucketPlace place, Path stateDirectory) {
    try {
      return Catalog.open(stateDirectory, place, readOnly, process.isRoot());
    } catch (LinkageError e) {
      log.info("without h2-mvstore on the class path there is no catalog, and more to ask for");
      return Optional.empty();
    }
  }

  /** The conditions of what is written to a place. */
  WriteConditions conditions(BucketPlace place, Requests requests, Path stateDirectory) {
    return new WriteConditions(
        requests,
        overwritesConflicts
            ? Optional.empty()
            : Optional.of(new ServerConditions(place, requests, stateDirectory)));
  }
}
