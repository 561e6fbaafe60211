package dev.mtb.compare;

import com.google.common.collect.ImmutableSet;
import dev.mtb.Action;
import dev.mtb.Attribute;
import dev.mtb.BackupOptions;
import dev.mtb.CompareMode;
import dev.mtb.Kind;
import dev.mtb.Metadata;
import dev.mtb.Reason;
import dev.mtb.UpdateRules;
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
   * The mtime of a copy that was read back and found wrong. It marks it for whatever mode compares
   * it next, also where nothing is remembered, and nobody believes a tag that proves it right. In
   * whole even seconds and after 1980, so that every file system keeps it.
   */
  private static final Instant WRONG = Instant.parse("1980-01-02T03:04:06Z");

  /**
   * The last mtimes that a place can keep; a later one is kept as this. Linux cuts a time off at
   * what the inode holds (s_time_max of its file systems): 31 bits of seconds (ext3), 32 bits (XFS
   * without bigtime, NFSv3 and others), 34 bits (ext4), and XFS with bigtime. The JDK sets times as
   * 63 bits of nanoseconds (FileTime), which end in 2262.
   */
  private static final ImmutableSet<Instant> LAST_SECONDS =
      ImmutableSet.of(
          Instant.ofEpochSecond(Integer.MAX_VALUE),
          Instant.ofEpochSecond(0xFFFF_FFFFL),
          Instant.parse("2262-04-11T23:47:16Z"),
          Instant.parse("2446-05-10T22:38:55Z"),
          Instant.parse("2486-07-02T20:20:24Z"));

  private final CompareMode mode;
  private final Duration modifyWindow;
  private final Duration granularity;
  private final Instant earliest;
  private final boolean comparePermissions;
  private final boolean compareOwner;
  private final UpdateRules rules;

  /**
   * Sets the rules.
   *
   * @param mode how content is compared
   * @param modifyWindow mtimes no further apart than this are equal
   * @param granularity how coarse the destination's mtimes are at best
   * @param earliest the earliest mtime that the destination can keep; earlier ones are kept as this
   * @param comparePermissions whether the destination keeps permission bits
   * @param compareOwner whether owner and group are to be kept
   */
  public Comparison(
      CompareMode mode,
      Duration modifyWindow,
      Duration granularity,
      Instant earliest,
      boolean comparePermissions,
      boolean compareOwner) {
    this(
        mode,
        modifyWindow,
        granularity,
        earliest,
        comparePermissions,
        compareOwner,
        UpdateRules.NONE);
  }

  private Comparison(
      CompareMode mode,
      Duration modifyWindow,
      Duration granularity,
      Instant earliest,
      boolean comparePermissions,
      boolean compareOwner,
      UpdateRules rules) {
    this.mode = mode;
    this.modifyWindow = modifyWindow;
    this.granularity = granularity;
    this.earliest = earliest;
    this.comparePermissions = comparePermissions;
    this.compareOwner = compareOwner;
    this.rules = rules;
  }

  /**
   * The same, but leaving some of what differs.
   *
   * @param updateRules what is left
   * @return decides by these rules, too
   */
  public Comparison under(UpdateRules updateRules) {
    return new Comparison(
        mode, modifyWindow, granularity, earliest, comparePermissions, compareOwner, updateRules);
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
    boolean sameMtime = sameMtime(settable(source), copy.mtime());
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
   * @param copy what is there
   * @return the decision; it is final
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
    return metadata(source, copy, sameMtime(settable(source), copy.mtime()), false);
  }

  /**
   * Tells whether a file may have to be left because of its mtime at the destination, so that this
   * must be known before it is replaced.
   *
   * @param source what is to be kept
   * @param copy what is there, but for its mtime
   * @return false if it does not matter
   */
  public boolean dependsOnMtime(Metadata source, Metadata copy) {
    return rules.update() && source.kind() == Kind.FILE && copy.kind() == Kind.FILE;
  }

  /** In whole seconds and without a window, as rsync has it. Fewer digits make no copy newer. */
  private boolean isNewerThere(Metadata source, Metadata copy) {
    return dependsOnMtime(source, copy)
        && copy.mtime().getEpochSecond() > source.mtime().getEpochSecond();
  }

  /**
   * Marks a copy that was read back and found wrong.
   *
   * @param source what it is a copy of
   * @return the same with an mtime by which every comparison replaces the copy
   */
  public Metadata markedWrong(Metadata source) {
    // Who has a file of that very time gets the next best: an mtime that differs.
    return source.withMtime(isOfMark(source) ? WRONG.plus(Duration.ofDays(1)) : WRONG);
  }

  private static boolean isMarkedWrong(Metadata source, Metadata copy) {
    return copy.mtime().equals(WRONG) && !isOfMark(source);
  }

  private static boolean isOfMark(Metadata source) {
    return source.mtime().truncatedTo(ChronoUnit.SECONDS).equals(WRONG);
  }

  /**
   * Decides about a file or link whose content is known to differ.
   *
   * @return the decision; it is final
   */
  public Decision contentDiffers() {
    return Decision.replace(Reason.CONTENT_DIFFERS);
  }

  /** The JDK sets the time of a link in microseconds. */
  private static Instant settable(Metadata source) {
    return source.kind() == Kind.LINK
        ? source.mtime().truncatedTo(ChronoUnit.MICROS)
        : source.mtime();
  }

  /**
   * Decides about a directory itself, without what is in it.
   *
   * @param source what is to be kept
   * @param destination what is there; empty if nothing is
   * @return the decision
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
    boolean sameMtime = sameMtime(source.mtime(), copy.mtime(), directoryWindow());
    return metadata(source, copy, sameMtime, false);
  }

  /**
   * A directory that a killed run made a moment after the source's has an mtime within the usual
   * window and yet the wrong one. Setting it costs no copy, so it need not be forgiven, unless the
   * user has asked for a wider window.
   */
  private Duration directoryWindow() {
    return modifyWindow.compareTo(BackupOptions.DEFAULT_MODIFY_WINDOW) > 0
        ? modifyWindow
        : Duration.ZERO;
  }

  private Decision metadata(
      Metadata source, Metadata copy, boolean sameMtime, boolean needsContent) {
    ImmutableSet.Builder<Attribute> differing = ImmutableSet.builder();
    Reason reason = Reason.UNCHANGED;
    if (compareOwner && differs(source.uid(), copy.uid(), source.gid(), copy.gid())) {
      differing.add(Attribute.OWNER);
      reason = Reason.OWNER_DIFFERS;
    }
    // A link's own permission bits mean nothing on Linux.
    if (comparePermissions
        && source.kind() != Kind.LINK
        && differs(source.mode(), copy.mode(), 0, 0)) {
      differing.add(Attribute.MODE);
      reason = Reason.MODE_DIFFERS;
    }
    if (!sameMtime) {
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

  private static boolean differs(int source, int copy, int source2, int copy2) {
    boolean isKnown =
        source != Metadata.UNKNOWN
            && copy != Metadata.UNKNOWN
            && source2 != Metadata.UNKNOWN
            && copy2 != Metadata.UNKNOWN;
    return isKnown && (source != copy || source2 != copy2);
  }

  /**
   * Tells whether two mtimes are equal as far as the destination can tell.
   *
   * <p>Besides the window, a copy's time may have lost digits on its way: whatever it lacks (whole
   * seconds, whole milliseconds) is not held against it, where the destination is known to lose
   * such digits. They are cut off, never rounded.
   *
   * @param source of the source
   * @param copy of the destination's file
   * @return whether they are equal
   */
  public boolean sameMtime(Instant source, Instant copy) {
    return sameMtime(source, copy, modifyWindow);
  }

  private boolean sameMtime(Instant source, Instant copy, Duration window) {
    Instant kept = source.isBefore(earliest) ? earliest : source;
    Duration apart = Duration.between(copy, kept);
    if (apart.abs().compareTo(window) <= 0) {
      return true;
    }
    return !apart.isNegative() && (apart.compareTo(precision(copy)) < 0 || isLast(copy));
  }

  /**
   * Whether a copy has the last mtime that its place can keep, so that its source's may be later.
   */
  private static boolean isLast(Instant copy) {
    return LAST_SECONDS.contains(copy.truncatedTo(ChronoUnit.SECONDS));
  }

  /** How precise one mtime of the destination is, to be learned from its zeros. */
  private Duration precision(Instant copy) {
    if (granularity.isZero()) {
      return granularity;
    }
    Duration learned = Duration.ZERO;
    if (copy.truncatedTo(ChronoUnit.SECONDS).equals(copy)) {
      learned = Duration.ofSeconds(1);
    } else if (copy.truncatedTo(ChronoUnit.MILLIS).equals(copy)) {
      learned = Duration.ofMillis(1);
    }
    return learned.compareTo(granularity) > 0 ? learned : granularity;
  }
}
