package dev.mtb;

import static java.util.Objects.requireNonNull;

import dev.mtb.engine.BackupList;
import dev.mtb.engine.Run;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.ListJob;
import dev.mtb.job.ListListener;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.InvalidJobException;

/**
 * The front door. Stateless and thread-safe.
 *
 * <p>A run occupies the calling thread until it ends and brings threads of its own. Interrupting
 * the calling thread stops it cleanly: what is in flight is finished or undone, the report says
 * {@link BackupReport.Outcome#INTERRUPTED}, and the thread's interrupt status is set again.
 */
public final class Mtb {
  private Mtb() {}

  /**
   * Brings the destination up to date with the sources.
   *
   * @param job what to back up, and where to
   * @param listener told of everything as it happens
   * @return how it went; failures of files or of the destination are in it, and are not thrown
   * @throws InvalidJobException if the job makes no sense, before anything is changed
   */
  public static BackupReport backup(BackupJob job, BackupListener listener) {
    return Run.backup(requireNonNull(job), requireNonNull(listener));
  }

  /**
   * Brings the destination up to date with the sources.
   *
   * @param job what to back up, and where to
   * @return how it went; failures of files or of the destination are in it, and are not thrown
   * @throws InvalidJobException if the job makes no sense, before anything is changed
   */
  public static BackupReport backup(BackupJob job) {
    return backup(job, BackupListener.NONE);
  }

  /**
   * Reads both sides back and compares contents and metadata. Nothing is changed. Differences are
   * failures of stage {@link Failure.Stage#VERIFY}. What the destination has beyond the sources is
   * not looked at.
   *
   * @param job what should be in the backup; its compare mode does not matter
   * @param listener told of everything as it happens
   * @return {@link BackupReport.Outcome#OK} if and only if everything is as it should be
   * @throws InvalidJobException if the job makes no sense
   */
  public static BackupReport verify(BackupJob job, BackupListener listener) {
    return Run.verify(requireNonNull(job), requireNonNull(listener));
  }

  /**
   * Reads both sides back and compares contents and metadata. Nothing is changed.
   *
   * @param job what should be in the backup; its compare mode does not matter
   * @return {@link BackupReport.Outcome#OK} if and only if everything is as it should be
   * @throws InvalidJobException if the job makes no sense
   */
  public static BackupReport verify(BackupJob job) {
    return verify(job, BackupListener.NONE);
  }

  /**
   * Brings files back out of a backup. A second run brings what the first did not, and what
   * differs.
   *
   * @param job what to restore, from where, and where to
   * @param listener told of everything as it happens; its paths are relative to the target
   * @return how it went; failures of files, of the backup or of the target are in it, and are not
   *     thrown
   * @throws InvalidJobException if the job makes no sense, before anything is changed
   */
  public static BackupReport restore(RestoreJob job, BackupListener listener) {
    return Run.restore(requireNonNull(job), requireNonNull(listener));
  }

  /**
   * Brings files back out of a backup.
   *
   * @param job what to restore, from where, and where to
   * @return how it went; failures of files, of the backup or of the target are in it, and are not
   *     thrown
   * @throws InvalidJobException if the job makes no sense, before anything is changed
   */
  public static BackupReport restore(RestoreJob job) {
    return restore(job, BackupListener.NONE);
  }

  /**
   * Tells what is in a backup. Nothing is changed.
   *
   * @param job what to list
   * @param listener told of each name, by the calling thread; an exception that it throws ends the
   *     run, and is thrown
   * @return how it went: what is not in the backup or cannot be read is in it, and not thrown; its
   *     totals are zero
   * @throws InvalidJobException if the job makes no sense
   */
  public static BackupReport list(ListJob job, ListListener listener) {
    return BackupList.list(requireNonNull(job), requireNonNull(listener));
  }
}
