package dev.mtb.engine;

import com.google.common.collect.Lists;
import com.google.common.hash.Hashing;
import dev.mtb.model.PathBytes;
import dev.mtb.store.NameRules;
import dev.mtb.scan.SourceList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
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

  private void list(Path landing) {
    Path path = landing;
    while (path != null && !path.toString().isEmpty()) {
      String name = PathBytes.toText(path.getFileName());
      String folded = rules.fold(path.getFileName());
      listed.putIfAbsent(key(path), name.equals(folded) ? FOLDED : name);
      path = path.getParent();
    }
  }

  private long key(Path landing) {
    return Hashing.murmur3_128().hashString(rules.fold(landing), StandardCharsets.UTF_8).asLong();
  }

  /** Whether something that is listed, or below it, may land at a place. */
  boolean mayBeListed(Path landing) {
    return !rules.isExact() && listed.containsKey(key(landing));
  }

  /**
   * Why something must not be written, since something else that is listed has its name.
   *
   * @param landing whose directory has been asked about before
   * @return empty if nothing is in its way
   */
  Optional<String> obstacle(Path landing) {
    if (rules.isExact() || landing.toString().isEmpty()) {
      return Optional.empty();
    }
    String winner = listed.get(key(landing));
    if (winner == null) {
      return Optional.empty();
    }
    Path name = landing.getFileName();
    return obstacle(name, winner.equals(FOLDED) ? rules.fold(name) : winner);
  }

  /**
   * The same for what is found by walking a directory.
   *
   * @param directory that the calling thread walks
   */
  Optional<String> obstacle(DirectoryNode directory, Path landing) {
    Optional<String> listedRival = obstacle(landing);
    if (rules.isExact() || listedRival.isPresent()) {
      return listedRival;
    }
    Path name = landing.getFileName();
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
   * @param base where relative entries are taken from
   * @param landing a place
   */
  boolean couldSupply(Path base, Path landing) {
    return !rules.isExact() && (isBelow(base, landing, 0) || isBelow(base.getRoot(), landing, 0));
  }

  private boolean isBelow(Path directory, Path landing, int depth) {
    if (depth == landing.getNameCount()) {
      return true;
    }
    String wanted = rules.fold(landing.getName(depth));
    try (DirectoryStream<Path> same =
        Files.newDirectoryStream(directory, e -> rules.fold(e.getFileName()).equals(wanted))) {
      for (Path entry : Lists.newArrayList(same)) {
        if (isBelow(entry, landing, depth + 1)) {
          return true;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // No directory; what cannot be listed is asked for by its exact name.
      return false;
    }
    return false;
  }
}
