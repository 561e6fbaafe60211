package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the moments that a user names. */
final class Moments {
  /** For the help of {@code --as-of}. */
  static final String AS_OF =
      "Go back to this moment, in a bucket with versioning or a mount of one: a time such as"
          + " 2026-11-20T18:00 (local, unless it ends in Z or an offset such as +01:00), a date"
          + " (the end of that day), or how long ago, such as 12h, 3d or 2w.";

  private static final Pattern AGE = Pattern.compile("([0-9]{1,9})([smhdw])");

  private Moments() {}

  /** Reads a moment to go back to. */
  static Instant asOf(String text) {
    return asOf(text, Instant.now());
  }

  /**
   * Reads a moment to go back to. A date means its end: the runs of that day belong to it. So does
   * a time in whole seconds, as most programs write it: Ceph tells milliseconds of what it stores.
   *
   * @throws InvalidJobException if it is none, or lies in the future, where a mistyped year leads
   */
  static Instant asOf(String text, Instant now) {
    Instant start = parse(text, now);
    if (start.isAfter(now)) {
      throw new InvalidJobException(
          "there is no way to " + text + ", which is in the future; it is " + now + " now");
    }
    if (AGE.matcher(text).matches()) {
      return start;
    }
    if (!isDate(text)) {
      boolean isWholeSecond = start.equals(start.truncatedTo(ChronoUnit.SECONDS));
      return isWholeSecond ? start.plusSeconds(1).minusNanos(1) : start;
    }
    ZoneId zone = ZoneId.systemDefault();
    return LocalDate.parse(text).plusDays(1).atStartOfDay(zone).toInstant().minusNanos(1);
  }

  private static boolean isDate(String text) {
    return text.indexOf('T') < 0 && !AGE.matcher(text).matches();
  }

  /** Reads an age, a date, which means its beginning, or a time. */
  static Instant parse(String text, Instant now) {
    Matcher age = AGE.matcher(text);
    try {
      if (age.matches()) {
        long count = Long.parseLong(age.group(1));
        return now.minus(
            switch (age.group(2)) {
              case "s" -> Duration.ofSeconds(count);
              case "m" -> Duration.ofMinutes(count);
              case "h" -> Duration.ofHours(count);
              case "d" -> Duration.ofDays(count);
              default -> Duration.ofDays(Math.multiplyExact(7, count));
            });
      }
      ZoneId zone = ZoneId.systemDefault();
      if (isDate(text)) {
        return LocalDate.parse(text).atStartOfDay(zone).toInstant();
      }
      TemporalAccessor time =
          DateTimeFormatter.ISO_DATE_TIME.parseBest(text, ZonedDateTime::from, LocalDateTime::from);
      return time instanceof LocalDateTime local
          ? local.atZone(zone).toInstant()
          : Instant.from(time);
    } catch (DateTimeException e) {
      throw new InvalidJobException(
          "'" + text + "' is no time such as 7d, 2026-01-31 or 2026-01-31T12:00:00Z", e);
    }
  }
}
