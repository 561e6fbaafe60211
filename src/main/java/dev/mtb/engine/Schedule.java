package dev.mtb.engine;

/** The order in which waiting work is done. Guarded by the lock of its {@link WorkQueue}. */
interface Schedule {
  /**
   * How much room must be free before a waiting checker is woken. To wake a thread for each file
   * costs more than to find the file.
   */
  int BATCH = 32;

  /** How much work may be waiting in all. */
  int most();

  /** Whether a directory has as much work waiting as it may. */
  boolean isFull(DirectoryNode directory);

  /** Whether a directory that was full has just got room for a batch. */
  boolean hasRoomAgain(DirectoryNode directory);

  /** Adds work. */
  void add(FileWork work);

  /** Whether there is work that may begin. */
  boolean isReady();

  /** Takes work that may begin and counts it as running; null if there is none. */
  FileWork poll();

  /** Work of this directory has ended. */
  void done(DirectoryNode directory);
}
