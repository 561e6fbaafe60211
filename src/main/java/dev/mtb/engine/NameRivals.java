package dev.mtb.engine;

import com.google.common.hash.Hashing;
import dev.mtb.model.PathBytes;
import dev.mtb.scan.SourceList;
import dev.mtb.store.NameRules;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import dev.mtb.store.TreeScan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Names of the source that are one name at the destination: only one of them can be in the backup,
 * and the others fail instead of taking its place.
 *
 * <p>A listed entry wins over one that is found by walking, and otherwise the one that comes first.
 * Of what is listed hashes are kept, as the list does; of what is found, the names of a directory
 * while it is walked. Where each name is one of its own, nothing is kept and nothing looked up.
 *
 * <p>Thread-safe, apart from what belongs to one directory's walk.
 */
final class NameRivals {
  /** Stands for a name that is its own folded form, as most are. */
  private static final String FOLDED = "";

  private final NameRules rules;

  /** Not changed any more when threads are about. */
  private final Map<Long, String> listed = new HashMap<>();

  private NameRivals(NameRules rules) {
    this.rules = rules;
  }

  /** Reads the list once more, if the destination folds names. */
  static NameRivals of(NameRules rules, SourceList sources) throws InterruptedException {
    NameRivals rivals = new NameRivals(rules);
    if (!rules.isExact()) {
      sources.forEachLanding(rivals::list);
    }
    return rivals;
  }

  NameRules rules() {
    return rules;
  }

  private void list(Path target) {
    Path path = target;
    while (path != null && !path.toString().isEmpty()) {
      String name = PathBytes.toText(path.getFileName());
      String folded = rules.fold(path.getFileName());
      listed.putIfAbsent(key(path), name.equals(folded) ? FOLDED : name);
      path = path.getParent();
    }
  }

  private long key(Path target) {
    return Hashing.murmur3_128().hashString(rules.fold(target), StandardCharsets.UTF_8).asLong();
  }

  /** Whether something that is listed, or below it, may land at a place. */
  boolean mayBeListed(Path target) {
    return !rules.isExact() && listed.containsKey(key(target));
  }

  /**
   * Why something must not be written, since something else that is listed has its name.
   *
   * @param target whose directory has been asked about before
   * @return empty if nothing is in its way
   */
  Optional<String> obstacle(Path target) {
    if (rules.isExact() || target.toString().isEmpty()) {
      return Optional.empty();
    }
    String winner = listed.get(key(target));
    if (winner == null) {
      return Optional.empty();
    }
    Path name = target.getFileName();
    return obstacle(name, winner.equals(FOLDED) ? rules.fold(name) : winner);
  }

  /**
   * The same for what is found by walking a directory.
   *
   * @param directory that the calling thread walks
   */
  Optional<String> obstacle(DirectoryNode directory, Path target) {
    Optional<String> listedRival = obstacle(target);
    if (rules.isExact() || listedRival.isPresent()) {
      return listedRival;
    }
    Path name = target.getFileName();
    String text = PathBytes.toText(name);
    String winner = directory.names().putIfAbsent(rules.fold(name), text);
    return winner == null ? Optional.empty() : obstacle(name, winner);
  }

  private Optional<String> obstacle(Path name, String winner) {
    return PathBytes.toText(name).equals(winner)
        ? Optional.empty()
        : Optional.of(
            "the destination takes its name for that of "
                + winner
                + ", which is backed up in the same directory ("
                + rules.reason()
                + "), and only one of the two can be kept there; rename one of them");
  }

  /**
   * Whether something of the source would land at a place, under any of the names that are one
   * there.
   *
   * @param tree that the sources are in
   * @param base where relative entries are taken from
   */
  boolean couldSupply(Tree tree, Path base, Path target) {
    return !rules.isExact()
        && (isBelow(tree.way(base), target, 0) || isBelow(tree.way(tree.root()), target, 0));
  }

  private boolean isBelow(TreeEntry directory, Path target, int depth) {
    if (depth == target.getNameCount()) {
      return true;
    }
    String wanted = rules.fold(target.getName(depth));
    try (TreeScan scan = directory.scan()) {
      Optional<TreeEntry> entry = scan.next();
      while (entry.isPresent()) {
        if (rules.fold(entry.get().path().getFileName()).equals(wanted)
            && isBelow(entry.get(), target, depth + 1)) {
          return true;
        }
        entry = scan.next();
      }
    } catch (IOException e) {
      // No directory; what cannot be listed is asked for by its exact name.
      return false;
    }
    return false;
  }
}
