package dev.mtb.store.mount;

import dev.mtb.store.DestinationException;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.folder.FolderTree;
import java.io.IOException;
import java.nio.file.Path;

/** A backup in a directory on an S3FS mount, which is read and never changed. */
public final class StoredMount extends FolderTree {
  private final S3fsMountPoint mountPoint;

  /** A backup in {@code root}; closing it closes the mount point. */
  public StoredMount(Path root, S3fsMountPoint mountPoint) {
    super(root, /* isBackup= */ true);
    this.mountPoint = mountPoint;
  }

  @Override
  public MtimePrecision mtimes() {
    return MtimePrecision.OF_ITS_ZEROS;
  }

  @Override
  public boolean hasRootMetadata() {
    return !root().equals(mountPoint.path());
  }

  @Override
  public void check() throws DestinationException {
    mountPoint.check();
    mountPoint.checkAlive();
  }

  @Override
  public void close() throws IOException {
    mountPoint.close();
    super.close();
  }
}
