package dev.mtb.store;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The names in a directory of a store. Immutable.
 *
 * @param names what is there, with what the listing told of each, but no temporary files; empty if
 *     this store is asked name by name instead
 * @param self what the listing told of the directory itself; empty if nothing, or if only what is
 *     in it shows that it is there
 * @param stale temporary files: of this run, of another that is alive, or left by a killed one
 */
public record Listing(
    Optional<ImmutableMap<Path, Optional<ListedEntry>>> names,
    Optional<ListedEntry> self,
    ImmutableMap<Path, Optional<ListedEntry>> stale) {
  /** Tells nothing, so that each name must be asked for. */
  public static final Listing ASK = ask(List.of());

  /**
   * A listing that tells only the temporary files.
   *
   * @param stale their names
   * @return each other name must be asked for
   */
  public static Listing ask(Collection<Path> stale) {
    return new Listing(Optional.empty(), Optional.empty(), withoutEntries(stale));
  }

  /**
   * A listing that tells names only.
   *
   * @param names all there are
   * @return the names without entries
   */
  public static Listing ofNames(Collection<Path> names) {
    return of(withoutEntries(names), Optional.empty());
  }

  /**
   * A listing that tells something of each name.
   *
   * @param entries all there are
   * @param self see above
   * @return the names with their entries
   */
  public static Listing ofEntries(Map<Path, ListedEntry> entries, Optional<ListedEntry> self) {
    return of(Maps.transformValues(entries, Optional::of), self);
  }

  private static ImmutableMap<Path, Optional<ListedEntry>> withoutEntries(Collection<Path> names) {
    ImmutableMap.Builder<Path, Optional<ListedEntry>> all = ImmutableMap.builder();
    names.forEach(name -> all.put(name, Optional.empty()));
    // A directory that changes while it is read may show a name twice (readdir(3)).
    return all.buildKeepingLast();
  }

  private static Listing of(Map<Path, Optional<ListedEntry>> all, Optional<ListedEntry> self) {
    ImmutableMap.Builder<Path, Optional<ListedEntry>> names = ImmutableMap.builder();
    ImmutableMap.Builder<Path, Optional<ListedEntry>> stale = ImmutableMap.builder();
    all.forEach(
        (name, entry) -> (TemporaryNames.isTemporary(name) ? stale : names).put(name, entry));
    return new Listing(Optional.of(names.buildOrThrow()), self, stale.buildOrThrow());
  }

  /**
   * Tells whether a directory may have a name, so that a {@code stat} is needed.
   *
   * @param name a single name, of the store's file system
   * @return false if the directory certainly has no such name
   */
  public boolean mayHold(Path name) {
    return names.isEmpty() || names.get().containsKey(name);
  }

  /**
   * What the listing told of a name.
   *
   * @param name a single name, of the store's file system
   * @return empty if nothing
   */
  public Optional<ListedEntry> entry(Path name) {
    return names.flatMap(all -> all.getOrDefault(name, Optional.empty()));
  }
}
