package dev.mtb.engine;

import dev.mtb.compare.Decision;
import dev.mtb.model.Metadata;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.TreeEntry;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Something to be done about one file or link.
 *
 * @param directory it is in
 * @param entry where it is in the source
 * @param target relative to the destination
 * @param metadata of the source
 * @param existing what is at the destination
 * @param listed what a listing told of it, instead of {@code existing} and a decision
 * @param decision what was decided so far
 */
record FileWork(
    DirectoryNode directory,
    TreeEntry entry,
    Path target,
    Metadata metadata,
    Optional<Metadata> existing,
    Decision decision,
    Optional<ListedEntry> listed) {

  Path source() {
    return entry.path();
  }

  /** The same work with the decision and the metadata that were found. */
  FileWork settled(Decision made, Optional<Metadata> found) {
    return new FileWork(directory, entry, target, metadata, found, made, Optional.empty());
  }
}
