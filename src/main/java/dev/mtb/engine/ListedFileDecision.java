package dev.mtb.engine;

import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.copy.Buffers;
import dev.mtb.copy.SourceException;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.model.Reason;
import dev.mtb.options.CompareMode;
import dev.mtb.store.ContentTag;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Recollection;
import dev.mtb.store.Store;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.Optional;

/**
 * The decision about a file of which a listing told size, tag and date, with as few requests as
 * possible. Thread-safe.
 *
 * <p>If the catalog of an earlier run has both sides as they are now, the file is unchanged.
 * Otherwise the source file is read to compare its content with the tag, and the metadata is asked
 * for with one request.
 */
final class ListedFileDecision {
  private final Sides sides;
  private final Store destination;
  private final Comparison comparison;
  private final CompareMode mode;
  private final boolean isTrusting;
  private final boolean trustsTags;

  /**
   * Examines by the rules of a run.
   *
   * @param trustsTags false if contents are read back even if their tags match
   */
  ListedFileDecision(Sides sides, ComparisonRules rules, boolean trustsTags) {
    this.sides = sides;
    this.destination = sides.destination();
    this.comparison = rules.updating();
    this.mode = rules.mode();
    this.isTrusting = rules.isTrusting();
    this.trustsTags = trustsTags;
  }

  /**
   * A decision.
   *
   * @param decision may still ask for the contents
   * @param existing what is at the destination, as far as it is known
   */
  record Result(Decision decision, Optional<Metadata> existing) {}

  /** Decides about a file that a listing has shown. */
  Result of(FileWork work) throws IOException {
    Metadata source = work.metadata();
    ListedEntry entry = work.listed().orElseThrow();
    Metadata seen = seen(source, entry);
    Decision bySight = comparison.file(source, Optional.of(seen));
    if (bySight.isSkipped()) {
      return new Result(bySight, Optional.of(seen));
    }
    // A listing tells when an object was stored, and does not tell its mtime.
    boolean dependsOnMtime = comparison.dependsOnMtime(source, seen);
    if (bySight.action() == Action.REPLACE && bySight.reason() != Reason.MTIME_DIFFERS) {
      return dependsOnMtime
          ? look(work, entry, Optional.empty())
          : new Result(bySight, Optional.of(seen));
    }
    Recollection recollection =
        isTrusting ? destination.recall(work.target(), entry, source) : Recollection.NONE;
    boolean isSame = recollection == Recollection.SAME;
    if (isSame && mode != CompareMode.CHECKSUM) {
      return unchanged(source);
    }
    // A file that changed after the object was stored most likely has other content. If its hash
    // proves that, no request is needed.
    boolean isHashedFirst =
        mode == CompareMode.CHECKSUM
            || (recollection == Recollection.SOURCE_CHANGED
                && mode == CompareMode.SIZE_MTIME
                && source.size() <= destination.hashedInsteadOfLook());
    if (isHashedFirst && mayProve(entry)) {
      Optional<Boolean> proof = proves(entry.tag().get(), work);
      if (proof.equals(Optional.of(true))) {
        return isSame ? unchanged(source) : sameContent(work, look(work, entry));
      }
      boolean isCertain = proof.isPresent() && isTrusting && !dependsOnMtime;
      if (isCertain && destination.tagsAreDigests().equals(Optional.of(true))) {
        return new Result(comparison.contentDiffers(), Optional.of(seen));
      }
      return look(work, entry, proof);
    }
    return look(work, entry, Optional.empty());
  }

  /** What the listing shows, with the source's own values for what it does not show. */
  private static Metadata seen(Metadata source, ListedEntry entry) {
    return new Metadata(
            entry.isDirectory() ? Kind.DIRECTORY : source.kind(),
            entry.size(),
            source.mtime(),
            source.mode(),
            source.uid(),
            source.gid(),
            Metadata.UNKNOWN,
            Metadata.UNKNOWN)
        .withVersion(entry.tag().map(ContentTag::toHeader));
  }

  private static Result unchanged(Metadata source) {
    return new Result(Decision.UNCHANGED, Optional.of(source));
  }

  private boolean mayProve(ListedEntry entry) {
    return trustsTags
        && entry.tag().isPresent()
        && !destination.tagsAreDigests().equals(Optional.of(false));
  }

  private Optional<Metadata> look(FileWork work, ListedEntry entry) throws IOException {
    return destination.look(work.target(), entry);
  }

  private Result sameContent(FileWork work, Optional<Metadata> existing) {
    return confirmed(
        work,
        existing.isEmpty()
            ? new Result(comparison.file(work.metadata(), existing), existing)
            : new Result(comparison.sameContent(work.metadata(), existing.get()), existing));
  }

  /** Lets the destination remember the result, so that the next run need not ask. */
  private Result confirmed(FileWork work, Result result) {
    Decision decision = result.decision();
    if (isTrusting && decision.isUnchanged()) {
      destination.confirm(work.target(), work.listed().orElseThrow(), work.metadata());
    }
    return result;
  }

  /**
   * Asks for the metadata, and decides as for any other destination, but compares tags instead of
   * contents.
   */
  private Result look(FileWork work, ListedEntry entry, Optional<Boolean> earlierProof)
      throws IOException {
    Metadata source = work.metadata();
    Optional<Metadata> existing = look(work, entry);
    Decision decision = comparison.file(source, existing);
    boolean isOnlyTime =
        decision.action() == Action.REPLACE && decision.reason() == Reason.MTIME_DIFFERS;
    if (!(isOnlyTime || decision.needsContent()) || !mayProve(entry)) {
      return confirmed(work, new Result(decision, existing));
    }
    // Perhaps only the mtime differs. To read the file here costs less than to send it.
    Optional<Boolean> proof =
        earlierProof.isPresent() ? earlierProof : proves(entry.tag().get(), work);
    if (proof.isEmpty()) {
      // The tag does not tell. So the mtime or the content decides, as on any other destination.
      return new Result(decision, existing);
    }
    return proof.get()
        ? sameContent(work, existing)
        : new Result(comparison.contentDiffers(), existing);
  }

  private Optional<Boolean> proves(ContentTag tag, FileWork work) throws IOException {
    try (Buffers.Loan loan = sides.buffers().lend();
        ReadableByteChannel in = open(work)) {
      return tag.proves(in, work.metadata().size(), loan.buffer());
    } catch (IOException e) {
      throw SourceException.of(e, sides.tree(), work.source());
    }
  }

  private ReadableByteChannel open(FileWork work) throws IOException {
    return work.metadata().kind() == Kind.LINK
        ? Channels.newChannel(new ByteArrayInputStream(PathBytes.of(work.entry().readLink())))
        : work.entry().read();
  }
}
