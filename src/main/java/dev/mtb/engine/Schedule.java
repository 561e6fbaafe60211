package dev.mtb.engine;

/** The order in which waiting work is dealt out. Guarded by the lock of its {@link WorkQueue}. */
interface Schedule {
  /** Whether a directory has as much work waiting as it may. */
  boolean isFull(DirectoryNode directory);

  /** Adds work. */
  void add(FileWork work);

  /** Whether there is work that may begin. */
  boolean isReady();

  /** Takes work that may begin and counts it as running; null if there is none. */
  FileWork poll();

  /** Work of this directory has ended. */
  void done(DirectoryNode directory);
}
