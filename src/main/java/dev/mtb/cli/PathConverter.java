package dev.mtb.cli;

import dev.mtb.model.PathBytes;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads paths byte for byte, in any locale; see {@link RawArguments}. */
final class PathConverter implements ITypeConverter<Path> {
  @Override
  public Path convert(String value) {
    if (value.isEmpty()) {
      throw new TypeConversionException("an empty path");
    }
    return PathBytes.parse(value);
  }
}
