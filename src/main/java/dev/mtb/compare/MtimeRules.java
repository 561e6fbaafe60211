package dev.mtb.compare;

import com.google.common.collect.ImmutableSet;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * When two mtimes are equal as far as both sides can tell. Immutable and thread-safe.
 *
 * <p>A time may also have lost digits when it was stored. If the place is known to hold such times,
 * the comparison ignores the digits that it lacks (whole seconds, whole milliseconds). They are cut
 * off, never rounded.
 *
 * @param window mtimes no further apart than this are equal; empty for zero
 * @param earliest the earliest mtime that the destination can keep; earlier ones are kept as this
 * @param copy how precise the destination's are
 * @param source how precise the source's are
 */
public record MtimeRules(
    Optional<Duration> window, Instant earliest, Precision copy, Precision source) {
  /** Up to this width, a window concerns files only, and not directories. */
  private static final Duration NARROW = Duration.ofSeconds(1);

  private static final int DIGITS = 9;

  /**
   * The last mtimes that a place can keep; a later one is kept as this. Linux cuts a time off at
   * what the inode holds (s_time_max of its file systems): 31 bits of seconds (ext3), 32 bits (XFS
   * without bigtime, NFSv3 and others), 34 bits (ext4), and XFS with bigtime. The JDK sets times as
   * 63 bits of nanoseconds (FileTime), which end in 2262.
   */
  private static final ImmutableSet<Instant> LAST_SECONDS =
      ImmutableSet.of(
          Instant.ofEpochSecond(Integer.MAX_VALUE),
          Instant.ofEpochSecond(0xFFFF_FFFFL),
          Instant.parse("2262-04-11T23:47:16Z"),
          Instant.parse("2446-05-10T22:38:55Z"),
          Instant.parse("2486-07-02T20:20:24Z"));

  /**
   * How precise the mtimes of a place are.
   *
   * @param granularity how coarse they are at best; zero where they are exact
   * @param mayLackDigits whether some of them have fewer digits than that, which shows as zeros at
   *     their end
   */
  public record Precision(Duration granularity, boolean mayLackDigits) {
    /** Nothing is lost. */
    public static final Precision EXACT = new Precision(Duration.ZERO, false);

    /** How precise one of them is. */
    private Duration of(Instant mtime) {
      if (!mayLackDigits) {
        return granularity;
      }
      long learned = 1;
      long nanos = mtime.getLong(ChronoField.NANO_OF_SECOND);
      for (int digit = 0; digit < DIGITS && nanos % 10 == 0; digit++) {
        learned *= 10;
        nanos /= 10;
      }
      // One nanosecond is exact.
      Duration precision = learned == 1 ? Duration.ZERO : Duration.ofNanos(learned);
      return precision.compareTo(granularity) > 0 ? precision : granularity;
    }
  }

  /**
   * Compares those of a file or link.
   *
   * @param copyTime of what the destination has
   */
  boolean same(Instant sourceTime, Instant copyTime) {
    return same(sourceTime, copyTime, window.orElse(Duration.ZERO));
  }

  /**
   * Compares those of a directory. If a killed run has made a directory shortly after the source's
   * mtime, its mtime is wrong and still within a narrow window. To set it costs no copy, so
   * directories are compared without a narrow window. A wider window counts, since the user has
   * asked for it.
   */
  boolean sameDirectory(Instant sourceTime, Instant copyTime) {
    Duration asked = window.orElse(Duration.ZERO);
    return same(sourceTime, copyTime, asked.compareTo(NARROW) > 0 ? asked : Duration.ZERO);
  }

  private boolean same(Instant sourceTime, Instant copyTime, Duration allowed) {
    Instant kept = sourceTime.isBefore(earliest) ? earliest : sourceTime;
    Duration apart = Duration.between(copyTime, kept);
    if (apart.abs().compareTo(allowed) <= 0) {
      return true;
    }
    if (apart.isNegative()) {
      return apart.negated().compareTo(source.of(kept)) < 0;
    }
    return apart.compareTo(copy.of(copyTime)) < 0
        || isCutBefore1970(kept, copyTime)
        || isLast(copyTime);
  }

  /** Whether a copy has the last mtime that its place can keep: its source's may be later. */
  private static boolean isLast(Instant copyTime) {
    return LAST_SECONDS.contains(copyTime.truncatedTo(ChronoUnit.SECONDS));
  }

  /** The JDK sets a time before 1970 in whole seconds only. */
  private static boolean isCutBefore1970(Instant kept, Instant copyTime) {
    return kept.isBefore(Instant.EPOCH) && kept.truncatedTo(ChronoUnit.SECONDS).equals(copyTime);
  }
}
