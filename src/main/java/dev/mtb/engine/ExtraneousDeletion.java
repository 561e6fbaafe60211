package dev.mtb.engine;

import com.google.common.collect.Lists;
import dev.mtb.copy.SourceException;
import dev.mtb.copy.StoppedException;
import dev.mtb.engine.ExtraneousItems.Item;
import dev.mtb.job.Failure;
import dev.mtb.model.Attribute;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ForeignNameException;
import dev.mtb.store.RefusedException;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deletion of what only the destination has, in many threads. Directories that something is
 * deleted from keep their own metadata. Thread-safe.
 */
final class ExtraneousDeletion {
  private static final Logger log = LoggerFactory.getLogger(ExtraneousDeletion.class);

  private static final int OWNER_ACCESS = 0700;

  private final Tally tally;
  private final Stop stop;
  private final Tree tree;
  private final boolean keepsBeside;
  private final Store destination;
  private final Sink sink;
  private final ExtraneousItems extraneous;
  private final ForkedWork forked;

  ExtraneousDeletion(
      RunContext context,
      Mirror.Rules rules,
      Store destination,
      Sink sink,
      ExtraneousItems extraneous,
      ForkedWork forked) {
    this.tally = context.tally();
    this.stop = context.stop();
    this.tree = context.tree();
    this.keepsBeside = rules.keepsBeside();
    this.destination = destination;
    this.sink = sink;
    this.extraneous = extraneous;
    this.forked = forked;
  }

  /** Deletes what was noted of a directory. */
  void delete(ExtraneousNames.Directory directory) throws IOException {
    List<Item> items = extraneous.of(directory, /* isInside= */ false);
    if (items.isEmpty()) {
      return;
    }
    changing(directory.target(), directory.source(), () -> delete(items));
  }

  private interface Change {
    void run() throws IOException;
  }

  /** Changes what is in a directory, and keeps the directory's own metadata. */
  private void changing(Path target, Path source, Change change) throws IOException {
    Optional<Metadata> metadata = metadataOf(target, source);
    metadata.ifPresent(m -> makeWritable(target, m));
    change.run();
    metadata.ifPresent(m -> restore(target, m));
  }

  /** Puts a file in the place of a directory, which is deleted. */
  void replace(FileWork work) throws IOException {
    DirectoryNode parent = work.directory();
    changing(parent.target, parent.source, () -> tryReplace(work));
  }

  private void tryReplace(FileWork work) throws DestinationException {
    try {
      sink.replaceDirectory(work, () -> clear(work));
    } catch (DestinationException e) {
      throw e;
    } catch (StoppedException e) {
      // The copy was undone. The report tells that the run was stopped, so this is no failure of
      // the file.
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
    if (!delete(List.of(Item.directoryInPlaceOf(work)))) {
      throw new RefusedException(
          "the directory that stands in its place could not be deleted with all that is in it");
    }
  }

  /** Reports a file that could not take the place of a directory. */
  void notCopied(FileWork work, String error, Failure.Cause cause) {
    tally.failed(new Failure(work.target(), sink.stage(), error, cause));
  }

  /**
   * Deletes items: directories first, with their contents before them.
   *
   * @return whether all items were deleted
   */
  private boolean delete(List<Item> items) throws IOException {
    List<Item> flat = new ArrayList<>();
    List<Item> directories = new ArrayList<>();
    for (Item item : items) {
      tally.extraneous(item.target(), item.kind());
      (item.isDirectory() ? directories : flat).add(item);
    }
    LongAdder left = new LongAdder();
    forked.each(
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
    forked.each(batches, batch -> left.add(deleteBatch(batch)));
    return left.sum() == 0;
  }

  /**
   * Deletes what is in a directory.
   *
   * @return whether the directory is empty now
   */
  private boolean deleteInside(Item directory) throws IOException {
    Optional<ExtraneousNames.Directory> inside = extraneous.list(directory);
    if (inside.isEmpty()) {
      return false;
    }
    if (inside.get().names().isEmpty()) {
      return true;
    }
    List<Item> items = extraneous.of(inside.get(), /* isInside= */ true);
    if (destination.features().keepsPermissions() && !destination.features().keepsOwner()) {
      extraneous.look(directory.target()).ifPresent(m -> makeWritable(directory.target(), m));
    }
    boolean isAll = items.size() == inside.get().names().size();
    boolean isDone = delete(items);
    boolean leavesOldVersions = keepsBeside && items.stream().anyMatch(item -> !item.isDirectory());
    return isDone && isAll && !leavesOldVersions && !stop.stopping();
  }

  /**
   * Deletes a batch.
   *
   * @return how many of its items still exist
   */
  private int deleteBatch(List<Item> batch) throws IOException {
    Map<Path, Kind> what = new LinkedHashMap<>();
    batch.forEach(item -> what.put(item.target(), item.kind()));
    Map<Path, IOException> failures;
    try {
      failures = sink.delete(what);
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
   * Reports an item that was not deleted. A name that MTB never writes (another client wrote it) is
   * not deleted, and is not a failure. As a failure it would return in each run, and after a
   * failure a run deletes nothing.
   */
  private void notDeleted(Path target, IOException failure) {
    if (failure instanceof ForeignNameException) {
      tally.kept(target, "not deleted: " + ErrorText.of(failure));
    } else {
      extraneous.failed(target, "cannot be deleted: " + ErrorText.of(failure));
    }
  }

  /** The metadata of a directory of the source, if its copy has the same. */
  private Optional<Metadata> metadataOf(Path target, Path source) {
    boolean isRoot = target.toString().isEmpty();
    if (isRoot && !destination.features().keepsRootMetadata()) {
      return Optional.empty();
    }
    try {
      return Optional.of(tree.way(source).look());
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

  /** Sets the directory's mtime again, since the deletion changed it. */
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
      sink.setDirectoryMetadata(target, metadata, attributes);
    } catch (DestinationException e) {
      stop.lost(e);
    } catch (IOException e) {
      extraneous.failed(target, "the directory's own metadata cannot be set: " + ErrorText.of(e));
    }
  }
}
