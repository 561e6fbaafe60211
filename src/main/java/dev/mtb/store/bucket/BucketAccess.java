package dev.mtb.store.bucket;

import dev.mtb.store.ProcessIdentity;
import java.time.Duration;

/**
 * How a run uses a bucket.
 *
 * @param connections how many requests at most at a time
 * @param retries how often a request is sent again after a transient error
 * @param readOnly whether nothing may be changed
 * @param reusesParts whether the server copies parts of large files that have not changed
 * @param keepUploads how long an unfinished upload waits for a run that continues it
 * @param process the owner of new objects; if it is root, they keep the owner of their source
 */
public record BucketAccess(
    int connections,
    int retries,
    boolean readOnly,
    boolean reusesParts,
    Duration keepUploads,
    ProcessIdentity process) {}
