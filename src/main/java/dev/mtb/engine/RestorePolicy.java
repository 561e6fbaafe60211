package dev.mtb.engine;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.mtb.compare.Comparison;
import dev.mtb.compare.Decision;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;

/**
 * The policy of a restore.
 *
 * @param identity of the directory that holds the backup; empty if it is in none
 * @param ownTarget where the backup lies, if that is in the target
 * @param overwrites whether newer files are replaced
 */
record RestorePolicy(Optional<Metadata> identity, Optional<Path> ownTarget, boolean overwrites)
    implements Policy {
  /** Its owner may list, enter and change it. */
  private static final int WRITABLE = 0700;

  @Override
  public boolean mayContainSource() {
    return true;
  }

  @Override
  public String done() {
    return "restored";
  }

  @Override
  public String missing(Path source) {
    return "is not in the backup; Mtb.list shows what is";
  }

  @Override
  public String words(Exception e) {
    return e instanceof NoSuchFileException ? "it is not in the backup" : ErrorText.of(e);
  }

  @Override
  public String makingWay() {
    return "move it away and run again";
  }

  /**
   * A user who restores one file of {@code /etc} does not want to restore the mode of {@code /etc}.
   */
  @Override
  public boolean leavesDirectoriesOnTheWay() {
    return true;
  }

  /** An existing directory keeps its mode and owner: the user has chosen them. */
  @Override
  public ImmutableSet<Attribute> settable(Set<Attribute> attributes, boolean isNew) {
    return isNew
        ? ImmutableSet.copyOf(attributes)
        : Sets.intersection(attributes, ImmutableSet.of(Attribute.MTIME)).immutableCopy();
  }

  /**
   * Mode and owner are set before anything is written. If this run is interrupted, the next run
   * finds a directory that is not new, and keeps its mode and owner. A set-group-ID bit that came
   * later would give some of the new directories another mode and group than those before. A mode
   * that forbids the owner to write has to wait.
   */
  @Override
  public ImmutableSet<Attribute> setBeforeContents(
      Metadata source, Set<Attribute> attributes, boolean isNew) {
    boolean isWritable = (source.mode() & WRITABLE) == WRITABLE;
    return isNew && isWritable
        ? Sets.intersection(attributes, ImmutableSet.of(Attribute.OWNER, Attribute.MODE))
            .immutableCopy()
        : ImmutableSet.of();
  }

  @Override
  public boolean meetsBackup(Path target, Metadata source, Optional<Metadata> existing) {
    boolean isBackup =
        existing.isPresent()
            && identity.isPresent()
            && existing.get().kind() == Kind.DIRECTORY
            && existing.get().isSameFile(identity.get());
    if (isBackup || ownTarget.isEmpty()) {
      return isBackup;
    }
    // The two paths may belong to different file systems (java.nio), so their texts are compared.
    String own = PathBytes.toText(ownTarget.get()) + "/";
    String here = PathBytes.toText(target) + "/";
    return here.startsWith(own) || (source.kind() != Kind.DIRECTORY && own.startsWith(here));
  }

  /** A file whose mtime differs only in digits that S3FS does not keep is not newer. */
  @Override
  public Optional<String> reasonToKeep(
      Metadata source, Optional<Metadata> existing, Decision decision) {
    if (overwrites || existing.isEmpty()) {
      return Optional.empty();
    }
    Metadata there = existing.get();
    boolean setsNoTime =
        decision.action() == Action.UPDATE_METADATA
            && !decision.attributes().contains(Attribute.MTIME);
    if (there.kind() == Kind.DIRECTORY && source.kind() != Kind.DIRECTORY) {
      return Optional.of(
          "skipped: a directory is there; RestoreJob.overwrite puts the file in its place if"
              + " that is empty");
    }
    return !setsNoTime && Comparison.isNewer(there, source, ChronoUnit.MILLIS)
        ? Optional.of("skipped: what is there is newer; RestoreJob.overwrite replaces it")
        : Optional.empty();
  }
}
