package dev.mtb.cli;

import dev.mtb.cli.startup.RawArguments;
import dev.mtb.model.PathBytes;
import dev.mtb.options.Addressing;
import dev.mtb.options.CompareMode;
import dev.mtb.options.Via;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Read the values of options. */
final class Converters {
  private Converters() {}

  /** Reads paths byte for byte, in any locale; see {@link RawArguments}. */
  static final class Paths implements ITypeConverter<Path> {
    @Override
    public Path convert(String value) {
      if (value.isEmpty()) {
        throw new TypeConversionException("an empty path");
      }
      return PathBytes.parse(value);
    }
  }

  static final class Urls implements ITypeConverter<URI> {
    @Override
    public URI convert(String value) {
      try {
        return new URI(value);
      } catch (URISyntaxException e) {
        throw new TypeConversionException("'" + value + "' is not a URL: " + e.getReason());
      }
    }
  }

  /** Reads durations such as {@code 500ms}, {@code 1m} or {@code 30d}; without a unit seconds. */
  static final class Durations implements ITypeConverter<Duration> {
    private static final Pattern PATTERN = Pattern.compile("([0-9]{1,12})(ns|ms|s|m|h|d|)");

    @Override
    public Duration convert(String value) {
      Matcher matcher = PATTERN.matcher(value);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'" + value + "' is not a duration such as 1s, 500ms or 2m");
      }
      long number = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ns" -> Duration.ofNanos(number);
        case "ms" -> Duration.ofMillis(number);
        case "m" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        case "d" -> Duration.ofDays(number);
        default -> Duration.ofSeconds(number);
      };
    }
  }

  /**
   * Reads one of a few words, such as {@code size-mtime}, in upper or lower case. Help and
   * completion offer the same words.
   */
  private abstract static class Words<E extends Enum<E>>
      implements ITypeConverter<E>, Iterable<String> {
    private final Class<E> type;

    Words(Class<E> type) {
      this.type = type;
    }

    @Override
    public final Iterator<String> iterator() {
      return Arrays.stream(type.getEnumConstants()).map(Words::name).iterator();
    }

    @Override
    public final E convert(String value) {
      for (E constant : type.getEnumConstants()) {
        if (name(constant).equalsIgnoreCase(value)) {
          return constant;
        }
      }
      throw new TypeConversionException("'" + value + "' is none of " + String.join(", ", this));
    }

    private static String name(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  static final class CompareModes extends Words<CompareMode> {
    CompareModes() {
      super(CompareMode.class);
    }
  }

  static final class Vias extends Words<Via> {
    Vias() {
      super(Via.class);
    }
  }

  static final class AddressingStyles extends Words<Addressing> {
    AddressingStyles() {
      super(Addressing.class);
    }
  }

  static final class ProgressModes extends Words<WatchOptions.ProgressMode> {
    ProgressModes() {
      super(WatchOptions.ProgressMode.class);
    }
  }

  static final class Shells extends Words<Main.Shell> {
    Shells() {
      super(Main.Shell.class);
    }
  }
}
