package dev.mtb.cli.text;

import java.util.Objects;

/** The name and the version of this program. */
public final class ProgramVersion {
  private ProgramVersion() {}

  /** Such as {@code mtb 1.0}; the version is in the jar's manifest. */
  public static String text() {
    String version = ProgramVersion.class.getPackage().getImplementationVersion();
    return "mtb " + Objects.requireNonNullElse(version, "(unpackaged)");
  }
}
