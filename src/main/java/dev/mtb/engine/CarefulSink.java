package dev.mtb.engine;

import dev.mtb.compare.Decision;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.scan.FileFilter;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.commons.io.function.IORunnable;

/**
 * A sink that wraps another sink and protects what the destination holds. A file replaces a
 * directory only if the directory is empty, is kept as an old version, or may be deleted. No old
 * version replaces something else. Thread-safe.
 */
final class CarefulSink implements Sink {
  /** What the run does with a directory that is not empty and stands in the place of a file. */
  enum NotEmpty {
    /** It stays, and the file is not copied. */
    STAYS,
    /** It is deleted when all else is done. */
    IS_DELETED_LAST
  }

  private final Sink wrapped;
  private final Listings listings;
  private final FileFilter filter;
  private final OldVersionsGuard guard;
  private final NotEmpty notEmpty;
  private final String remedy;
  private final Queue<FileWork> waiting = new ConcurrentLinkedQueue<>();

  /**
   * Wraps another sink.
   *
   * @param notEmpty what is done with directories, unless old versions are kept
   * @param remedy what the user can do about a directory that stays
   */
  CarefulSink(
      Sink wrapped,
      Listings listings,
      FileFilter filter,
      OldVersionsGuard guard,
      NotEmpty notEmpty,
      String remedy) {
    this.wrapped = wrapped;
    this.listings = listings;
    this.filter = filter;
    this.guard = guard;
    this.notEmpty = notEmpty;
    this.remedy = remedy;
  }

  @Override
  public Failure.Stage stage() {
    return wrapped.stage();
  }

  @Override
  public Set<Attribute> makeDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing, Decision decision)
      throws IOException {
    if (existing.isPresent()) {
      guard.check(directory.target);
    }
    return wrapped.makeDirectory(directory, source, existing, decision);
  }

  @Override
  public Set<Attribute> makeSharedDirectory(
      DirectoryNode directory, Metadata source, Optional<Metadata> existing) throws IOException {
    if (existing.isPresent()) {
      guard.check(directory.target);
    }
    return wrapped.makeSharedDirectory(directory, source, existing);
  }

  @Override
  public void file(FileWork work, Decision decision) throws IOException {
    prepare(work, decision).run();
  }

  @Override
  public IORunnable prepare(FileWork work, Decision decision) throws IOException {
    if (decision.action() == Action.REPLACE) {
      guard.check(work.target());
    }
    Path target = work.target();
    boolean isDirectory =
        work.existing().isPresent() && work.existing().get().kind() == Kind.DIRECTORY;
    if (!isDirectory) {
      return wrapped.prepare(work, decision);
    }
    if (isEmpty(target)) {
      return () -> wrapped.replaceDirectory(work, () -> deleteEmpty(target));
    }
    checkMayGo(work);
    return guard.keepsOldVersions()
        ? () -> wrapped.replaceDirectory(work, () -> wrapped.moveToOldVersions(target))
        : () -> waiting.add(work);
  }

  private void checkMayGo(FileWork work) throws IOException {
    if (filter.hasRules() && holdsProtected(work.target(), work.source())) {
      throw new RefusedException(
          "a directory of the destination stands in its place, and a filter protects something in"
              + " it; move the directory away");
    }
    if (!guard.keepsOldVersions() && notEmpty == NotEmpty.STAYS) {
      throw new RefusedException(
          "a directory that is not empty stands in its place, and it is not deleted for it; "
              + remedy);
    }
  }

  private boolean isEmpty(Path target) throws IOException {
    return listings.namesOf(target).isEmpty();
  }

  /**
   * Deletes only the directory itself. If another program has put something into it since it was
   * listed, the deletion fails.
   */
  private void deleteEmpty(Path target) throws IOException {
    for (IOException failure : wrapped.delete(Map.of(target, Kind.DIRECTORY)).values()) {
      throw failure;
    }
  }

  private boolean holdsProtected(Path target, Path source) throws IOException {
    for (Map.Entry<Path, Optional<ListedEntry>> entry : listings.namesOf(target).entrySet()) {
      byte[] name = PathBytes.of(entry.getKey());
      Path child = PathBytes.resolve(target, name);
      Path childSource = PathBytes.resolve(source, name);
      Optional<Boolean> isKnown = entry.getValue().map(ListedEntry::isDirectory);
      boolean isDirectory =
          isKnown.isPresent()
              ? isKnown.get()
              : listings.destination().statListed(child).kind() == Kind.DIRECTORY;
      if (filter.protects(childSource, child, isDirectory)
          || (isDirectory && holdsProtected(child, childSource))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public List<FileWork> waiting() {
    return List.copyOf(waiting);
  }

  @Override
  public void replaceDirectory(FileWork work, IORunnable deletion) throws IOException {
    wrapped.replaceDirectory(work, deletion);
  }

  @Override
  public boolean seesUnchanged() {
    return wrapped.seesUnchanged();
  }

  @Override
  public void unchanged(FileWork work) throws IOException {
    wrapped.unchanged(work);
  }

  @Override
  public void directory(Path target) {
    wrapped.directory(target);
  }

  /** An item whose old version cannot be kept is not deleted. */
  @Override
  public Map<Path, IOException> delete(Map<Path, Kind> toDelete) throws IOException {
    Map<Path, Kind> free = new LinkedHashMap<>();
    Map<Path, IOException> failures = new HashMap<>();
    for (Map.Entry<Path, Kind> one : toDelete.entrySet()) {
      try {
        if (one.getValue() != Kind.DIRECTORY) {
          guard.check(one.getKey());
        }
        free.put(one.getKey(), one.getValue());
      } catch (RefusedException e) {
        failures.put(one.getKey(), e);
      }
    }
    if (!free.isEmpty()) {
      failures.putAll(wrapped.delete(free));
    }
    return failures;
  }

  @Override
  public void setDirectoryMetadata(Path target, Metadata source, Set<Attribute> attributes)
      throws IOException {
    wrapped.setDirectoryMetadata(target, source, attributes);
  }
}
