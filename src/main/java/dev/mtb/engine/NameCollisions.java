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
 * Names of the source that are one name at the destination (it ignores case, for example). Only one
 * of them can be in the backup. The others fail, so that they do not overwrite it.
 *
 * <p>A listed entry wins over an entry that the walk finds; otherwise the first one wins. For
 * listed entries hashes of the names are kept, and for found entries the names of the directory
 * that is walked. If the destination keeps all names apart, nothing is kept.
 *
 * <p>Thread-safe, apart from what belongs to one directory's walk.
 */
final class NameCollisions {
  /** Stands for a name that equals its folded form. Most names do. */
  private static final String FOLDED = "";

  private final NameRules rules;

  /** Filled before other threads start, and not changed later. */
  private final Map<Long, String> listed = new HashMap<>();

  private NameCollisions(NameRules rules) {
    this.rules = rules;
  }

  /** Reads the list once more, if the destination folds names. */
  static NameCollisions of(NameRules rules, SourceList sources) throws InterruptedException {
    NameCollisions collisions = new NameCollisions(rules);
    if (!rules.isExact()) {
      sources.forEachLanding(collisions::list);
    }
    return collisions;
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

  /** Whether a listed entry, or something below it, may land at a path. */
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
   * Whether something of the source would land at a path, under any of the names that the
   * destination takes for the same.
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
      // It is no directory, or cannot be listed. Then the exact name is asked for.
      return false;
    }
    return false;
  }
}
