package dev.mtb.options;

import static java.util.Objects.requireNonNull;

import dev.mtb.model.InvalidJobException;
import java.time.Duration;

/**
 * How large files are uploaded to a bucket. Immutable.
 *
 * @param keep how long an unfinished upload of an interrupted run is kept, so that a later run
 *     continues it; zero if it is not kept. The next run aborts uploads that no run has continued
 *     for this time
 * @param wholeFile whether a large file that has changed is sent as a whole, and not only those
 *     parts of it that have changed
 */
public record Uploads(Duration keep, boolean wholeFile) {
  /**
   * The default time. A nightly backup that was interrupted is repeated earlier, even after a long
   * weekend. Amazon proposes the same time for its own rule for unfinished uploads, which cost as
   * much as objects.
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
   * that is there. Not with {@link CompareMode#ALWAYS}, which is for objects that the user does not
   * trust.
   */
  public boolean reusesParts(CompareMode mode) {
    return !wholeFile && mode != CompareMode.ALWAYS;
  }
}
