/**
 * A bucket, read and written directly, in the format in which S3FS keeps files. It sends its
 * requests by {@code dev.mtb.s3}.
 */
package dev.mtb.store.bucket;
