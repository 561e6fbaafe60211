package dev.mtb.engine;

import dev.mtb.job.BackupItem;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.job.ListJob;
import dev.mtb.job.ListListener;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.place.OpenTree;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.Tree;
import dev.mtb.store.TreeEntry;
import dev.mtb.store.TreeScan;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Lists a backup, in order. The calling thread tells the listener what is found. A pool looks at
 * entries and lists directories in advance, in each directory as many as there are threads. So
 * memory is bounded by the depth of the tree and the size of its directories. Used once.
 */
public final class BackupList {
  /** The order in which S3 sorts keys. */
  private static final Comparator<TreeEntry> BY_NAME =
      (a, b) -> Arrays.compareUnsigned(nameOf(a), nameOf(b));

  private final ListJob job;
  private final ListListener listener;
  private final OpenTree backup;
  private final Tree tree;
  private final int threads;
  private final ExecutorService pool;
  private final List<Failure> failures = new ArrayList<>();

  private BackupList(ListJob job, OpenTree backup, ListListener listener) {
    this.job = job;
    this.backup = backup;
    tree = backup.tree();
    this.listener = listener;
    threads = job.options().concurrency().threads();
    pool = Executors.newFixedThreadPool(threads);
  }

  /**
   * Lists a backup.
   *
   * @return how it went; its totals are zero
   * @throws dev.mtb.model.InvalidJobException if the job makes no sense
   */
  public static BackupReport list(ListJob job, ListListener listener) {
    Instant startedAt = Instant.now();
    try (OpenTree backup = open(job)) {
      BackupList list = new BackupList(job, backup, listener);
      Outcome outcome = list.run();
      return new BackupReport(
          outcome,
          /* dryRun= */ false,
          startedAt,
          Duration.between(startedAt, Instant.now()),
          new Tally(BackupListener.NONE).totals(),
          outcome == Outcome.INTERRUPTED ? List.of() : list.failures,
          List.of(),
          OptionalInt.empty());
    } catch (DestinationException e) {
      return Restore.unusable(e, job.options(), startedAt);
    }
  }

  private static OpenTree open(ListJob job) throws DestinationException {
    return job.versions()
        ? OpenTree.openPast("the backup", job.backup(), job.options(), Instant.MAX)
        : OpenTree.open("the backup", job.backup(), job.options(), job.asOf());
  }

  private Outcome run() throws DestinationException {
    try {
      for (Path path : job.paths().isEmpty() ? List.of(Path.of("")) : job.paths()) {
        if (job.versions()) {
          versions(path);
        } else {
          named(path);
        }
      }
      return failures.isEmpty() ? Outcome.OK : Outcome.PARTIAL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.INTERRUPTED;
    } finally {
      pool.shutdownNow();
    }
  }

  /** Lists the versions of a path that the user named. */
  private void versions(Path path) throws DestinationException, InterruptedException {
    boolean[] isFound = {false};
    TreeEntry entry = tree.entry(path);
    try {
      backup.versions(
          path,
          version -> {
            isFound[0] = true;
            listener.version(version);
          });
      if (!isFound[0]) {
        fail(failure(entry, new NoSuchFileException(path.toString())));
      }
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      fail(failure(entry, e));
    }
  }

  /**
   * Lists a path that the user named. A directory that is not empty costs only its listing, and no
   * look at the directory itself.
   */
  private void named(Path path) throws DestinationException, InterruptedException {
    TreeEntry entry = tree.entry(PathBytes.resolve(tree.root(), PathBytes.of(path)));
    Directory directory = await(pool.submit(() -> scan(entry)));
    boolean isRoot = path.toString().isEmpty();
    if (!directory.entries().isEmpty() || (isRoot && directory.failure().isEmpty())) {
      list(directory);
      return;
    }
    Examined examined = await(pool.submit(() -> examine(entry, /* details= */ true)));
    if (examined.item().map(BackupItem::isDirectory).orElse(isRoot)) {
      list(directory);
    } else {
      tell(examined);
    }
  }

  /**
   * A directory that was read.
   *
   * @param failure what stopped the reading, if anything did
   */
  private record Directory(TreeEntry entry, List<TreeEntry> entries, Optional<Failure> failure) {}

  private Directory scan(TreeEntry directory) throws DestinationException {
    List<TreeEntry> entries = new ArrayList<>();
    Optional<Failure> failure = Optional.empty();
    try (TreeScan scan = directory.scan()) {
      for (Optional<TreeEntry> e = scan.next(); e.isPresent(); e = scan.next()) {
        if (!TemporaryNames.isStale(e.get().path().getFileName())) {
          entries.add(e.get());
        }
      }
      scan.check();
    } catch (IOException | RuntimeException e) {
      failure = Optional.of(failure(directory, e));
    }
    entries.sort(BY_NAME);
    return new Directory(directory, entries, failure);
  }

  /** Tells the listener what is in a directory. */
  private void list(Directory directory) throws DestinationException, InterruptedException {
    Deque<Future<Examined>> ahead = new ArrayDeque<>();
    Iterator<TreeEntry> rest = directory.entries().iterator();
    while (rest.hasNext() || !ahead.isEmpty()) {
      while (rest.hasNext() && ahead.size() < threads) {
        ahead.add(begin(rest.next()));
      }
      Examined next = await(ahead.remove());
      tell(next);
      if (next.below().isPresent()) {
        list(next.below().get());
      }
    }
    directory.failure().ifPresent(this::fail);
    try {
      directory.entry().done();
    } catch (IOException e) {
      fail(failure(directory.entry(), e));
    }
  }

  private Future<Examined> begin(TreeEntry entry) throws DestinationException {
    boolean asksNothing =
        !job.details()
            && entry.listed().isPresent()
            && !(job.recursive() && entry.listed().get().isDirectory());
    return asksNothing
        ? CompletableFuture.completedFuture(examine(entry, job.details()))
        : pool.submit(() -> examine(entry, job.details()));
  }

  private static <T> T await(Future<T> future) throws DestinationException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DestinationException lost) {
        throw lost;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** What is known of an entry: an item, and what is below it if that is wanted; or a failure. */
  private record Examined(
      Optional<BackupItem> item, Optional<Directory> below, Optional<Failure> failure) {}

  private Examined examine(TreeEntry entry, boolean details) throws DestinationException {
    try {
      BackupItem item = item(entry, details);
      Optional<Directory> below =
          item.isDirectory() && job.recursive() ? Optional.of(scan(entry)) : Optional.empty();
      return new Examined(Optional.of(item), below, Optional.empty());
    } catch (IOException | RuntimeException e) {
      return new Examined(Optional.empty(), Optional.empty(), Optional.of(failure(entry, e)));
    }
  }

  private BackupItem item(TreeEntry entry, boolean details) throws IOException {
    Path path = pathOf(entry);
    Optional<ListedEntry> listed = details ? Optional.empty() : entry.listed();
    if (listed.isPresent()) {
      ListedEntry told = listed.get();
      return new BackupItem(
          path, told.isDirectory(), told.size(), Optional.empty(), Optional.empty());
    }
    Metadata metadata = entry.look();
    boolean isLink = job.details() && metadata.kind() == Kind.LINK;
    return BackupItem.of(path, metadata, isLink ? Optional.of(entry.readLink()) : Optional.empty());
  }

  private void tell(Examined examined) {
    examined.item().ifPresent(listener::found);
    examined.failure().ifPresent(this::fail);
  }

  private void fail(Failure failure) {
    failures.add(failure);
    listener.failed(failure);
  }

  private Path pathOf(TreeEntry entry) {
    return tree.root().relativize(entry.path());
  }

  private static byte[] nameOf(TreeEntry entry) {
    return PathBytes.of(entry.path().getFileName());
  }

  /**
   * The failure of one entry.
   *
   * @throws DestinationException if the whole backup cannot be read any more
   */
  private Failure failure(TreeEntry entry, Exception e) throws DestinationException {
    if (e instanceof DestinationException lost) {
      throw lost;
    }
    tree.check();
    boolean isNamed = job.paths().contains(pathOf(entry));
    boolean isMissing = isNamed && ScanFailures.isMissing(e);
    boolean isMoved = !isNamed && e instanceof IOException io && tree.isMoved(io, entry.path());
    return new Failure(
        pathOf(entry),
        Failure.Stage.SCAN,
        isMissing ? "is not in the backup" : "cannot be read: " + ErrorText.of(e),
        isMoved ? Failure.Cause.SOURCE_MOVED : Failure.Cause.ERROR);
  }
}
