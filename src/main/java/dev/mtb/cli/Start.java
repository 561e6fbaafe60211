package dev.mtb.cli;

import java.util.Objects;

/**
 * Where the jar is entered. The version is told here, before anything is loaded that reads command
 * lines: that takes longer than all the rest.
 */
public final class Start {
  private Start() {}

  /**
   * Runs the command and ends the process.
   *
   * @param args from the command line
   */
  public static void main(String[] args) {
    if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
      System.out.println(version());
      System.out.flush();
      Runtime.getRuntime().halt(0);
    }
    // First of all: a signal that the process does not know ends it.
    Snapshot.answerSignals();
    Main.main(args);
  }

  /** From the jar's manifest. */
  static String version() {
    String version = Start.class.getPackage().getImplementationVersion();
    return "mtb " + Objects.requireNonNullElse(version, "(unpackaged)");
  }
}
