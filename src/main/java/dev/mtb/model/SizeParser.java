package dev.mtb.model;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads sizes as rsync does: {@code 64K} and {@code 64KiB} count in 1024, {@code 64KB} in 1000;
 * {@code 100B} is bytes; {@code +1} and {@code -1} at the end are one byte more and one less.
 * Stateless.
 */
public final class SizeParser {
  private static final String UNITS = "BKMGTP";

  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,18}(?:[.][0-9]{1,9})?)(?:([BKMGTP])(B|IB)?)?([+-]1)?");

  private SizeParser() {}

  /**
   * Reads a size in bytes, in upper or lower case; empty if it is none. A fraction of a byte is
   * rounded up, so that only zero becomes zero.
   *
   * @param plainUnit the unit of a number without one, such as {@code B} or {@code K}
   */
  public static OptionalLong parse(String text, char plainUnit) {
    Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    char unit = matcher.group(2) == null ? plainUnit : matcher.group(2).charAt(0);
    int thousand = "B".equals(matcher.group(3)) ? 1000 : 1024;
    String more = matcher.group(4) == null ? "0" : matcher.group(4);
    return OptionalLong.of(
        new BigDecimal(matcher.group(1))
            .multiply(BigDecimal.valueOf(thousand).pow(UNITS.indexOf(unit)))
            .setScale(0, RoundingMode.CEILING)
            .add(new BigDecimal(more))
            .max(BigDecimal.ZERO)
            .min(BigDecimal.valueOf(Long.MAX_VALUE))
            .longValueExact());
  }
}
