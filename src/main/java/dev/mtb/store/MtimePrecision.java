package dev.mtb.store;

import java.time.Duration;

/**
 * How precise the mtimes of a place are. They are cut off, never rounded. Immutable.
 *
 * @param granularity how coarse they are at best; zero where they are exact
 * @param mayLackDigits whether some of them may have fewer digits than that, which shows as zeros
 *     at their end: mtimes that another program wrote, or of a place of which nothing is known
 */
public record MtimePrecision(Duration granularity, boolean mayLackDigits) {
  /** Nothing is lost. */
  public static final MtimePrecision EXACT = new MtimePrecision(Duration.ZERO, false);

  /** The precision of each mtime is read from the zeros at its end. */
  public static final MtimePrecision OF_ITS_ZEROS = new MtimePrecision(Duration.ZERO, true);

  /** FAT keeps even seconds. */
  public static final MtimePrecision OF_FAT = new MtimePrecision(Duration.ofSeconds(2), false);
}
