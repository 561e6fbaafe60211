package dev.mtb.options;

import static java.time.temporal.ChronoField.MINUTE_OF_DAY;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSortedMap;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.SizeParser;
import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many bytes a second may be written, at which time of the week. Immutable and thread-safe.
 *
 * <p>Rates are written as for rsync and rclone: {@code 512K}, {@code 1.5M}, {@code 2MiB} (1024),
 * {@code 2MB} (1000), {@code 100B}; a plain number is in KiB; {@code 0} and {@code off} are no
 * limit.
 */
public final class Bandwidth {
  /** No limit at any time. */
  public static final Bandwidth UNLIMITED = new Bandwidth(ImmutableSortedMap.of(0, 0L));

  private static final Pattern SLOT =
      Pattern.compile("(?:([A-Za-z]+)-)?([01]?[0-9]|2[0-3]):([0-5][0-9]),(\\S+)");

  private static final int MINUTES_A_DAY = 24 * 60;

  /** Bytes a second from each minute of the week on; 0 is no limit. */
  private final ImmutableSortedMap<Integer, Long> slots;

  private Bandwidth(ImmutableSortedMap<Integer, Long> slots) {
    this.slots = slots;
  }

  /** The same limit at all times, at least one byte a second. */
  public static Bandwidth of(long bytesPerSecond) {
    if (bytesPerSecond < 1) {
      throw new InvalidJobException("a bandwidth of " + bytesPerSecond + " bytes a second");
    }
    return new Bandwidth(ImmutableSortedMap.of(0, bytesPerSecond));
  }

  /**
   * Reads a rate, or a timetable as rclone writes it: {@code 08:00,512K 19:00,off} or {@code
   * Mon-08:00,512K Fri-18:30,off}. Each slot lasts until the next one begins; one without a day of
   * the week is for every day. Any other text is an {@link InvalidJobException}.
   */
  public static Bandwidth parse(String text) {
    if (text.indexOf(',') < 0) {
      return new Bandwidth(ImmutableSortedMap.of(0, rate(text.strip(), text)));
    }
    TreeMap<Integer, Long> slots = new TreeMap<>();
    for (String slot : Splitter.onPattern("\\s+").omitEmptyStrings().split(text)) {
      Matcher matcher = SLOT.matcher(slot);
      if (!matcher.matches()) {
        throw invalid(slot, text);
      }
      long rate = rate(matcher.group(4), text);
      int minute = Integer.parseInt(matcher.group(2)) * 60 + Integer.parseInt(matcher.group(3));
      for (int day : days(matcher.group(1), slot, text)) {
        if (slots.put(day * MINUTES_A_DAY + minute, rate) != null) {
          throw new InvalidJobException(
              "the bandwidth '" + text + "' has two limits for one time: " + slot);
        }
      }
    }
    return new Bandwidth(ImmutableSortedMap.copyOf(slots));
  }

  private static long rate(String rate, String text) {
    if (rate.equalsIgnoreCase("off")) {
      return 0;
    }
    // As for rsync and rclone a plain number is in KiB.
    return SizeParser.parse(rate, 'K').orElseThrow(() -> invalid(rate, text));
  }

  private static List<Integer> days(String name, String slot, String text) {
    List<Integer> days = new ArrayList<>();
    for (DayOfWeek day : DayOfWeek.values()) {
      if (name == null
          || day.name().equalsIgnoreCase(name)
          || day.name().substring(0, 3).equalsIgnoreCase(name)) {
        days.add(day.getValue() - 1);
      }
    }
    if (days.isEmpty()) {
      throw invalid(slot, text);
    }
    return days;
  }

  private static InvalidJobException invalid(String part, String text) {
    String where = part.equals(text) ? "" : " in '" + text + "'";
    return new InvalidJobException(
        String.format(
            "'%s'%s is no bandwidth such as 512K, 1.5M, off, or '08:00,512K 19:00,off'",
            part, where));
  }

  /** Whether there is a limit at any time. */
  public boolean isLimited() {
    return slots.values().stream().anyMatch(rate -> rate != 0);
  }

  /** The limit in bytes a second at a local time; empty for no limit. */
  public OptionalLong at(LocalDateTime time) {
    int minute = (time.getDayOfWeek().getValue() - 1) * MINUTES_A_DAY + time.get(MINUTE_OF_DAY);
    Map.Entry<Integer, Long> slot = slots.floorEntry(minute);
    // Before the first slot of the week, the last one of the week before still holds.
    long rate = (slot != null ? slot : slots.lastEntry()).getValue();
    return rate == 0 ? OptionalLong.empty() : OptionalLong.of(rate);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bandwidth bandwidth && slots.equals(bandwidth.slots);
  }

  @Override
  public int hashCode() {
    return slots.hashCode();
  }

  /** Bytes a second from each minute of the week on; 0 is no limit. */
  @Override
  public String toString() {
    return slots.toString();
  }
}
