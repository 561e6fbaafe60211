package dev.mtb.cli.setup;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;

/** How this program is started by others. */
public final class Installation {
  /** The package's name for its launcher. */
  private static final Path COMMAND = Path.of("/usr/bin/mtb");

  private Installation() {}

  /**
   * The launcher that lies beside the jar, or else Java with the jar.
   *
   * @param main a class of the jar
   */
  public static List<String> command(Class<?> main) {
    Path jar = jar(main);
    Path launcher = jar.resolveSibling("mtb");
    if (Files.isExecutable(launcher) && !Files.isDirectory(launcher)) {
      return List.of((isSame(COMMAND, launcher) ? COMMAND : launcher).toString());
    }
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return List.of(java.toString(), "-jar", jar.toString());
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.exists(one) && Files.isSameFile(one, other);
    } catch (IOException e) {
      // It cannot be looked at, and the other one can.
      return false;
    }
  }

  private static Path jar(Class<?> main) {
    CodeSource source = main.getProtectionDomain().getCodeSource();
    try {
      return Path.of(source.getLocation().toURI()).toAbsolutePath();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
