package dev.mtb.store.bucket;

import dev.mtb.store.ProcessIdentity;

/**
 * How a run uses a bucket.
 *
 * @param connections how many requests at most at a time
 * @param retries how often a request is sent again after a transient error
 * @param readOnly whether nothing may be changed
 * @param process the owner of new objects; if it is root, they keep the owner of their source
 */
public record BucketAccess(
    int connections, int retries, boolean readOnly, ProcessIdentity process) {}
