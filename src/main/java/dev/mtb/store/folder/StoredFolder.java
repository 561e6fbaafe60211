package dev.mtb.store.folder;

import dev.mtb.model.Metadata;
import dev.mtb.store.DestinationException;
import dev.mtb.store.MtimePrecision;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A backup in an ordinary directory, which is read and never changed. */
public final class StoredFolder extends FolderTree {
  private static final Logger log = LoggerFactory.getLogger(StoredFolder.class);

  private final Metadata identity;

  /** A backup in {@code root}; {@code identity} is its metadata when it was found. */
  public StoredFolder(Path root, Metadata identity) {
    super(root, /* isBackup= */ true);
    this.identity = identity;
  }

  @Override
  public MtimePrecision mtimes() {
    return PlaceProbe.mtimesByType(root());
  }

  @Override
  public void check() throws DestinationException {
    try {
      Metadata now = Metadata.following(root());
      if (identity.inode() != Metadata.UNKNOWN && !now.isSameFile(identity)) {
        throw gone(null);
      }
    } catch (DestinationException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw gone(e);
    } catch (IOException e) {
      // The failure may be transient.
      log.debug("{} cannot be looked at", root(), e);
    }
  }

  private DestinationException gone(IOException cause) {
    return new DestinationException(
        "the backup " + name() + " is gone: it was removed or unmounted while MTB read it", cause);
  }
}
