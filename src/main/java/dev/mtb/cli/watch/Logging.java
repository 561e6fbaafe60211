package dev.mtb.cli.watch;

import com.google.common.base.Throwables;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.model.ErrorText;
import java.io.PrintStream;
import java.util.List;
import java.util.regex.Pattern;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Takes what the library logs to standard error and to the log file, which have different levels.
 * To be set up before the first logger is made. Thread-safe.
 */
public final class Logging {
  /** Their details are of no use to a user, and show the headers of requests. */
  private static final List<String> OTHERS = List.of("software.amazon", "org.apache");

  /** Flags without values, of which one word may hold several. */
  public static final Pattern FLAGS = Pattern.compile("-[0nivqhuxV]+");

  private static volatile Level shown = Level.WARN;
  private static volatile Level kept = Level.INFO;
  private static volatile LogFile file = LogFile.NONE;

  private Logging() {}

  /**
   * Takes {@code -v} and {@code -q} from a command line that is not parsed yet: other threads make
   * loggers while it is parsed.
   */
  public static void configure(String[] args) {
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
    System.setProperty("slf4j.provider", Backend.class.getName());
    // Otherwise SLF4J prints the name of the backend.
    System.setProperty("slf4j.internal.verbosity", "WARN");
    // Before there are other threads: a logger that one of them asks for during this call may
    // never print anything.
    ILoggerFactory unused = LoggerFactory.getILoggerFactory();
  }

  /**
   * Sets what is shown. With {@code -q} the log file keeps as much as without: a user who silences
   * cron still needs the log.
   */
  static void set(long verbosity, boolean quiet) {
    shown =
        quiet
            ? Level.ERROR
            : verbosity == 0 ? Level.WARN : verbosity == 1 ? Level.INFO : Level.DEBUG;
    kept = verbosity < 2 ? Level.INFO : Level.DEBUG;
  }

  /** From now on the log also goes to that file, which may be {@link LogFile#NONE}. */
  public static void keepIn(LogFile place) {
    file = place;
  }

  private static boolean isShown(Level level, String logger) {
    return isAtLeast(level, shown, logger);
  }

  private static boolean isKept(Level level, String logger) {
    return file != LogFile.NONE && isAtLeast(level, kept, logger);
  }

  private static boolean isAtLeast(Level level, Level least, String logger) {
    // The cheap check first: each request calls this, and mostly the level is off.
    return level.toInt() >= least.toInt()
        && (level.toInt() >= Level.WARN.toInt() || OTHERS.stream().noneMatch(logger::startsWith));
  }

  private static void write(Level level, String logger, String message, Throwable thrown) {
    if (isShown(level, logger)) {
      PrintStream err = System.err;
      // No line of another thread between a message and its trace.
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

  /** Without names of classes and a trace, which mean nothing to users; -v shows those. */
  private static String plain(Level level, String message, Throwable thrown) {
    return "mtb: "
        + (level == Level.WARN ? "warning: " : "")
        + message
        + (thrown == null ? "" : ": " + ErrorText.of(thrown) + " (more with -v)");
  }

  static Logger logger(String name) {
    return new Lines(name);
  }

  /** The backend for SLF4J, which makes it by its name; public only for that. */
  public static final class Backend implements SLF4JServiceProvider {
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();

    /** For SLF4J. */
    public Backend() {}

    @Override
    public ILoggerFactory getLoggerFactory() {
      return Logging::logger;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
      return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
      return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
      return "2.0.99";
    }

    @Override
    public void initialize() {}
  }

  /** A logger; SLF4J keeps one for each name. */
  private static final class Lines extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    Lines(String name) {
      this.name = name;
    }

    private boolean isEnabled(Level level) {
      return isShown(level, name) || isKept(level, name);
    }

    @Override
    public boolean isTraceEnabled() {
      return isEnabled(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
      return isEnabled(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
      return isEnabled(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
      return isEnabled(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
      return isEnabled(Level.ERROR);
    }

    @Override
    protected String getFullyQualifiedCallerName() {
      return Lines.class.getName();
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level, Marker marker, String pattern, Object[] arguments, Throwable thrown) {
      String message = OptionNames.inFlags(MessageFormatter.basicArrayFormat(pattern, arguments));
      write(level, name, message, thrown);
    }
  }
}
