package dev.mtb.cli;

/** Sets up the log backend; to be called before the first logger is made. */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  static void configure(int verbosity, boolean quiet) {
    String level = quiet ? "error" : verbosity == 0 ? "warn" : verbosity == 1 ? "info" : "debug";
    System.setProperty(PREFIX + "defaultLogLevel", level);
    System.setProperty(PREFIX + "showThreadName", "false");
    System.setProperty(PREFIX + "showShortLogName", "true");
  }
}
