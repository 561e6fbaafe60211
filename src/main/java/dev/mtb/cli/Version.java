package dev.mtb.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** Knows the version from the jar's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {"mtb " + Objects.requireNonNullElse(version, "(unpackaged)")};
  }
}
