package dev.mtb.engine;

import com.google.common.collect.Lists;
import dev.mtb.engine.ExtraneousItems.Item;
import dev.mtb.job.Failure;
import dev.mtb.options.Deletion;
import dev.mtb.place.SourceMounts;
import dev.mtb.scan.FileFilter;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deletion of what the source has no more. While directories are compared, names that only the
 * destination has are noted. They are deleted when all else is done, and only if there was no
 * failure. A {@link Sink} that deletes nothing only reports them. Thread-safe.
 */
final class Mirror implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Mirror.class);

  /** The number of noted names that are read at a time: some MB. */
  private static final int NAMES_AT_ONCE = 20_000;

  private final RunContext context;
  private final Tally tally;
  private final Stop stop;
  private final Rules rules;
  private final Store destination;
  private final SourceMounts mounts;
  private final Sink sink;
  private final ExtraneousNames notes = new ExtraneousNames();
  private final ExtraneousItems extraneous;
  private final ExtraneousDeletion deletion;
  private final ForkedWork forked;

  /** Everything at the destination that lies in a mirrored directory. */
  private final LongAdder held = new LongAdder();

  private final LongAdder toDelete = new LongAdder();
  private long limit = Long.MAX_VALUE;

  /**
   * The rules that say what is deleted.
   *
   * @param deletion what was asked for
   * @param filter what it excludes is not deleted either
   * @param isKept what is never deleted, such as old versions
   * @param keepsBeside whether a deleted file is kept in its directory under another name
   * @param isSupplied tells right before a deletion whether the source has the item now
   * @param isCutShort whether a limit has ended the run before everything was copied
   */
  record Rules(
      Deletion deletion,
      FileFilter filter,
      Predicate<Path> isKept,
      boolean keepsBeside,
      Predicate<Path> isSupplied,
      BooleanSupplier isCutShort) {}

  Mirror(RunContext context, Rules rules, Listings listings, SourceMounts mounts, Sink sink) {
    this.context = context;
    this.tally = context.tally();
    this.stop = context.stop();
    this.rules = rules;
    this.destination = listings.destination();
    this.mounts = mounts;
    this.sink = sink;
    this.forked = new ForkedWork(stop);
    this.extraneous = new ExtraneousItems(tally, rules, listings, sink);
    this.deletion = new ExtraneousDeletion(context, rules, destination, sink, extraneous, forked);
  }

  /** Begins to match a directory with a listing of the destination. */
  DirectoryMatch match(DirectoryNode directory, Listing listing) {
    return new DirectoryMatch(destination, directory, listing);
  }

  /**
   * Notes what is extraneous in a directory. To be called when all of the source's directory was
   * read.
   */
  void note(DirectoryMatch match) throws IOException {
    DirectoryNode directory = match.directory();
    held.add(match.count());
    Map<Path, Optional<ListedEntry>> onlyThere = match.onlyThere();
    directory.metadata().ifPresent(m -> mounts.look(directory.source, m));
    if (!sink.deletes() && mounts.isMissing(directory.source)) {
      log.warn(
          "{} was a mount point, and nothing is mounted there now; what the backup holds of it is"
              + " not counted as extra",
          directory.source);
      return;
    }
    if (sink.deletes() && !rules.deletion().despiteErrors()) {
      checkNotUnmounted(match);
    }
    if (!onlyThere.isEmpty()) {
      notes.add(directory.target, directory.source, onlyThere);
    }
  }

  /**
   * Keeps the backup of a file system that is not mounted now, or that another one hides. Such a
   * mount point looks like a directory that the user emptied.
   */
  private void checkNotUnmounted(DirectoryMatch match) {
    if (match.count() > 0) {
      doubt(match)
          .ifPresent(
              what ->
                  tally.failed(
                      new Failure(
                          match.directory().target,
                          Failure.Stage.SCAN,
                          match.directory().source
                              + " "
                              + what
                              + "; what the backup holds of it is not deleted (if that is to be"
                              + " deleted, run with Deletion.despiteErrors)",
                          Failure.Cause.ERROR)));
    }
  }

  private Optional<String> doubt(DirectoryMatch match) {
    DirectoryNode directory = match.directory();
    if (mounts.isMissing(directory.source)) {
      return Optional.of("was a mount point, and nothing is mounted there now");
    }
    if (!match.isSourceEmpty()) {
      return Optional.empty();
    }
    if (directory.metadata().filter(m -> mounts.isMountPoint(directory.source, m)).isPresent()) {
      return Optional.of("is a mount point now, and what is mounted there is empty");
    }
    return directory.isListed
        ? Optional.of("is empty now, and was not when it was backed up")
        : Optional.empty();
  }

  /** Deletes, or reports, in the pool of the calling thread; all else is done. */
  void finish() throws IOException {
    List<FileWork> waiting = sink.waiting();
    if ((notes.isEmpty() && waiting.isEmpty()) || stop.stopping()) {
      return;
    }
    if (!sink.deletes()) {
      notes.forEach(
          NAMES_AT_ONCE,
          directories ->
              forked.each(
                  directories, noted -> report(extraneous.of(noted, /* isInside= */ false))));
      forked.each(Lists.transform(waiting, Item::directoryInPlaceOf), this::reportInside);
      return;
    }
    if (isRefused(waiting)) {
      for (FileWork work : stop.stopping() ? List.<FileWork>of() : waiting) {
        deletion.notCopied(
            work,
            "a directory that is not empty stands in its place, and nothing was deleted",
            Failure.Cause.ERROR);
      }
      return;
    }
    notes.forEach(NAMES_AT_ONCE, directories -> forked.each(directories, deletion::delete));
    forked.each(waiting, deletion::replace);
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
    tally.failed(new Failure(context.destinationPath(), Failure.Stage.DELETE, why, cause));
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
    notes.forEach(NAMES_AT_ONCE, directories -> forked.each(directories, this::count));
    count(Lists.transform(waiting, Item::directoryInPlaceOf));
    if (stop.stopping()) {
      return true;
    }
    // By now the contents of extraneous directories are counted.
    limit = most.of(held.sum());
    if (toDelete.sum() <= limit) {
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

  private void count(ExtraneousNames.Directory directory) throws IOException {
    count(extraneous.of(directory, /* isInside= */ false));
  }

  private void count(List<Item> items) throws IOException {
    toDelete.add(items.size());
    List<Item> directories = new ArrayList<>();
    for (Item item : items) {
      if (item.isDirectory()) {
        directories.add(item);
      }
    }
    forked.each(
        directories,
        item -> {
          if (toDelete.sum() <= limit) {
            Optional<ExtraneousNames.Directory> inside = extraneous.list(item);
            if (inside.isPresent()) {
              held.add(inside.get().names().size());
              count(extraneous.of(inside.get(), /* isInside= */ true));
            }
          }
        });
  }

  /**
   * Tells the sink what a backup would delete. A directory is deleted only if nothing in it must
   * stay.
   *
   * @return whether a backup would delete all items with everything inside
   */
  private boolean report(List<Item> items) {
    LongAdder staying = new LongAdder();
    forked.each(
        items,
        item -> {
          if (item.isDirectory() && !reportInside(item)) {
            staying.increment();
          } else {
            sink.extra(item.target(), item.kind());
          }
        });
    return staying.sum() == 0 && !stop.stopping();
  }

  private boolean reportInside(Item directory) throws IOException {
    Optional<ExtraneousNames.Directory> inside = extraneous.list(directory);
    if (inside.isEmpty()) {
      return false;
    }
    List<Item> items = extraneous.of(inside.get(), /* isInside= */ true);
    boolean isAll = items.size() == inside.get().names().size();
    return report(items) && isAll;
  }
}
