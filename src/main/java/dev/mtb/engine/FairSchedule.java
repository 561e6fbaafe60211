package dev.mtb.engine;

import dev.mtb.store.Features;
import java.util.ArrayDeque;

/**
 * A schedule that takes work from each directory in turn, and from one directory at a time no more
 * than the file system handles well. Large files come first.
 */
final class FairSchedule implements Schedule {
  /**
   * The most work that may wait in one directory: enough that there is some whenever it is the
   * directory's turn.
   */
  private static final int PER_DIRECTORY = 256;

  /**
   * The most work that may wait in all directories together, at some 500 bytes each: 4 MB. It is
   * enough for hundreds of directories.
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
   * The size from which a file is large. A large file takes longer than all small files of its
   * directory together, so its copy begins first. If it began last, the other threads would have
   * nothing to do meanwhile.
   */
  private static final long LARGE = 8L << 20;

  /**
   * The number of files that are taken from a directory in one turn, where a directory may have any
   * number of files under way at a time. 20,000 small files in 500 directories, copied in memory:
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
      // A large file begins before all others, independent of the turns.
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

  /** Puts a directory into {@link #ready}, unless it is in it. */
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
