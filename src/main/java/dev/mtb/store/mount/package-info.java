/**
 * A directory on a mounted S3FS: what s3fs needs done differently from a folder, and nothing else.
 */
package dev.mtb.store.mount;
