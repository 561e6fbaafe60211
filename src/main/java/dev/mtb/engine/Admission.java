package dev.mtb.engine;

import dev.mtb.job.Failure;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.Shard;
import dev.mtb.place.DestinationInSource;
import dev.mtb.scan.FileFilter;
import dev.mtb.store.DestinationException;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The choice of what a run backs up of the source: filters, shards, special files, the destination
 * itself and names that cannot be kept. Thread-safe.
 */
final class Admission {
  private final Policy policy;
  private final Shard shard;
  private final FileFilter filter;
  private final DestinationInSource destinationInSource;
  private final NameCollisions collisions;
  private final OldVersionsGuard guard;
  private final Tally tally;
  private final ScanFailures failures;

  /**
   * Makes the choice of a run.
   *
   * @param destinationInSource recognises the destination if the walk meets it
   * @param guard keeps sources and old versions apart
   */
  Admission(
      RunContext context,
      FileFilter filter,
      DestinationInSource destinationInSource,
      NameCollisions collisions,
      OldVersionsGuard guard) {
    this.policy = context.policy();
    this.shard = context.options().shard();
    this.filter = filter;
    this.destinationInSource = destinationInSource;
    this.collisions = collisions;
    this.guard = guard;
    this.tally = context.tally();
    this.failures = new ScanFailures(context);
  }

  /** Whether a directory is a mount point that a filter keeps from being entered. */
  boolean isMountPoint(DirectoryNode node) {
    return node.metadata().isPresent() && filter.isOutside(node.metadata().get(), node.device);
  }

  /** Whether the root of the source is the destination, which is then reported. */
  boolean refusesRoot(DirectoryNode node) {
    boolean isRefused =
        node.parent.isEmpty()
            && node.metadata().isPresent()
            && destinationInSource.hold(node.source, node.metadata().get(), /* isListed= */ true);
    if (isRefused) {
      failures.destination(node.source, node.target);
    }
    return isRefused;
  }

  /**
   * Looks at a child. A child that is excluded for a reason that the user should know is reported,
   * by the shard that the child belongs to.
   *
   * @return empty if the child is excluded
   */
  Optional<Metadata> admit(Child child) throws DestinationException {
    boolean isOurs = shard.ownsFile(child.target());
    if (TemporaryNames.isStale(child.name())) {
      if (isOurs) {
        tally.skipped(child.target(), "a temporary file of a killed run, or of FUSE");
      }
      return Optional.empty();
    }
    if (child.begun().isEmpty() && !needsLook(child)) {
      return Optional.empty();
    }
    Optional<Metadata> metadata = look(child, isOurs);
    if (metadata.isEmpty()
        || filter.leavesOut(child.source(), child.target(), metadata.get())
        || !mayBeCopied(child, metadata.get(), isOurs)) {
      return Optional.empty();
    }
    return metadata;
  }

  /**
   * Whether {@link #admit} looks at a child. If its name alone excludes it, a look would cost a
   * request for nothing.
   */
  boolean needsLook(Child child) {
    Optional<Boolean> isDirectory = child.entry().isListedAsDirectory();
    return !TemporaryNames.isStale(child.name())
        && !(isDirectory.isPresent()
            && filter.leavesOutByName(child.source(), child.target(), isDirectory.get()));
  }

  private Optional<Metadata> look(Child child, boolean isOurs) throws DestinationException {
    Path source = child.source();
    Path target = child.target();
    try {
      return Optional.of(child.look());
    } catch (DestinationException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      boolean isMissing =
          e instanceof NoSuchFileException || (child.isListed() && ScanFailures.isMissing(e));
      if (filter.leavesOutUnseen(source, target) || (isMissing && !isOurs)) {
        return Optional.empty();
      }
      if (isMissing) {
        failures.missing(source, target, child.causeIfMissing());
      } else {
        failures.failed(source, target, Failure.Stage.SCAN, e, "it was not " + policy.done());
      }
      return Optional.empty();
    }
  }

  private boolean mayBeCopied(Child child, Metadata metadata, boolean isOurs) {
    Path target = child.target();
    Kind kind = metadata.kind();
    Optional<String> collision = kind == Kind.SPECIAL ? Optional.empty() : collision(child);
    if (collision.isPresent()) {
      // Files of another shard are reported by that one.
      if (isOurs) {
        failed(target, collision.get());
      }
      return false;
    }
    if (!isOurs && kind != Kind.DIRECTORY) {
      return false;
    }
    if (kind == Kind.SPECIAL) {
      tally.skipped(target, "a device, socket or pipe");
      return false;
    }
    if (isDestination(child, metadata)) {
      if (isOurs) {
        failures.destination(child.source(), target);
      }
      return false;
    }
    Optional<String> obstacle = guard.obstacle(target, kind);
    if (obstacle.isPresent() && kind != Kind.DIRECTORY) {
      failed(target, obstacle.get());
      return false;
    }
    return true;
  }

  private Optional<String> collision(Child child) {
    return child.isListed()
        ? collisions.obstacle(child.target())
        : collisions.obstacle(child.parent(), child.target());
  }

  /**
   * Whether a child is the destination. A mount of the destination is allowed if a filter keeps the
   * walk from entering it.
   */
  private boolean isDestination(Child child, Metadata metadata) {
    return (child.isListed() || !filter.isOutside(metadata, child.parent().device))
        && destinationInSource.hold(child.source(), metadata, child.isListed());
  }

  private void failed(Path target, String error) {
    tally.failed(new Failure(target, Failure.Stage.COMPARE, error, Failure.Cause.ERROR));
  }
}
