package dev.mtb.job;

import dev.mtb.store.FileVersion;

/** Receives what a {@link ListJob} finds, in the thread that runs the job. */
public interface ListListener {
  /**
   * A name is in the backup. Those of a directory come sorted by their bytes, each directory before
   * what is in it.
   *
   * @param item the name and what is known of it
   */
  void found(BackupItem item);

  /**
   * A version is kept, if {@link ListJob#versions} asks for them.
   *
   * @param version of a file, link or directory; those of a path come from the newest to the oldest
   */
  default void version(FileVersion version) {}

  /**
   * Something could not be listed.
   *
   * @param failure will be in the report as well
   */
  default void failed(Failure failure) {}
}
