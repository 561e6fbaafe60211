package dev.mtb.engine;

import dev.mtb.model.Kind;
import dev.mtb.store.NameRules;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.RefusedException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The guard that keeps old versions from taking the place of files that the source has: with {@code
 * --suffix '~'} the old version of {@code a} is {@code a~}, and with {@code --backup-dir old} it is
 * {@code old/a}; the source may have a file of that name. Thread-safe.
 */
final class OldVersionsGuard {
  private final Optional<OldVersionsPlace> place;
  private final NameRules rules;
  private final Predicate<Path> isInSource;

  /**
   * Guards the files of a source.
   *
   * @param place where old versions go; empty if they are not kept
   * @param rules which names are one at the destination
   * @param isInSource whether the source has something that lands at a path, backed up or not
   */
  OldVersionsGuard(Optional<OldVersionsPlace> place, NameRules rules, Predicate<Path> isInSource) {
    this.place = place;
    this.rules = rules;
    this.isInSource = isInSource;
  }

  /** Whether something that only the destination has is an old version, or may be. */
  boolean holds(Path target) {
    return place.isPresent() && place.get().holds(target, rules);
  }

  /** Whether a deleted file is kept in its directory under another name. */
  boolean keepsBeside() {
    return place.isPresent() && place.get().directory().isEmpty();
  }

  /** Why something of the source must not be written where it lands. */
  Optional<String> obstacle(Path target, Kind kind) {
    return place.isPresent() && place.get().meets(target, kind == Kind.DIRECTORY, rules)
        ? Optional.of(
            "old versions are kept in the place where it would land ("
                + place.get().directory().orElseThrow()
                + " in the destination), and one could overwrite it; keep them elsewhere, such as"
                + " in ../old")
        : Optional.empty();
  }

  boolean keepsOldVersions() {
    return place.isPresent();
  }

  /**
   * Checks a path before it is overwritten or deleted.
   *
   * @throws RefusedException if its old version would overwrite a copy of something else
   */
  void check(Path target) throws RefusedException {
    Optional<Path> old = place.flatMap(p -> p.inDestination(target));
    if (old.isPresent() && isInSource.test(old.get())) {
      throw new RefusedException(
          "its old version would be kept as "
              + old.get()
              + ", and the source has something of that name; use another"
              + " OldVersions.suffix or OldVersions.directory");
    }
  }
}
