package dev.mtb.options;

/** How a destination on a mounted S3FS is written to. */
public enum Via {
  /**
   * Directly to the bucket, if MTB understands all options of the mount, can read its credentials,
   * and a probe shows that it is the same place; otherwise through the mount.
   */
  AUTO,
  /** Through the mount. */
  MOUNT,
  /** Directly to the bucket, or not at all. */
  BUCKET
}
