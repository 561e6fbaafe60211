package dev.mtb.engine;

import dev.mtb.store.Features;
import java.util.ArrayDeque;

/**
 * Deals out work from each directory in turn, no more of one directory at a time than its file
 * system likes; large files first.
 */
final class FairSchedule implements Schedule {
  /** What one directory may have waiting: enough that its turn always finds something. */
  private static final int PER_DIRECTORY = 256;

  /**
   * What all directories together may have waiting, at some 500 bytes each: 4 MB. Enough that
   * hundreds of directories take turns.
   */
  private static final int MANY = 8192;

  /**
   * The same where directories are held open: the walk must not be so far ahead of the copies that
   * they have to open its directories again. Deep trees have a few files in each.
   */
  private static final int FEW = 64;

  /** Work that waits for each of many threads while the walk is woken and finds more. */
  private static final int FOR_EACH_THREAD = 2;

  /**
   * A file this large takes longer than its directory's small ones together, so it is begun before
   * them: begun last it would be copied when there is nothing else left to do.
   */
  private static final long LARGE = 8L << 20;

  /**
   * Files that are taken from a directory before it is the next one's turn, where a directory may
   * have any number under way at a time. 20,000 small files in 500 directories, copied in memory:
   * opening both directories for each file took 1.0 s of processor time, of 4.2 s.
   */
  private static final int IN_A_ROW = 16;

  private final int runningPerDirectory;
  private final int most;

  /** Directories that have work waiting and are not at their limit, each once. */
  private final ArrayDeque<DirectoryNode> ready = new ArrayDeque<>();

  /** A schedule for the threads that write to a destination. */
  FairSchedule(Features destination, int threads) {
    runningPerDirectory = destination.operationsPerDirectory();
    most = destination.listingBringsMetadata() ? MANY : Math.max(FEW, FOR_EACH_THREAD * threads);
  }

  @Override
  public int most() {
    return most;
  }

  @Override
  public boolean isFull(DirectoryNode directory) {
    return directory.queued.size() >= PER_DIRECTORY;
  }

  @Override
  public boolean hasRoomAgain(DirectoryNode directory) {
    return directory.queued.size() == PER_DIRECTORY - BATCH;
  }

  @Override
  public void add(FileWork work) {
    DirectoryNode directory = work.directory();
    boolean isLarge = work.metadata().size() >= LARGE;
    if (isLarge) {
      // Before all others, whatever directory's turn it is.
      directory.queued.addFirst(work);
      ready.remove(directory);
    } else {
      directory.queued.addLast(work);
    }
    boolean isInLine = !isLarge && directory.queued.size() > 1;
    if (!isInLine && directory.running < runningPerDirectory) {
      enlist(directory);
    }
  }

  /** Puts a directory that is not in the line into it. */
  private void enlist(DirectoryNode directory) {
    if (directory.queued.getFirst().metadata().size() >= LARGE) {
      ready.addFirst(directory);
    } else {
      ready.addLast(directory);
    }
  }

  @Override
  public boolean isReady() {
    return !ready.isEmpty();
  }

  @Override
  public FileWork poll() {
    DirectoryNode directory = ready.poll();
    if (directory == null) {
      return null;
    }
    FileWork work = directory.queued.poll();
    directory.running++;
    if (!directory.queued.isEmpty() && directory.running < runningPerDirectory) {
      if (runningPerDirectory == Integer.MAX_VALUE && ++directory.inARow % IN_A_ROW != 0) {
        ready.addFirst(directory);
      } else {
        enlist(directory);
      }
    }
    return work;
  }

  @Override
  public void done(DirectoryNode directory) {
    boolean wasAtLimit = directory.running == runningPerDirectory;
    directory.running--;
    if (wasAtLimit && !directory.queued.isEmpty()) {
      enlist(directory);
    }
  }
}
