package dev.mtb.job;

/** Is told what a {@link ListJob} finds, by the thread that runs the job. */
public interface ListListener {
  /**
   * A name is in the backup. Those of a directory come sorted by their bytes, each directory before
   * what is in it.
   *
   * @param item the name and what is known of it
   */
  void found(BackupItem item);

  /**
   * Something could not be listed.
   *
   * @param failure will be in the report as well
   */
  default void failed(Failure failure) {}
}
