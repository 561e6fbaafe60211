package dev.mtb.job;

import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Follows a run. All methods do nothing by default.
 *
 * <p>They are called from many threads at once and must be thread-safe, fast, and must not block: a
 * listener that waits delays a copying thread. An exception of a listener is logged once and then
 * ignored; it never affects the backup.
 *
 * <p>Paths are relative to the destination.
 */
public interface BackupListener {
  /** A listener that ignores everything. */
  BackupListener NONE = new BackupListener() {};

  /**
   * The run begins. Called once, before all others.
   *
   * @param totals gives the counts so far; may be called at any time and from any thread, also
   *     after the run; costs little
   */
  default void begun(Supplier<Totals> totals) {}

  /**
   * The calling thread begins an activity that may take long. Activities may be nested: an activity
   * without its {@link #idle} goes on when this one ends.
   *
   * @param activity what it does
   * @param path to what
   */
  default void busy(Activity activity, Path path) {}

  /** The activity that the calling thread began last has ended, with or without success. */
  default void idle() {}

  /**
   * A file, directory or link was compared, and the run has decided what to do with it. Called for
   * unchanged ones too, and in a dry run.
   *
   * @param path where it lands
   * @param source metadata of the source; if only the destination has it, only the kind is known
   * @param action what will be done
   * @param reason why
   */
  default void decided(Path path, Metadata source, Action action, Reason reason) {}

  /**
   * A copying thread begins with a file or link; {@link #copied} or {@link #failed} follows on the
   * same thread, unless the run is stopped meanwhile. Not called in a dry run.
   *
   * @param path where it is to lie
   * @param source what the source looks like
   * @param action what is done
   */
  default void copying(Path path, Metadata source, Action action) {}

  /**
   * A file or link is safe at the destination, or its metadata is. Not called in a dry run.
   *
   * @param path where it lies now
   * @param source what was copied
   */
  default void copied(Path path, Metadata source) {}

  /**
   * Something is gone from the destination. Not called in a dry run.
   *
   * @param path where it was
   * @param kind what it was; {@link Kind#FILE} stands for links too
   */
  default void deleted(Path path, Kind kind) {}

  /**
   * Some bytes of a file were written. They may have to be written again if the file changes.
   *
   * @param count how many, at least one
   */
  default void bytesWritten(long count) {}

  /**
   * Something at the destination was not replaced: in a restore, a newer file.
   *
   * @param path where it lies
   * @param why in words for the user
   */
  default void kept(Path path, String why) {}

  /**
   * Something is skipped: a device, a socket or a pipe, which MTB cannot back up, a temporary file
   * of a killed run, or a file that a limit keeps from being copied in this run.
   *
   * @param path where it would land
   * @param why in words for the user
   */
  default void skipped(Path path, String why) {}

  /**
   * Something is not safe in the backup.
   *
   * @param failure what and why
   */
  default void failed(Failure failure) {}
}
