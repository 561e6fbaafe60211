package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.mtb.compare.Decision;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.place.StoredBackup;
import dev.mtb.store.DestinationException;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.NameRules;
import dev.mtb.store.OldVersionsPlace;
import dev.mtb.store.RefusedException;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which way files go, and what is different when they come back: into a backup, where the source is
 * right; or out of one, where what is there already may be worth more than what would replace it.
 * Immutable and thread-safe.
 */
final class Direction {
  /** What libfuse calls a file that was deleted while it was open ({@code hide_node}, fuse.c). */
  private static final Pattern HIDDEN_BY_FUSE = Pattern.compile("\\.fuse_hidden[0-9a-f]{16}");

  /** Its owner may list, enter and change it. */
  private static final int WRITABLE = 0700;

  /** Empty on the way into it. */
  private final Optional<StoredBackup> backup;

  /** Where the backup itself lies in the target; empty if it does not. */
  private final Optional<Path> ownTarget;

  private final boolean overwrites;

  /** Where old versions go; empty if they are not kept. */
  private final Optional<OldVersionsPlace> oldVersions;

  private Direction(
      Optional<StoredBackup> backup,
      Optional<Path> ownTarget,
      boolean overwrites,
      Optional<OldVersionsPlace> oldVersions) {
    this.backup = backup;
    this.ownTarget = ownTarget;
    this.overwrites = overwrites;
    this.oldVersions = oldVersions;
  }

  /**
   * Into a backup.
   *
   * @param oldVersions where old versions go; empty if they are not kept
   */
  static Direction intoBackup(Optional<OldVersionsPlace> oldVersions) {
    return new Direction(Optional.empty(), Optional.empty(), false, oldVersions);
  }

  /**
   * Out of a backup.
   *
   * @param ownTarget where the backup lies, if that is in the target
   * @param overwrites whether newer files are replaced
   * @param oldVersions where old versions go; empty if they are not kept
   */
  static Direction outOf(
      StoredBackup backup,
      Optional<Path> ownTarget,
      boolean overwrites,
      Optional<OldVersionsPlace> oldVersions) {
    return new Direction(Optional.of(backup), ownTarget, overwrites, oldVersions);
  }

  private boolean isRestore() {
    return backup.isPresent();
  }

  /** Whether the destination may hold what is copied: its files, not itself, are then guarded. */
  boolean mayContainSource() {
    return isRestore();
  }

  /** The backup that is read, if that costs HTTP requests. */
  Optional<StoredBackup> bucketThatIsRead() {
    return backup.filter(StoredBackup::isBucket);
  }

  /** What is done with a file, for messages. */
  String done() {
    return isRestore() ? "restored" : "backed up";
  }

  /** A listed name is not there. */
  String missing(Path source) {
    return isRestore() ? "is not in the backup" : ErrorText.missing(source);
  }

  /** What went wrong with a directory, in words. */
  String words(Exception e) {
    return isRestore() && e instanceof NoSuchFileException
        ? "it is not in the backup"
        : ErrorText.of(e);
  }

  /**
   * Whether a file is stale: a temporary file of a killed run, or a deleted file that FUSE keeps
   * while a process has it open. Neither is backed up or restored.
   */
  static boolean isStale(Path name) {
    return TemporaryNames.isTemporary(name) || HIDDEN_BY_FUSE.matcher(name.toString()).matches();
  }

  /** What a list has told of something, where looking at it would cost a request. */
  Optional<Boolean> isListedAsDirectory(Path source) {
    return backup.flatMap(b -> b.isListedAsDirectory(source));
  }

  /** How precise the times are that are copied; those of a source itself are as they are. */
  MtimePrecision sourceMtimes() {
    return backup.map(StoredBackup::mtimes).orElse(MtimePrecision.EXACT);
  }

  /** Whether the root of what is copied has metadata of its own. */
  boolean hasRootMetadata() {
    return backup.map(StoredBackup::hasRootMetadata).orElse(true);
  }

  /** Looks at a directory in the path of a listed entry; in a backup no link is followed. */
  Metadata lookOnTheWay(Path directory) throws IOException {
    return isRestore() ? backup.get().lookOnTheWay(directory) : Metadata.following(directory);
  }

  /**
   * Whether directories that are there and only lead to what was asked for are not touched: who
   * wants one file of {@code /etc} back does not want the mode that {@code /etc} had.
   */
  boolean leavesDirectoriesOnTheWay() {
    return isRestore();
  }

  /**
   * What may be set of the destination itself. Where files come back into a directory that was
   * there before, its mode and owner are the user's business.
   */
  ImmutableSet<Attribute> settable(Set<Attribute> attributes, boolean isNew) {
    return isRestore() && !isNew
        ? Sets.intersection(attributes, ImmutableSet.of(Attribute.MTIME)).immutableCopy()
        : ImmutableSet.copyOf(attributes);
  }

  /**
   * What is set of the destination itself before there is anything in it. After that no run could
   * tell, if this run were interrupted, that this is not what the user wants it to have. A mode
   * that keeps its owner from writing has to wait.
   */
  ImmutableSet<Attribute> setBeforeContents(
      Metadata source, Set<Attribute> attributes, boolean isNew) {
    boolean isWritable = (source.mode() & WRITABLE) == WRITABLE;
    return isRestore() && isNew && isWritable
        ? Sets.intersection(attributes, ImmutableSet.of(Attribute.OWNER, Attribute.MODE))
            .immutableCopy()
        : ImmutableSet.of();
  }

  /**
   * Whether something at the destination is, or is in, the backup that is being read, or would take
   * the place of a directory that holds it.
   */
  boolean meetsBackup(Path target, Metadata source, Optional<Metadata> existing) {
    if (existing.isPresent() && backup.isPresent() && backup.get().isRoot(existing.get())) {
      return true;
    }
    if (ownTarget.isEmpty()) {
      return false;
    }
    // They may be of two file systems.
    String own = PathBytes.toText(ownTarget.get()) + "/";
    String here = PathBytes.toText(target) + "/";
    return here.startsWith(own) || (source.kind() != Kind.DIRECTORY && own.startsWith(here));
  }

  /**
   * Whether what is there is not to be changed: something newer, or a directory, in which there may
   * be. An mtime that differs only in digits that S3FS does not keep is not newer.
   */
  boolean leavesAlone(Metadata source, Optional<Metadata> existing, Decision decision) {
    if (!isRestore() || overwrites || existing.isEmpty()) {
      return false;
    }
    Metadata there = existing.get();
    boolean setsNoTime =
        decision.action() == Action.UPDATE_METADATA
            && !decision.attributes().contains(Attribute.MTIME);
    boolean isNewer = there.mtime().truncatedTo(ChronoUnit.MILLIS).isAfter(source.mtime());
    boolean isDirectory = there.kind() == Kind.DIRECTORY && source.kind() != Kind.DIRECTORY;
    return (isNewer && !setsNoTime) || isDirectory;
  }

  /**
   * Why something of the source must not be written where it lands.
   *
   * @return empty if it may be
   */
  Optional<String> obstacle(Path target, Kind kind, NameRules rules) {
    boolean isMet =
        oldVersions.isPresent() && oldVersions.get().meets(target, kind == Kind.DIRECTORY, rules);
    return isMet
        ? Optional.of(
            "old versions are kept in the place where it would land ("
                + oldVersions.get().directory().orElseThrow()
                + " in the destination), and one could overwrite it; keep them elsewhere, such as in"
                + " ../old")
        : Optional.empty();
  }

  Optional<OldVersionsPlace> oldVersions() {
    return oldVersions;
  }

  /** What the user can do about a directory in the place of a file. */
  String makingWay() {
    return isRestore()
        ? "move it away and run again"
        : "run with BackupOptions.deletion (it is deleted when all else is done) or with"
            + " OldVersions.directory (it is kept"
            + " there), or move it away";
  }

  String whyLeftAlone(Metadata existing) {
    return existing.kind() == Kind.DIRECTORY
        ? "left alone: a directory is there; RestoreJob.overwrite puts the file in its place if"
            + " that is empty"
        : "left alone: what is there is newer; RestoreJob.overwrite replaces it";
  }

  /** For something in the place of a directory. */
  void refuseIfLeftAlone(Metadata source, Optional<Metadata> existing, Decision decision)
      throws RefusedException {
    if (leavesAlone(source, existing, decision)) {
      throw new RefusedException(
          "something newer that is no directory is there; RestoreJob.overwrite replaces it");
    }
  }

  /**
   * Checks that the place that is read from is still what it was.
   *
   * @throws DestinationException if it is lost
   */
  void check() throws DestinationException {
    if (isRestore()) {
      backup.get().check();
    }
  }
}
