/**
 * A bucket, read and written directly, in the format in which S3FS keeps files. Nothing outside of
 * this package refers to the AWS SDK: embedders that back up through mounts only need not have it.
 */
package dev.mtb.store.bucket;
