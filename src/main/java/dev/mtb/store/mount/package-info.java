/** A directory on a mounted S3FS: only the differences between s3fs and an ordinary folder. */
package dev.mtb.store.mount;
