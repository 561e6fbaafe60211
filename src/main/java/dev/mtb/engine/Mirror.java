package dev.mtb.engine;

import com.google.common.collect.Lists;
import dev.mtb.copy.SourceException;
import dev.mtb.copy.StoppedException;
import dev.mtb.job.Failure;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.Deletion;
import dev.mtb.place.SourceMounts;
import dev.mtb.scan.FileFilter;
import dev.mtb.store.Destination;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ForeignNameException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.NameRules;
import dev.mtb.store.RefusedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what the destination holds and the source does not. What that is is noted while
 * directories are compared; it is deleted when all else is done, and only if all went well. Where
 * the {@link Sink} deletes nothing, all of it is only told to the end. Thread-safe.
 */
final class Mirror implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Mirror.class);

  /** Names in the notes that are read at once: some MB. */
  private static final int NAMES_AT_ONCE = 20_000;

  private static final int OWNER_ACCESS = 0700;

  private final Rules rules;
  private final Destination destination;
  private final Path whole;
  private final SourceMounts mounts;
  private final Sink end;
  private final Tally tally;
  private final Stop stop;
  private final ExtraneousNames notes = new ExtraneousNames();

  /** Everything at the destination that lies in a mirrored directory. */
  private final LongAdder held = new LongAdder();

  private final LongAdder doomed = new LongAdder();
  private long limit = Long.MAX_VALUE;

  /**
   * What is deleted, and what never is.
   *
   * @param deletion what was asked for
   * @param filter what is left out is not deleted either
   * @param isKept what is never deleted, such as old versions
   * @param keepsBeside whether a file that is deleted stays beside its place, under another name
   * @param isSupplied asked right before something is deleted: whether the source has it after all
   * @param isCutShort whether the run has left something for the next one
   */
  record Rules(
      Deletion deletion,
      FileFilter filter,
      Predicate<Path> isKept,
      boolean keepsBeside,
      Predicate<Path> isSupplied,
      BooleanSupplier isCutShort) {}

  /**
   * Wires it.
   *
   * @param whole the path of the destination itself
   */
  Mirror(
      Rules rules,
      Destination destination,
      Path whole,
      SourceMounts mounts,
      Sink end,
      Tally tally,
      Stop stop) {
    this.rules = rules;
    this.destination = destination;
    this.whole = whole;
    this.mounts = mounts;
    this.end = end;
    this.tally = tally;
    this.stop = stop;
  }

  /** Sees what is in a directory on both sides. For one thread. */
  final class Comparison {
    private final DirectoryNode directory;
    private final Map<Path, Optional<ListedEntry>> onlyThere;
    private final int count;
    private boolean isEmpty = true;

    /** Of the source, where some of the destination's names may be the same as others. */
    private final List<Path> notListed = new ArrayList<>();

    private Comparison(DirectoryNode directory, Listing listing) {
      this.directory = directory;
      onlyThere = new HashMap<>(listing.names().orElseThrow());
      count = onlyThere.size();
    }

    /** The source has it, whether it is backed up or not. */
    void inSource(Path name) {
      isEmpty = false;
      boolean isListed = onlyThere.remove(destination.nameOf(name)) != null;
      if (!isListed && !destination.features().names().isExact()) {
        notListed.add(name);
      }
    }

    /**
     * Leaves out what is there under another name that is the same, so that it would be deleted as
     * the only copy: by the rules for names, and by looking which file a name leads to.
     */
    private void leaveOutOtherNames() throws IOException {
      if (notListed.isEmpty() || onlyThere.isEmpty()) {
        return;
      }
      NameRules rules = destination.features().names();
      Set<String> folded = new HashSet<>();
      notListed.forEach(name -> folded.add(rules.fold(name)));
      onlyThere.keySet().removeIf(name -> folded.contains(rules.fold(name)));
      Set<List<Long>> files = new HashSet<>();
      for (Path name : onlyThere.isEmpty() ? List.<Path>of() : notListed) {
        fileOf(name).ifPresent(files::add);
      }
      for (Path name : files.isEmpty() ? List.<Path>of() : List.copyOf(onlyThere.keySet())) {
        if (fileOf(name).map(files::contains).orElse(false)) {
          onlyThere.remove(name);
        }
      }
    }

    private Optional<List<Long>> fileOf(Path name) throws IOException {
      return destination
          .stat(PathBytes.resolve(directory.target, PathBytes.of(name)))
          .filter(found -> found.inode() != Metadata.UNKNOWN)
          .map(found -> List.of(found.device(), found.inode()));
    }

    /** All of the source was seen. */
    void done() throws IOException {
      held.add(count);
      leaveOutOtherNames();
      directory.metadata().ifPresent(m -> mounts.look(directory.source, m));
      if (!end.deletes() && mounts.isMissing(directory.source)) {
        log.warn(
            "{} was a mount point, and nothing is mounted there now; what the backup holds of it is"
                + " not counted as extra",
            directory.source);
        return;
      }
      if (end.deletes() && !rules.deletion().despiteErrors()) {
        checkNotUnmounted();
      }
      if (!onlyThere.isEmpty()) {
        notes.add(directory.target, directory.source, onlyThere);
      }
    }

    /** An empty folder where something should be mounted looks like one that was emptied. */
    private void checkNotUnmounted() {
      if (count == 0) {
        return;
      }
      boolean isUnmounted = mounts.isMissing(directory.source);
      String what =
          isUnmounted
              ? "was a mount point, and nothing is mounted there now"
              : "is empty now, and was not when it was backed up";
      if (isUnmounted || (isEmpty && directory.isListed)) {
        tally.failed(
            new Failure(
                directory.target,
                Failure.Stage.SCAN,
                directory.source
                    + " "
                    + what
                    + "; what the backup holds of it is left alone (if that is to be deleted, run"
                    + " with Deletion.despiteErrors)",
                Failure.Cause.ERROR));
      }
    }
  }

  Comparison compare(DirectoryNode directory, Listing listing) {
    return new Comparison(directory, listing);
  }

  /** Deletes, or reports, in the pool of the calling thread; all else is done. */
  void finish() throws IOException {
    List<FileWork> waiting = end.waiting();
    if ((notes.isEmpty() && waiting.isEmpty()) || stop.stopping()) {
      return;
    }
    if (!end.deletes()) {
      notes.forEach(
          NAMES_AT_ONCE,
          directories -> invokeAll(directories, noted -> report(items(noted, false))));
      invokeAll(Lists.transform(waiting, Mirror::directoryInPlaceOf), this::reportInside);
      return;
    }
    if (isRefused(waiting)) {
      for (FileWork work : stop.stopping() ? List.<FileWork>of() : waiting) {
        notCopied(
            work,
            "a directory that is not empty stands in its place, and nothing was deleted",
            Failure.Cause.ERROR);
      }
      return;
    }
    notes.forEach(NAMES_AT_ONCE, directories -> invokeAll(directories, this::delete));
    invokeAll(waiting, this::replace);
  }

  private boolean isRefused(List<FileWork> waiting) throws IOException {
    if (rules.isCutShort().getAsBoolean()) {
      refused(
          "nothing was deleted, since not everything was backed up; run again for the rest",
          Failure.Cause.ERROR);
      return true;
    }
    return isRefusedForFailures()
        || (rules.deletion().limit().isPresent()
            && isTooMuch(rules.deletion().limit().get(), waiting));
  }

  @Override
  public void close() throws IOException {
    notes.close();
  }

  private void refused(String why, Failure.Cause cause) {
    tally.failed(new Failure(whole, Failure.Stage.DELETE, why, cause));
  }

  private boolean isRefusedForFailures() {
    boolean isRefused = tally.hasFailures() && !rules.deletion().despiteErrors();
    if (isRefused) {
      refused(
          "nothing was deleted, since something went wrong before; see to that and run again"
              + " (or run with Deletion.despiteErrors)",
          Failure.Cause.ERROR);
    }
    return isRefused;
  }

  /** Counts everything before the first is deleted; what cannot be counted is a failure, too. */
  private boolean isTooMuch(Deletion.Limit most, List<FileWork> waiting) throws IOException {
    limit = most.isPercentage() ? Long.MAX_VALUE : most.of(0);
    notes.forEach(NAMES_AT_ONCE, directories -> invokeAll(directories, this::count));
    count(Lists.transform(waiting, Mirror::directoryInPlaceOf));
    if (stop.stopping()) {
      return true;
    }
    // What is in extraneous directories is counted by now.
    limit = most.of(held.sum());
    if (doomed.sum() <= limit) {
      return isRefusedForFailures();
    }
    refused(
        "nothing was deleted: Deletion.limit "
            + most
            + " allows "
            + limit
            + " deletions, and there is more than that which the source has no more; see what"
            + " with BackupOptions.dryRun",
        Failure.Cause.TOO_MANY_DELETIONS);
    return true;
  }

  private interface Work<T> {
    void run(T item) throws IOException;
  }

  private <T> void invokeAll(List<T> items, Work<T> work) {
    List<RecursiveAction> tasks = new ArrayList<>();
    for (T item : items) {
      tasks.add(
          new RecursiveAction() {
            @Override
            protected void compute() {
              if (stop.stopping()) {
                return;
              }
              try {
                work.run(item);
              } catch (DestinationException e) {
                stop.lost(e);
              } catch (IOException | RuntimeException | Error e) {
                stop.crashed(e);
              }
            }
          });
    }
    ForkJoinTask.invokeAll(tasks);
  }

  /** One thing that is only at the destination. */
  private record Item(Path target, Path source, Kind kind) {}

  /** What is to be deleted of what was noted, for all that is known now. */
  private List<Item> items(ExtraneousNames.Directory directory, boolean isInside)
      throws DestinationException {
    List<Item> items = new ArrayList<>();
    for (ExtraneousNames.Name name : directory.names()) {
      Path target = PathBytes.resolve(directory.target(), PathBytes.of(name.name()));
      Path source = PathBytes.resolve(directory.source(), PathBytes.of(name.name()));
      if (rules.isKept().test(target) || (!isInside && rules.isSupplied().test(target))) {
        continue;
      }
      Optional<Kind> kind = kind(target, name);
      if (kind.isEmpty()) {
        continue;
      }
      boolean isDirectory = kind.get() == Kind.DIRECTORY;
      if (rules.filter().protects(source, target, isDirectory)) {
        log.debug("left alone by a filter: {}", target);
      } else {
        items.add(new Item(target, source, kind.get()));
      }
    }
    return items;
  }

  private Optional<Kind> kind(Path target, ExtraneousNames.Name name) throws DestinationException {
    if (name.isDirectory().isPresent()) {
      return Optional.of(name.isDirectory().get() ? Kind.DIRECTORY : Kind.FILE);
    }
    return look(target).map(Metadata::kind);
  }

  /** What is there; empty if it is gone, or if that cannot be told, which is reported. */
  private Optional<Metadata> look(Path target) throws DestinationException {
    try {
      return destination.stat(target);
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      failed(target, "cannot be looked at: " + ErrorText.of(e) + "; " + consequence());
      return Optional.empty();
    }
  }

  private void failed(Path target, String error) {
    Failure.Stage stage = end.deletes() ? Failure.Stage.DELETE : end.stage();
    tally.failed(new Failure(target, stage, error, Failure.Cause.ERROR));
  }

  /** What became of something that cannot be looked at. */
  private String consequence() {
    return end.deletes() ? "it was not deleted" : "it was not counted as extra";
  }

  // Counting

  private void count(ExtraneousNames.Directory directory) throws IOException {
    count(items(directory, /* isInside= */ false));
  }

  private void count(List<Item> items) throws IOException {
    doomed.add(items.size());
    List<Item> directories = new ArrayList<>();
    for (Item item : items) {
      if (item.kind() == Kind.DIRECTORY) {
        directories.add(item);
      }
    }
    invokeAll(
        directories,
        item -> {
          if (doomed.sum() <= limit) {
            Optional<ExtraneousNames.Directory> inside = list(item);
            if (inside.isPresent()) {
              held.add(inside.get().names().size());
              count(items(inside.get(), /* isInside= */ true));
            }
          }
        });
  }

  private Optional<ExtraneousNames.Directory> list(Item directory) throws IOException {
    try {
      Listing listing = destination.listNames(directory.target());
      return Optional.of(
          ExtraneousNames.Directory.of(
              directory.target(), directory.source(), listing.names().orElseThrow()));
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      failed(
          directory.target(),
          "the directory cannot be listed: " + ErrorText.of(e) + "; " + consequence());
      return Optional.empty();
    }
  }

  // Reporting

  /**
   * Tells the end of what a backup would delete: of a directory only if nothing in it is to stay.
   *
   * @return whether all of it was told of, with everything inside
   */
  private boolean report(List<Item> items) {
    LongAdder staying = new LongAdder();
    invokeAll(
        items,
        item -> {
          if (item.kind() == Kind.DIRECTORY && !reportInside(item)) {
            staying.increment();
          } else {
            end.extra(item.target(), item.kind());
          }
        });
    return staying.sum() == 0 && !stop.stopping();
  }

  private boolean reportInside(Item directory) throws IOException {
    Optional<ExtraneousNames.Directory> inside = list(directory);
    if (inside.isEmpty()) {
      return false;
    }
    List<Item> items = items(inside.get(), /* isInside= */ true);
    boolean isAll = items.size() == inside.get().names().size();
    return report(items) && isAll;
  }

  // Deleting

  private void delete(ExtraneousNames.Directory directory) throws IOException {
    List<Item> items = items(directory, /* isInside= */ false);
    if (items.isEmpty()) {
      return;
    }
    changing(directory.target(), directory.source(), () -> delete(items));
  }

  private interface Change {
    void run() throws IOException;
  }

  /** Changes what is in a directory, and leaves its own metadata as it was. */
  private void changing(Path target, Path source, Change change) throws IOException {
    Optional<Metadata> metadata = metadataOf(target, source);
    metadata.ifPresent(m -> makeWritable(target, m));
    change.run();
    metadata.ifPresent(m -> restore(target, m));
  }

  // Files that take the place of directories

  private static Item directoryInPlaceOf(FileWork work) {
    return new Item(work.target(), work.source(), Kind.DIRECTORY);
  }

  private void replace(FileWork work) throws IOException {
    DirectoryNode parent = work.directory();
    changing(parent.target, parent.source, () -> tryReplace(work));
  }

  private void tryReplace(FileWork work) throws DestinationException {
    try {
      end.replaceDirectory(work, () -> clear(work));
    } catch (DestinationException e) {
      throw e;
    } catch (StoppedException e) {
      // Undone; the report says that the run was stopped.
      log.debug("stopped before {} was copied", work.target());
    } catch (SourceException e) {
      notCopied(work, e.getMessage(), e.moved() ? Failure.Cause.SOURCE_MOVED : Failure.Cause.ERROR);
    } catch (WrongCopyException e) {
      tally.failed(
          new Failure(work.target(), Failure.Stage.VERIFY, e.getMessage(), Failure.Cause.ERROR));
    } catch (IOException e) {
      notCopied(work, "cannot be written: " + ErrorText.of(e), Failure.Cause.ERROR);
    }
  }

  private void clear(FileWork work) throws IOException {
    if (!delete(List.of(directoryInPlaceOf(work)))) {
      throw new RefusedException(
          "the directory that stands in its place could not be deleted with all that is in it");
    }
  }

  private void notCopied(FileWork work, String error, Failure.Cause cause) {
    tally.failed(new Failure(work.target(), end.stage(), error, cause));
  }

  /** Directories first, which are deleted from the inside. */
  private boolean delete(List<Item> items) throws IOException {
    List<Item> flat = new ArrayList<>();
    List<Item> directories = new ArrayList<>();
    for (Item item : items) {
      tally.extraneous(item.target(), item.kind());
      (item.kind() == Kind.DIRECTORY ? directories : flat).add(item);
    }
    LongAdder left = new LongAdder();
    invokeAll(
        directories,
        item -> {
          if (!deleteInside(item)) {
            left.increment();
          } else {
            synchronized (flat) {
              flat.add(item);
            }
          }
        });
    List<List<Item>> batches = Lists.partition(flat, destination.deletedAtOnce());
    invokeAll(batches, batch -> left.add(deleteBatch(batch)));
    return left.sum() == 0;
  }

  /** Whether nothing is left in it. */
  private boolean deleteInside(Item directory) throws IOException {
    Optional<ExtraneousNames.Directory> inside = list(directory);
    if (inside.isEmpty()) {
      return false;
    }
    if (inside.get().names().isEmpty()) {
      return true;
    }
    List<Item> items = items(inside.get(), /* isInside= */ true);
    if (destination.features().keepsPermissions() && !destination.features().keepsOwner()) {
      look(directory.target()).ifPresent(m -> makeWritable(directory.target(), m));
    }
    boolean isAll = items.size() == inside.get().names().size();
    boolean isDone = delete(items);
    boolean leavesOldVersions =
        rules.keepsBeside() && items.stream().anyMatch(item -> item.kind() != Kind.DIRECTORY);
    return isDone && isAll && !leavesOldVersions && !stop.stopping();
  }

  /** How many are left. */
  private int deleteBatch(List<Item> batch) throws IOException {
    Map<Path, Kind> what = new LinkedHashMap<>();
    batch.forEach(item -> what.put(item.target(), item.kind()));
    Map<Path, IOException> failures;
    try {
      failures = end.delete(what);
    } catch (DestinationException e) {
      throw e;
    } catch (IOException e) {
      failures = new HashMap<>();
      for (Item item : batch) {
        failures.put(item.target(), e);
      }
    }
    failures.forEach(this::notDeleted);
    return failures.size();
  }

  /**
   * A name that MTB never writes there (another client's) stays. It is no failure: it would be one
   * in each run, and after a failure nothing else is deleted.
   */
  private void notDeleted(Path target, IOException failure) {
    if (failure instanceof ForeignNameException) {
      tally.leftAlone(target, "not deleted: " + ErrorText.of(failure));
    } else {
      failed(target, "cannot be deleted: " + ErrorText.of(failure));
    }
  }

  // The directories that it was in

  /** Of the source, if that is what its copy has. */
  private Optional<Metadata> metadataOf(Path target, Path source) {
    boolean isRoot = target.toString().isEmpty();
    if (isRoot && !destination.features().keepsRootMetadata()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Metadata.following(source));
    } catch (IOException e) {
      log.debug("no metadata of {}", source, e);
      return Optional.empty();
    }
  }

  private boolean needsAccess(Metadata directory) {
    return directory.mode() != Metadata.UNKNOWN
        && (directory.mode() & OWNER_ACCESS) != OWNER_ACCESS
        && !destination.features().keepsOwner();
  }

  private void makeWritable(Path target, Metadata metadata) {
    if (needsAccess(metadata)) {
      set(target, metadata.withMode(metadata.mode() | OWNER_ACCESS), EnumSet.of(Attribute.MODE));
    }
  }

  /** Deleting moves a directory's mtime. */
  private void restore(Path target, Metadata metadata) {
    EnumSet<Attribute> attributes = EnumSet.noneOf(Attribute.class);
    if (needsAccess(metadata)) {
      attributes.add(Attribute.MODE);
    }
    if (destination.features().contentsMoveDirectoryMtime()) {
      attributes.add(Attribute.MTIME);
    }
    if (!attributes.isEmpty()) {
      set(target, metadata, attributes);
    }
  }

  private void set(Path target, Metadata metadata, EnumSet<Attribute> attributes) {
    try {
      end.setDirectoryMetadata(target, metadata, attributes);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException e) {
      failed(target, "the directory's own metadata cannot be set: " + ErrorText.of(e));
    }
  }
}
