package dev.mtb.store;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The names in a directory of the destination. Immutable.
 *
 * @param names what is there, with what the listing told of each; empty if this destination is
 *     asked name by name instead
 * @param self what the listing told of the directory itself; empty if nothing, or if only what is
 *     in it shows that it is there
 */
public record Listing(
    Optional<ImmutableMap<Path, Optional<ListedEntry>>> names, Optional<ListedEntry> self) {
  /** Says nothing: every name is worth asking for. */
  public static final Listing ASK = new Listing(Optional.empty(), Optional.empty());

  /**
   * A listing that tells names only.
   *
   * @param names all there are
   * @return a listing without glances
   */
  public static Listing ofNames(Set<Path> names) {
    return new Listing(
        Optional.of(
            ImmutableMap.copyOf(
                Maps.asMap(ImmutableSet.copyOf(names), name -> Optional.<ListedEntry>empty()))),
        Optional.empty());
  }

  /**
   * A listing that tells something of each name.
   *
   * @param glances all there are
   * @param self see above
   * @return a listing with glances
   */
  public static Listing ofGlances(Map<Path, ListedEntry> glances, Optional<ListedEntry> self) {
    return new Listing(
        Optional.of(ImmutableMap.copyOf(Maps.transformValues(glances, Optional::of))), self);
  }

  /**
   * Tells whether a name is worth a {@code stat}.
   *
   * @param name a single name, of the destination's file system
   * @return false if the directory certainly has no such name
   */
  public boolean mayHold(Path name) {
    return names.isEmpty() || names.get().containsKey(name);
  }

  /**
   * What the listing told of a name.
   *
   * @param name a single name, of the destination's file system
   * @return empty if nothing
   */
  public Optional<ListedEntry> glance(Path name) {
    return names.flatMap(all -> all.getOrDefault(name, Optional.empty()));
  }
}
