package dev.mtb.engine;

import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.NameRules;
import dev.mtb.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The match of the names that source and destination have in one directory. For one thread. */
final class DirectoryMatch {
  private final Store destination;
  private final DirectoryNode directory;
  private final Map<Path, Optional<ListedEntry>> onlyThere;
  private final int count;
  private boolean isSourceEmpty = true;

  /**
   * Names of the source that the listing lacks. The destination may have some of them under an
   * equivalent name.
   */
  private final List<Path> notListed = new ArrayList<>();

  /** Begins with everything that the destination has. */
  DirectoryMatch(Store destination, DirectoryNode directory, Listing listing) {
    this.destination = destination;
    this.directory = directory;
    this.onlyThere = new HashMap<>(listing.names().orElseThrow());
    this.count = onlyThere.size();
  }

  DirectoryNode directory() {
    return directory;
  }

  /** How many names the destination has. */
  int count() {
    return count;
  }

  boolean isSourceEmpty() {
    return isSourceEmpty;
  }

  /** Notes that the source has a name, whether it is backed up or not. */
  void inSource(Path name) {
    isSourceEmpty = false;
    boolean isListed = onlyThere.remove(destination.nameOf(name)) != null;
    if (!isListed && !destination.features().names().isExact()) {
      notListed.add(name);
    }
  }

  /**
   * The names that only the destination has. To be called when all names of the source were noted.
   */
  Map<Path, Optional<ListedEntry>> onlyThere() throws IOException {
    leaveOutOtherNames();
    return onlyThere;
  }

  /**
   * Removes names that are another spelling of a name of the source, since the deletion would
   * delete the only copy. Finds them by the rules for names, and by looking which file a name leads
   * to.
   */
  private void leaveOutOtherNames() throws IOException {
    if (notListed.isEmpty() || onlyThere.isEmpty()) {
      return;
    }
    NameRules rules = destination.features().names();
    Set<String> folded = new HashSet<>();
    notListed.forEach(name -> folded.add(rules.fold(name)));
    onlyThere.keySet().removeIf(name -> folded.contains(rules.fold(name)));
    Set<List<Long>> files = new HashSet<>();
    for (Path name : onlyThere.isEmpty() ? List.<Path>of() : notListed) {
      fileOf(name).ifPresent(files::add);
    }
    for (Path name : files.isEmpty() ? List.<Path>of() : List.copyOf(onlyThere.keySet())) {
      if (fileOf(name).map(files::contains).orElse(false)) {
        onlyThere.remove(name);
      }
    }
  }

  private Optional<List<Long>> fileOf(Path name) throws IOException {
    return destination
        .stat(PathBytes.resolve(directory.target, PathBytes.of(name)))
        .filter(found -> found.inode() != Metadata.UNKNOWN)
        .map(found -> List.of(found.device(), found.inode()));
  }
}
