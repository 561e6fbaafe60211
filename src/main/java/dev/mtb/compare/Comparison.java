package dev.mtb.compare;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.CompareMode;
import dev.mtb.options.KeptAttributes;
import dev.mtb.options.UpdateRules;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The rules by which source and destination are compared. Immutable and thread-safe.
 *
 * <p>For files, by mode (owner and mode only where the destination keeps them):
 *
 * <table>
 * <caption>What makes a file differ</caption>
 * <tr><th></th><th>SIZE_MTIME</th><th>SIZE</th><th>CHECKSUM</th><th>ALWAYS</th></tr>
 * <tr><td>other kind</td><td>replace</td><td>replace</td><td>replace</td><td>replace</td></tr>
 * <tr><td>other size</td><td>replace</td><td>replace</td><td>replace</td><td>replace</td></tr>
 * <tr><td>other mtime</td><td>replace</td><td>metadata</td><td>read both</td><td>replace</td></tr>
 * <tr><td>same mtime</td><td>-</td><td>-</td><td>read both</td><td>replace</td></tr>
 * <tr><td>other mode, owner</td><td>metadata</td><td>metadata</td><td>metadata</td><td>-</td></tr>
 * </table>
 *
 * <p>Two empty files have the same content, whatever their times. A copy that was read back and
 * found wrong is replaced in every mode.
 */
public final class Comparison {
  /**
   * The mtime that marks a copy that was wrong when it was read back. The next comparison replaces
   * such a copy in every mode, without a catalog, and even if its tag matches. The time has whole
   * even seconds and is after 1980, so that every file system keeps it.
   */
  private static final Instant WRONG = Instant.parse("1980-01-02T03:04:06Z");

  private final CompareMode mode;
  private final MtimeRules mtimes;
  private final KeptAttributes kept;
  private final boolean comparePermissions;
  private final boolean compareOwner;
  private final UpdateRules rules;

  /**
   * Sets the rules.
   *
   * @param mtimes when two of them are equal
   * @param kept what is to be kept of a source
   * @param comparePermissions whether the destination keeps permission bits
   * @param compareOwner whether the destination keeps owner and group
   */
  public Comparison(
      CompareMode mode,
      MtimeRules mtimes,
      KeptAttributes kept,
      boolean comparePermissions,
      boolean compareOwner) {
    this(mode, mtimes, kept, comparePermissions, compareOwner, UpdateRules.NONE);
  }

  private Comparison(
      CompareMode mode,
      MtimeRules mtimes,
      KeptAttributes kept,
      boolean comparePermissions,
      boolean compareOwner,
      UpdateRules rules) {
    this.mode = mode;
    this.mtimes = mtimes;
    this.kept = kept;
    this.comparePermissions = comparePermissions;
    this.compareOwner = compareOwner;
    this.rules = rules;
  }

  /** The same rules, but with update rules, under which some files that differ are not copied. */
  public Comparison under(UpdateRules updateRules) {
    return new Comparison(mode, mtimes, kept, comparePermissions, compareOwner, updateRules);
  }

  /**
   * Decides about a file or link.
   *
   * @param source what is to be kept
   * @param destination what is there; empty if nothing is
   * @return the decision; it may ask for the contents
   */
  public Decision file(Metadata source, Optional<Metadata> destination) {
    if (destination.isEmpty()) {
      return rules.existing() ? Decision.leave(Reason.NOT_THERE) : Decision.CREATE;
    }
    Metadata copy = destination.get();
    if (rules.ignoreExisting()) {
      return Decision.leave(Reason.THERE_ALREADY);
    }
    if (source.kind() != copy.kind()) {
      return Decision.replace(Reason.TYPE_DIFFERS);
    }
    if (isNewerThere(source, copy)) {
      return Decision.leave(Reason.NEWER_THERE);
    }
    if (source.size() != copy.size()) {
      return Decision.replace(Reason.SIZE_DIFFERS);
    }
    if (isMarkedWrong(source, copy)) {
      return Decision.replace(Reason.READ_BACK_WRONG);
    }
    boolean sameMtime = sameMtime(source, copy);
    boolean isEmptyFile = source.kind() == Kind.FILE && source.size() == 0;
    if (mode == CompareMode.ALWAYS) {
      return Decision.replace(Reason.ALWAYS);
    }
    if (mode == CompareMode.SIZE_MTIME && !sameMtime && !isEmptyFile) {
      return Decision.replace(Reason.MTIME_DIFFERS);
    }
    boolean needsContent = mode == CompareMode.CHECKSUM && !isEmptyFile;
    return metadata(source, copy, sameMtime, needsContent);
  }

  /**
   * Decides about a file or link whose content is known to be equal.
   *
   * @param source what is to be kept
   */
  public Decision sameContent(Metadata source, Metadata copy) {
    if (source.kind() != copy.kind()) {
      return Decision.replace(Reason.TYPE_DIFFERS);
    }
    if (isNewerThere(source, copy)) {
      return Decision.leave(Reason.NEWER_THERE);
    }
    if (isMarkedWrong(source, copy)) {
      return Decision.replace(Reason.READ_BACK_WRONG);
    }
    return metadata(source, copy, sameMtime(source, copy), false);
  }

  /**
   * Tells whether the update rules need the mtime at the destination to decide about a file. Then
   * the mtime must be known before the file is replaced.
   *
   * @param source what is to be kept
   * @param copy what is there; its mtime is not used
   * @return false if it does not matter
   */
  public boolean dependsOnMtime(Metadata source, Metadata copy) {
    return rules.update() && source.kind() == Kind.FILE && copy.kind() == Kind.FILE;
  }

  /** Whether the copy is newer, in whole seconds and without a window, as in rsync. */
  private boolean isNewerThere(Metadata source, Metadata copy) {
    return dependsOnMtime(source, copy) && isNewer(copy, source, ChronoUnit.SECONDS);
  }

  /**
   * Tells whether a copy is newer than its source. Digits that one side does not keep make no copy
   * newer.
   *
   * @param source what it would be replaced by
   * @param unit smaller differences do not count
   */
  public static boolean isNewer(Metadata copy, Metadata source, ChronoUnit unit) {
    return copy.mtime().truncatedTo(unit).isAfter(source.mtime().truncatedTo(unit));
  }

  /**
   * Marks a copy that was read back and found wrong.
   *
   * @param source what it is a copy of
   * @return the same with an mtime by which every comparison replaces the copy
   */
  public Metadata markedWrong(Metadata source) {
    // If the source has exactly this mtime, another one is used, since the mark must differ from
    // the source.
    return source.withMtime(isOfMark(source) ? WRONG.plus(Duration.ofDays(1)) : WRONG);
  }

  private static boolean isMarkedWrong(Metadata source, Metadata copy) {
    return copy.mtime().equals(WRONG) && !isOfMark(source);
  }

  private static boolean isOfMark(Metadata source) {
    return source.mtime().truncatedTo(ChronoUnit.SECONDS).equals(WRONG);
  }

  /** Decides about a file or link whose content is known to differ. */
  public Decision contentDiffers() {
    return Decision.replace(Reason.CONTENT_DIFFERS);
  }

  /** The JDK sets the time of a link in microseconds; other programs, and a bucket, keep more. */
  private boolean sameMtime(Metadata source, Metadata copy) {
    return sameMtime(source.mtime(), copy.mtime())
        || (source.kind() == Kind.LINK
            && sameMtime(source.mtime().truncatedTo(ChronoUnit.MICROS), copy.mtime()));
  }

  /**
   * Decides about a directory itself, without what is in it.
   *
   * @param source what is to be kept
   * @param destination what is there; empty if nothing is
   */
  public Decision directory(Metadata source, Optional<Metadata> destination) {
    if (destination.isEmpty()) {
      return rules.existing() ? Decision.leave(Reason.NOT_THERE) : Decision.CREATE;
    }
    Metadata copy = destination.get();
    if (copy.kind() != Kind.DIRECTORY) {
      return rules.ignoreExisting()
          ? Decision.leave(Reason.THERE_ALREADY)
          : Decision.replace(Reason.TYPE_DIFFERS);
    }
    boolean sameMtime = mtimes.sameDirectory(source.mtime(), copy.mtime());
    return metadata(source, copy, sameMtime, false);
  }

  private Decision metadata(
      Metadata whole, Metadata copy, boolean sameMtime, boolean needsContent) {
    Metadata source = kept.of(whole);
    ImmutableSet.Builder<Attribute> differing = ImmutableSet.builder();
    Reason reason = Reason.UNCHANGED;
    if (compareOwner && (differs(source.uid(), copy.uid()) || differs(source.gid(), copy.gid()))) {
      differing.add(Attribute.OWNER);
      reason = Reason.OWNER_DIFFERS;
    }
    // A link's own permission bits mean nothing on Linux.
    if (comparePermissions && source.kind() != Kind.LINK && differs(source.mode(), copy.mode())) {
      differing.add(Attribute.MODE);
      reason = Reason.MODE_DIFFERS;
    }
    if (!sameMtime && kept.times()) {
      differing.add(Attribute.MTIME);
      reason = Reason.MTIME_DIFFERS;
    }
    ImmutableSet<Attribute> attributes = differing.build();
    return new Decision(
        attributes.isEmpty() ? Action.NONE : Action.UPDATE_METADATA,
        reason,
        attributes,
        needsContent);
  }

  private static boolean differs(int source, int copy) {
    return source != Metadata.UNKNOWN && copy != Metadata.UNKNOWN && source != copy;
  }

  /** Tells whether two mtimes are equal as far as both sides can tell. */
  public boolean sameMtime(Instant source, Instant copy) {
    return mtimes.same(source, copy);
  }
}
