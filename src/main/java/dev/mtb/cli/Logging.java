package dev.mtb.cli;

import java.util.List;
import java.util.regex.Pattern;

/** Sets up the log backend; to be called before the first logger is made. */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  /** Their details are of no use to a user, and show what is in the headers of requests. */
  private static final List<String> OTHERS = List.of("software.amazon", "org.apache");

  /** Flags without values, which may be run together. */
  private static final Pattern FLAGS = Pattern.compile("-[0nivqh]+");

  private Logging() {}

  /**
   * Takes {@code -v} and {@code -q} from a command line that nobody has parsed yet: loggers are
   * made beside the parsing already.
   */
  static void configure(String[] args) {
    long verbosity = 0;
    boolean quiet = false;
    for (String arg : args) {
      if (arg.equals("--")) {
        break;
      }
      boolean isFlags = FLAGS.matcher(arg).matches();
      verbosity += arg.equals("--verbose") ? 1 : 0;
      verbosity += isFlags ? arg.chars().filter(c -> c == 'v').count() : 0;
      quiet |= arg.equals("--quiet") || (isFlags && arg.indexOf('q') >= 0);
    }
    String level = quiet ? "error" : verbosity == 0 ? "warn" : verbosity == 1 ? "info" : "debug";
    System.setProperty(PREFIX + "defaultLogLevel", level);
    System.setProperty(PREFIX + "showThreadName", "false");
    System.setProperty(PREFIX + "showShortLogName", "true");
    for (String other : OTHERS) {
      System.setProperty(PREFIX + "log." + other, quiet ? "error" : "warn");
    }
  }
}
