package dev.mtb.store.folder;

import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.ProcessIdentity;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A directory that is a destination, and how it is used.
 *
 * @param root absolute, with symbolic links resolved
 * @param isNew whether this process has made it, so that it is empty
 * @param readOnly whether nothing may be changed in it
 * @param fsync whether files and directories are forced to disk
 * @param isShared whether other shards may make the same directories in it at the same time
 * @param process decides which owner and mode a new file has
 * @param oldVersions where old versions go; empty if they are not kept
 */
public record FolderPlace(
    Path root,
    boolean isNew,
    boolean readOnly,
    boolean fsync,
    boolean isShared,
    ProcessIdentity process,
    Optional<OldVersionsPlace> oldVersions) {}
