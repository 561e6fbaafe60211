package dev.mtb.destination;

import com.google.common.collect.ImmutableSet;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The names in a directory of the destination. Immutable.
 *
 * @param names what is there; empty if this destination is asked name by name instead
 */
public record Listing(Optional<ImmutableSet<Path>> names) {
  /** Says nothing: every name is worth asking for. */
  public static final Listing ASK = new Listing(Optional.empty());

  /**
   * Tells whether a name is worth a {@code stat}.
   *
   * @param name a single name, of the destination's file system
   * @return false if the directory certainly has no such name
   */
  public boolean mayHold(Path name) {
    return names.isEmpty() || names.get().contains(name);
  }
}
