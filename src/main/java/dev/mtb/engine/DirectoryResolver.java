package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import dev.mtb.Action;
import dev.mtb.ErrorText;
import dev.mtb.Failure;
import dev.mtb.Kind;
import dev.mtb.Metadata;
import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.destination.Destination;
import dev.mtb.destination.DestinationException;
import java.io.IOException;
import java.util.Optional;

/**
 * Brings a directory into being at the destination, after its parents, or finds that it is there.
 * Looks at nothing below a directory that this run made. Thread-safe.
 */
final class DirectoryResolver implements DirectoryNode.Resolver {
  private final Destination destination;
  private final Comparison comparison;
  private final End end;
  private final Tally tally;
  private final Stop stop;

  DirectoryResolver(
      Destination destination, Comparison comparison, End end, Tally tally, Stop stop) {
    this.destination = destination;
    this.comparison = comparison;
    this.end = end;
    this.tally = tally;
    this.stop = stop;
  }

  @Override
  public DirectoryNode.State resolve(DirectoryNode node) {
    DirectoryNode.State above =
        node.parent.map(p -> p.resolve(this)).orElse(DirectoryNode.State.PRESENT);
    if (above == DirectoryNode.State.FAILED) {
      return DirectoryNode.State.FAILED;
    }
    Failure.Stage stage = Failure.Stage.SCAN;
    try {
      // A path of the list may lead through a link; at the destination that is a directory.
      Metadata source =
          node.metadata().isPresent() ? node.metadata().get() : Metadata.following(node.source);
      stage = Failure.Stage.COMPARE;
      if (node.existing().isEmpty()) {
        node.existing(
            above == DirectoryNode.State.NEW ? Optional.empty() : destination.stat(node.landing));
      }
      Optional<Metadata> existing = node.existing().orElseThrow();
      stage = end.stage();
      return settle(node, source, existing);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException e) {
      String what =
          stage == Failure.Stage.SCAN
              ? "cannot be read: "
              : stage == Failure.Stage.COMPARE
                  ? "cannot be looked at in the destination: "
                  : "the directory cannot be made: ";
      tally.failed(
          new Failure(
              node.landing,
              stage,
              what + ErrorText.of(e) + "; nothing in it was backed up",
              Failure.Cause.ERROR));
    }
    return DirectoryNode.State.FAILED;
  }

  private DirectoryNode.State settle(
      DirectoryNode node, Metadata source, Optional<Metadata> existing) throws IOException {
    boolean isRoot = node.parent.isEmpty();
    if (isRoot && (existing.isEmpty() || existing.get().kind() != Kind.DIRECTORY)) {
      // Made when the destination was opened; missing only in a dry run.
      node.look(source, ImmutableSet.of());
      return DirectoryNode.State.NEW;
    }
    Decision decision = comparison.directory(source, existing);
    boolean isMine = !isRoot || node.metadata().isPresent();
    if (isRoot && (!isMine || !destination.traits().keepsRootMetadata())) {
      if (isMine) {
        node.look(source, ImmutableSet.of());
      }
      return DirectoryNode.State.PRESENT;
    }
    if (decision.action() == Action.CREATE || decision.action() == Action.REPLACE) {
      tally.decided(node.landing, source, decision.action(), decision.reason());
      node.look(source, end.makeDirectory(node.landing, source, existing, decision));
      return DirectoryNode.State.NEW;
    }
    if (decision.action() != Action.NONE) {
      tally.decided(node.landing, source, decision.action(), decision.reason());
    }
    node.look(source, decision.attributes());
    return DirectoryNode.State.PRESENT;
  }
}
