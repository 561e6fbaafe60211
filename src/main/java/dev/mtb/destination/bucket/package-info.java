/**
 * A bucket, read and written directly, in the format in which S3FS keeps files. Nothing outside of
 * this package refers to the AWS SDK, which an embedder who backs up through mounts only need not
 * have.
 */
package dev.mtb.destination.bucket;
