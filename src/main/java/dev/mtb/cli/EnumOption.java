package dev.mtb.cli;

import dev.mtb.options.Addressing;
import dev.mtb.options.CompareMode;
import dev.mtb.options.Via;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The values of an option that takes one of a few words, such as {@code size-mtime}: what is read,
 * in upper or lower case, is what help and completion offer.
 */
abstract class EnumOption<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {
  private final Class<E> type;

  EnumOption(Class<E> type) {
    this.type = type;
  }

  @Override
  public final Iterator<String> iterator() {
    return Arrays.stream(type.getEnumConstants()).map(EnumOption::name).iterator();
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

  /** For {@code --compare}. */
  static final class CompareModes extends EnumOption<CompareMode> {
    CompareModes() {
      super(CompareMode.class);
    }
  }

  /** For {@code --via}. */
  static final class Vias extends EnumOption<Via> {
    Vias() {
      super(Via.class);
    }
  }

  /** For {@code --addressing-style}. */
  static final class AddressingStyles extends EnumOption<Addressing> {
    AddressingStyles() {
      super(Addressing.class);
    }
  }

  /** For {@code --progress}. */
  static final class ProgressModes extends EnumOption<ProgressMode> {
    ProgressModes() {
      super(ProgressMode.class);
    }
  }

  /** For {@code completion}. */
  static final class Shells extends EnumOption<CompletionCommand.Shell> {
    Shells() {
      super(CompletionCommand.Shell.class);
    }
  }
}
