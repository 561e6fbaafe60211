package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.store.ProcessIdentity;

/**
 * The user and group that new objects belong to.
 *
 * @param uid user
 * @param gid group
 * @param isRoot whether an object keeps the owner of its source instead
 */
record Owner(int uid, int gid, boolean isRoot) {
  /** The owner of what a process stores. Unknown ids count as 0. */
  static Owner of(ProcessIdentity process) {
    return new Owner(Math.max(0, process.uid()), Math.max(0, process.gid()), process.isRoot());
  }

  int uid(Metadata source) {
    return isRoot && source.uid() != Metadata.UNKNOWN ? source.uid() : uid;
  }

  int gid(Metadata source) {
    return isRoot && source.gid() != Metadata.UNKNOWN ? source.gid() : gid;
  }
}
