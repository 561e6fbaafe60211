package dev.mtb.cli;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Takes what the library logs to standard error and to the log file, which want different levels.
 * {@link Logging} names it to SLF4J; public only for that.
 */
public final class LogBackend implements SLF4JServiceProvider {
  /** The version of SLF4J's interface that this is written for. */
  private static final String API = "2.0.99";

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter contexts = new NOPMDCAdapter();

  /** For SLF4J. */
  public LogBackend() {}

  @Override
  public ILoggerFactory getLoggerFactory() {
    return LogBackend::logger;
  }

  static Logger logger(String name) {
    return new Lines(name);
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
    return API;
  }

  @Override
  public void initialize() {}

  /** A logger; SLF4J keeps one for each name. */
  private static final class Lines extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    Lines(String name) {
      this.name = name;
    }

    @Override
    public boolean isTraceEnabled() {
      return Logging.isWanted(Level.TRACE, name);
    }

    @Override
    public boolean isDebugEnabled() {
      return Logging.isWanted(Level.DEBUG, name);
    }

    @Override
    public boolean isInfoEnabled() {
      return Logging.isWanted(Level.INFO, name);
    }

    @Override
    public boolean isWarnEnabled() {
      return Logging.isWanted(Level.WARN, name);
    }

    @Override
    public boolean isErrorEnabled() {
      return Logging.isWanted(Level.ERROR, name);
    }

    @Override
    protected String getFullyQualifiedCallerName() {
      return Lines.class.getName();
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level, Marker marker, String pattern, Object[] arguments, Throwable thrown) {
      String message = OptionNames.inFlags(MessageFormatter.basicArrayFormat(pattern, arguments));
      Logging.write(level, name, message, thrown);
    }
  }
}
