package dev.mtb.engine;

import dev.mtb.compare.Decision;
import dev.mtb.copy.Copied;
import dev.mtb.copy.Copier;
import dev.mtb.copy.SourceException;
import dev.mtb.job.Activity;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributesException;
import dev.mtb.store.ContentNeededException;
import dev.mtb.store.Diagnosis;
import dev.mtb.store.FailedException;
import dev.mtb.store.Store;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.io.function.IORunnable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sink of a backup: copies, deletes, and sets metadata. Thread-safe. */
final class CopySink implements Sink {
  private static final Logger log = LoggerFactory.getLogger(CopySink.class);

  /** Owner may list, enter and change. */
  private static final int WRITABLE = 0700;

  private final Store destination;
  private final Copier copier;
  private final Optional<ReadBack> readBack;
  private final Optional<Manifest> manifest;
  private final OldVersionsGuard guard;
  private final Tally tally;

  /**
   * Writes to a destination.
   *
   * @param readBack checks each copy; empty if copies are not checked
   * @param manifest lists everything that is in the backup; empty if there is no manifest
   * @param guard asked before something is overwritten
   */
  CopySink(
      Store destination,
      Copier copier,
      Optional<ReadBack> readBack,
      Optional<Manifest> manifest,
      OldVersionsGuard guard,
      Tally tally) {
    this.destination = destination;
    this.copier = copier;
    this.readBack = readBack;
    this.manifest = manifest;
    this.guard = guard;
    this.tally = tally;
  }

  @Override
  public Failure.Stage stage() {
    return Failure.Stage.COPY;
  }

  @Override
  public Set<Attribute> makeDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing, Decision decision)
      throws IOException {
    return makeSharedDirectory(directory, source, existing);
  }

  @Override
  public Set<Attribute> makeSharedDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing) throws IOException {
    // A new directory changes the mtime of its parent, as a new file does.
    if (directory.parent.isPresent()) {
      touch(directory.parent.get());
    }
    Set<Attribute> remaining = destination.createDirectory(directory.target, source, existing);
    tally.directoryCreated();
    return remaining;
  }

  @Override
  public void file(FileWork work, Decision decision) throws IOException {
    tally.copying(work.target(), work.metadata(), decision.action());
    tally.busy(Activity.COPYING, work.target());
    try {
      copy(work, decision);
    } finally {
      tally.idle();
    }
  }

  private void copy(FileWork work, Decision decision) throws IOException {
    // The metadata that is set must still be the metadata of this file.
    if (decision.action() == Action.UPDATE_METADATA
        && copier.look(work.entry()).sameVersion(work.metadata())
        && updateMetadata(work, decision.attributes())) {
      return;
    }
    touch(work.directory());
    if (work.existing().isPresent()) {
      guard.check(work.target());
    }
    Optional<Metadata> seen = Optional.of(work.metadata());
    done(work, copier.copy(work.entry(), seen, work.target(), work.existing()));
  }

  /** Returns false if the destination takes metadata with the content only. */
  private boolean updateMetadata(FileWork work, Set<Attribute> attributes) throws IOException {
    Optional<String> digest = digestIfListed(work);
    Optional<String> problem;
    try {
      problem = problem(work.target(), work.metadata(), attributes);
    } catch (FailedException e) {
      if (e.getCause() instanceof ContentNeededException) {
        log.info("{} is copied again: {}", work.target(), e.getMessage());
        return false;
      }
      throw e;
    }
    list(work.target(), work.metadata(), digest);
    if (problem.isPresent()) {
      unset(work.target(), problem.get());
    } else {
      tally.copied(work.target(), work.metadata(), /* withContent= */ false);
    }
    return true;
  }

  @Override
  public void replaceDirectory(FileWork work, IORunnable deletion) throws IOException {
    tally.copying(work.target(), work.metadata(), work.decision().action());
    tally.busy(Activity.COPYING, work.target());
    try {
      copyOverDirectory(work, deletion);
    } finally {
      tally.idle();
    }
  }

  /** The directory is deleted only when the file is complete under a temporary name. */
  private void copyOverDirectory(FileWork work, IORunnable deletion) throws IOException {
    touch(work.directory());
    Path temporary = work.target().resolveSibling(TemporaryNames.next());
    Copied copied = copier.copy(work.entry(), temporary, Optional.empty());
    try {
      deletion.run();
    } catch (IOException | RuntimeException e) {
      Map<Path, IOException> unused =
          destination.delete(Map.of(temporary, copied.metadata().kind()));
      throw e;
    }
    // If the rename fails, the temporary file stays, since it is now the only copy. The next run
    // removes it.
    destination.rename(temporary, work.target());
    done(work, copied);
  }

  @Override
  public void moveToOldVersions(Path directory) throws IOException {
    destination.moveToOldVersions(directory);
  }

  private void done(FileWork work, Copied written) throws IOException {
    Copied copied = written;
    if (readBack.isPresent()) {
      copied = readBack.get().prove(work, copied);
    }
    list(work.target(), copied.metadata(), copied.digest());
    tally.copied(work.target(), copied.metadata(), /* withContent= */ true);
    if (copied.unset().isPresent()) {
      setAgain(work.target(), copied.metadata(), copied.unset().get());
    }
  }

  /**
   * Sets metadata again after a failure. The failure may be transient, so this is retried like any
   * other operation.
   */
  private void setAgain(Path target, Metadata source, AttributesException unset)
      throws IOException {
    Diagnosis diagnosis = destination.diagnose(unset);
    Optional<String> problem =
        diagnosis.kind() == Diagnosis.Kind.OF_THIS_FILE
            ? Optional.of(diagnosis.text())
            : problem(target, source, unset.attributes());
    problem.ifPresent(text -> unset(target, text));
  }

  /** Sets attributes, and says what could not be set. */
  private Optional<String> problem(Path target, Metadata source, Set<Attribute> attributes)
      throws IOException {
    try {
      destination.setMetadata(target, source, attributes);
      return Optional.empty();
    } catch (FailedException e) {
      if (e.getCause() instanceof AttributesException) {
        return Optional.of(e.getMessage());
      }
      throw e;
    } catch (AttributesException e) {
      return Optional.of(e.getMessage());
    }
  }

  private void unset(Path target, String problem) {
    tally.failed(new Failure(target, stage(), problem, Failure.Cause.ERROR));
  }

  @Override
  public boolean seesUnchanged() {
    return manifest.isPresent();
  }

  @Override
  public void unchanged(FileWork work) throws IOException {
    list(work.target(), work.metadata(), digestIfListed(work));
  }

  @Override
  public void directory(Path target) {
    manifest.ifPresent(m -> m.directory(target));
  }

  /**
   * The digest of a file whose content was not copied. The file is read here, and must be the
   * version that was compared.
   */
  private Optional<String> digestIfListed(FileWork work) throws IOException {
    if (manifest.isEmpty() || work.metadata().kind() != Kind.FILE) {
      return Optional.empty();
    }
    Optional<String> digest = copier.digestOf(work.entry(), work.metadata());
    if (digest.isEmpty()) {
      throw SourceException.moved(
          "changed after it was compared, so that the manifest cannot hold its digest", null);
    }
    return digest;
  }

  private void list(Path target, Metadata metadata, Optional<String> digest) {
    manifest.ifPresent(
        m -> {
          if (metadata.kind() == Kind.FILE) {
            m.file(target, metadata, digest.orElseThrow());
          } else {
            m.link(target);
          }
        });
  }

  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    Map<Path, IOException> failures = destination.delete(toDelete);
    toDelete.forEach(
        (target, kind) -> {
          if (!failures.containsKey(target)) {
            tally.deleted(target, kind);
          }
        });
    return failures;
  }

  private void touch(DirectoryNode directory) throws IOException {
    directory.touch(() -> makeWritable(directory));
  }

  /** A directory that is read-only in the source is so in the backup, except while it is filled. */
  private void makeWritable(DirectoryNode directory) throws IOException {
    int mode = directory.existingMode();
    if (mode == Metadata.UNKNOWN
        || (mode & WRITABLE) == WRITABLE
        || directory.metadata().isEmpty()
        || destination.features().keepsOwner()) {
      // A process that keeps owners runs as root, which may write to any directory.
      return;
    }
    Metadata source = directory.metadata().get();
    Metadata writable =
        new Metadata(
            source.kind(),
            source.size(),
            source.mtime(),
            mode | WRITABLE,
            source.uid(),
            source.gid(),
            source.device(),
            source.inode());
    // A file system that cannot set modes may ignore them, too. So the run goes on.
    Optional<String> problem = problem(directory.target, writable, EnumSet.of(Attribute.MODE));
    if (problem.isPresent()) {
      log.debug("{}: {}", directory.target, problem.get());
    } else {
      directory.alsoSet(Attribute.MODE);
    }
  }

  @Override
  public void setDirectoryMetadata(Path target, Metadata source, Set<Attribute> attributes)
      throws IOException {
    destination.setMetadata(target, source, attributes);
  }
}
