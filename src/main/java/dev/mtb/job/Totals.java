package dev.mtb.job;

import dev.mtb.options.Limits;
import dev.mtb.options.UpdateRules;

/**
 * The counts of a run. During the run they are a snapshot that may be a few files behind.
 *
 * @param scanned files, links and special files seen; directories are not counted
 * @param unchanged files that are up to date
 * @param copied new and changed, those with nothing but new metadata included; in a dry run those
 *     that would be
 * @param deleted files and links removed from the destination; in a dry run those that would be
 * @param skipped devices, sockets and pipes, files that {@link UpdateRules} keep from being copied,
 *     and files seen that {@link Limits} keep from being copied in this run; in a restore, also
 *     newer files that were left alone
 * @param failed what is in the list of failures, without the reason why a run was given up
 * @param directoriesCreated made at the destination
 * @param bytesScanned sizes of the scanned files added up
 * @param bytesCopied sizes of the copied files added up
 * @param extra files and links that the backup has and the source does not have, as {@code
 *     Mtb.verify} finds them; directories are not counted; always 0 in a backup and a restore
 */
public record Totals(
    long scanned,
    long unchanged,
    long copied,
    long deleted,
    long skipped,
    long failed,
    long directoriesCreated,
    long bytesScanned,
    long bytesCopied,
    long extra) {

  /**
   * Makes the counts of a run that found nothing extra.
   *
   * @param scanned see {@link #scanned()}
   * @param unchanged see {@link #unchanged()}
   * @param copied see {@link #copied()}
   * @param deleted see {@link #deleted()}
   * @param skipped see {@link #skipped()}
   * @param failed see {@link #failed()}
   * @param directoriesCreated see {@link #directoriesCreated()}
   * @param bytesScanned see {@link #bytesScanned()}
   * @param bytesCopied see {@link #bytesCopied()}
   */
  public Totals(
      long scanned,
      long unchanged,
      long copied,
      long deleted,
      long skipped,
      long failed,
      long directoriesCreated,
      long bytesScanned,
      long bytesCopied) {
    this(
        scanned,
        unchanged,
        copied,
        deleted,
        skipped,
        failed,
        directoriesCreated,
        bytesScanned,
        bytesCopied,
        /* extra= */ 0);
  }
}
