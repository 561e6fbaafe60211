package dev.mtb.engine;

import dev.mtb.Action;
import dev.mtb.CompareMode;
import dev.mtb.Kind;
import dev.mtb.Metadata;
import dev.mtb.PathBytes;
import dev.mtb.Reason;
import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.copy.Buffers;
import dev.mtb.copy.SourceException;
import dev.mtb.destination.ContentTag;
import dev.mtb.destination.Destination;
import dev.mtb.destination.Glance;
import dev.mtb.destination.NoFollow;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Decides about a file of which a listing told size, tag and date, with as few requests as can be.
 * Thread-safe.
 *
 * <p>The tag proves content, for the price of reading the file here. Metadata is proved by the
 * date: what has not changed since the object was stored has the metadata that was stored with it.
 * Whatever is not proved is asked for, with one request.
 */
final class Examination {
  private final Destination destination;
  private final Comparison comparison;
  private final CompareMode mode;
  private final boolean trustTags;
  private final Buffers buffers;

  /**
   * Wires it.
   *
   * @param trustTags false if contents are to be read back, whatever their tags say
   */
  Examination(
      Destination destination,
      Comparison comparison,
      CompareMode mode,
      boolean trustTags,
      Buffers buffers) {
    this.destination = destination;
    this.comparison = comparison;
    this.mode = mode;
    this.trustTags = trustTags;
    this.buffers = buffers;
  }

  /**
   * What was decided.
   *
   * @param decision may still ask for the contents
   * @param existing what is at the destination, as far as it is known
   */
  record Result(Decision decision, Optional<Metadata> existing) {}

  /**
   * Decides.
   *
   * @param work with a glance
   * @param believed whether the destination's dates may be believed here
   */
  Result examine(FileWork work, boolean believed) throws IOException {
    Metadata source = work.metadata();
    Glance glance = work.glance().orElseThrow();
    Metadata seen = seen(source, glance);
    Decision bySight = comparison.file(source, Optional.of(seen));
    if (bySight.action() == Action.REPLACE && bySight.reason() != Reason.MTIME_DIFFERS) {
      return new Result(bySight, Optional.of(seen));
    }
    boolean isSince = believed && glance.isSince(source);
    if (mode == CompareMode.SIZE && isSince) {
      return unchanged(source);
    }
    boolean isHashedFirst =
        mode == CompareMode.CHECKSUM
            || (mode == CompareMode.SIZE_MTIME
                && glance.tag().map(tag -> tag.parts() == 0).orElse(false)
                && source.size() <= destination.hashedInsteadOfLook());
    if (isHashedFirst && mayProve(glance)) {
      if (proves(glance.tag().get(), work)) {
        return isSince ? unchanged(source) : sameContent(work, look(work, glance));
      }
      if (destination.tagsAreDigests().equals(Optional.of(true))) {
        return new Result(comparison.contentDiffers(), Optional.of(seen));
      }
    }
    return look(work, glance, isHashedFirst);
  }

  /** What the listing shows, with the source's own values for what it does not show. */
  private static Metadata seen(Metadata source, Glance glance) {
    return new Metadata(
        glance.isDirectory() ? Kind.DIRECTORY : source.kind(),
        glance.size(),
        source.mtime(),
        source.mode(),
        source.uid(),
        source.gid(),
        Metadata.UNKNOWN,
        Metadata.UNKNOWN);
  }

  private static Result unchanged(Metadata source) {
    return new Result(Decision.UNCHANGED, Optional.of(source));
  }

  private boolean mayProve(Glance glance) {
    return trustTags
        && glance.tag().isPresent()
        && !destination.tagsAreDigests().equals(Optional.of(false));
  }

  private Optional<Metadata> look(FileWork work, Glance glance) throws IOException {
    return destination.look(work.landing(), glance);
  }

  private Result sameContent(FileWork work, Optional<Metadata> existing) {
    return existing.isEmpty()
        ? new Result(comparison.file(work.metadata(), existing), existing)
        : new Result(comparison.sameContent(work.metadata(), existing.get()), existing);
  }

  /** Asks, and then decides as for any other destination, but by tags instead of contents. */
  private Result look(FileWork work, Glance glance, boolean wasHashed) throws IOException {
    Metadata source = work.metadata();
    Optional<Metadata> existing = look(work, glance);
    Decision decision = comparison.file(source, existing);
    boolean isOnlyTime =
        decision.action() == Action.REPLACE && decision.reason() == Reason.MTIME_DIFFERS;
    if (!(isOnlyTime || decision.needsContent()) || !mayProve(glance)) {
      return new Result(decision, existing);
    }
    // Its time may be all that differs; reading it here costs less than sending it.
    boolean isSame = !wasHashed && proves(glance.tag().get(), work);
    return isSame ? sameContent(work, existing) : new Result(comparison.contentDiffers(), existing);
  }

  private boolean proves(ContentTag tag, FileWork work) throws IOException {
    try (Buffers.Loan loan = buffers.lend();
        ReadableByteChannel in = open(work)) {
      return tag.proves(in, work.metadata().size(), loan.buffer());
    } catch (IOException e) {
      throw SourceException.of(e);
    }
  }

  private static ReadableByteChannel open(FileWork work) throws IOException {
    Path source = work.source();
    return work.metadata().kind() == Kind.LINK
        ? Channels.newChannel(
            new ByteArrayInputStream(PathBytes.of(Files.readSymbolicLink(source))))
        : NoFollow.open(source);
  }
}
