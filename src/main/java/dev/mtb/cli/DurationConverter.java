package dev.mtb.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads durations such as {@code 2}, {@code 2s}, {@code 500ms}, {@code 1m}; the unit is seconds.
 */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern PATTERN = Pattern.compile("([0-9]{1,12})(ns|ms|s|m|h)?");

  @Override
  public Duration convert(String value) {
    Matcher matcher = PATTERN.matcher(value);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "'" + value + "' is not a duration such as 1s, 500ms or 2m");
    }
    long number = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2) == null ? "s" : matcher.group(2);
    return switch (unit) {
      case "ns" -> Duration.ofNanos(number);
      case "ms" -> Duration.ofMillis(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofSeconds(number);
    };
  }
}
