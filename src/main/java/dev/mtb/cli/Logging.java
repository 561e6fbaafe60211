package dev.mtb.cli;

import com.google.common.base.Throwables;
import dev.mtb.model.ErrorText;
import java.io.PrintStream;
import java.util.List;
import java.util.regex.Pattern;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What of the log is shown, and what goes to the log file; to be set up before the first logger is
 * made. Thread-safe.
 */
final class Logging {
  /** Their details are of no use to a user, and show what is in the headers of requests. */
  private static final List<String> OTHERS = List.of("software.amazon", "org.apache");

  /** Flags without values, which may be run together. */
  static final Pattern FLAGS = Pattern.compile("-[0nivqhuxV]+");

  private static volatile Level shown = Level.WARN;
  private static volatile Level kept = Level.INFO;
  private static volatile LogFile file = LogFile.NONE;

  private Logging() {}

  /**
   * Takes {@code -v} and {@code -q} from a command line that is not parsed yet: loggers are made
   * beside the parsing already.
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
    set(verbosity, quiet);
    System.setProperty("slf4j.provider", LogBackend.class.getName());
    // SLF4J announces the backend that it was told to use.
    System.setProperty("slf4j.internal.verbosity", "WARN");
    // Before there are other threads: a logger that one of them asks for while this goes on may
    // never say anything.
    ILoggerFactory unused = LoggerFactory.getILoggerFactory();
  }

  /**
   * Sets what is shown. What is kept in the log file does not become less with {@code -q}: a user
   * who silences cron still needs the log.
   */
  static void set(long verbosity, boolean quiet) {
    shown =
        quiet
            ? Level.ERROR
            : verbosity == 0 ? Level.WARN : verbosity == 1 ? Level.INFO : Level.DEBUG;
    kept = verbosity < 2 ? Level.INFO : Level.DEBUG;
  }

  /** From now on everything goes to that file too, until it is {@link LogFile#NONE}. */
  static void keepIn(LogFile place) {
    file = place;
  }

  static boolean isWanted(Level level, String logger) {
    return isShown(level, logger) || isKept(level, logger);
  }

  private static boolean isShown(Level level, String logger) {
    return isAtLeast(level, shown, logger);
  }

  private static boolean isKept(Level level, String logger) {
    return file != LogFile.NONE && isAtLeast(level, kept, logger);
  }

  private static boolean isAtLeast(Level level, Level least, String logger) {
    // The cheap check first: this is called for each request, and mostly the level is off.
    return level.toInt() >= least.toInt()
        && (level.toInt() >= Level.WARN.toInt() || OTHERS.stream().noneMatch(logger::startsWith));
  }

  /** For users, to whom names of classes and a trace mean nothing; those come with -v. */
  private static String plain(Level level, String message, Throwable thrown) {
    return "mtb: "
        + (level == Level.WARN ? "warning: " : "")
        + message
        + (thrown == null ? "" : ": " + ErrorText.of(thrown) + " (more with -v)");
  }

  static void write(Level level, String logger, String message, Throwable thrown) {
    if (isShown(level, logger)) {
      PrintStream err = System.err;
      // What another thread prints must not come between a message and its trace.
      synchronized (err) {
        if (shown.toInt() >= Level.WARN.toInt()) {
          err.println(plain(level, message, thrown));
        } else {
          err.println(
              level + " " + logger.substring(logger.lastIndexOf('.') + 1) + " - " + message);
          if (thrown != null) {
            thrown.printStackTrace(err);
          }
        }
      }
    }
    if (isKept(level, logger)) {
      String trace = thrown == null ? "" : "\n" + Throwables.getStackTraceAsString(thrown).strip();
      file.write(level, message + trace);
    }
  }
}
