package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import java.time.Duration;

/**
 * How large files are uploaded to a bucket. Immutable.
 *
 * @param keep how long what an interrupted run has uploaded of a large file is kept for a run that
 *     continues it; zero if nothing is kept. What no run has continued for so long is aborted by
 *     the next run
 * @param wholeFile whether a large file that has changed is sent as a whole, and not only those
 *     parts of it that have changed
 */
public record Uploads(Duration keep, boolean wholeFile) {
  /**
   * A nightly backup that was cut off is repeated sooner, also after a long weekend; it is what
   * Amazon's own rule for unfinished uploads proposes, and unfinished uploads cost what objects do.
   */
  public static final Duration DEFAULT_KEEP = Duration.ofDays(7);

  /** {@link #DEFAULT_KEEP}, and only what has changed is sent. */
  public static final Uploads DEFAULT = new Uploads(DEFAULT_KEEP, false);

  /** Refuses a negative duration with an {@link InvalidJobException}. */
  public Uploads {
    requireNonNull(keep);
    if (keep.isNegative()) {
      throw new InvalidJobException("uploads cannot be kept for " + keep);
    }
  }

  /** The same with another {@link #keep()}. */
  public Uploads withKeep(Duration duration) {
    return new Uploads(duration, wholeFile);
  }

  /** The same with another {@link #wholeFile()}. */
  public Uploads withWholeFile(boolean value) {
    return new Uploads(keep, value);
  }

  /**
   * Whether the server copies those parts of a large file that have not changed from the object
   * that is there. Not with {@link CompareMode#ALWAYS}: it is for objects that are not trusted.
   */
  public boolean reusesParts(CompareMode mode) {
    return !wholeFile && mode != CompareMode.ALWAYS;
  }
}
