package dev.mtb.cli.watch;

import dev.mtb.cli.report.ReportFile;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupListener;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.ErrorText;
import dev.mtb.model.Format;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.event.Level;

/**
 * A log of runs. A line is {@code TIME [PID] LEVEL TEXT}; no text can begin another line. Each line
 * is appended at once and whole, so that none is lost when the process is killed, and several runs
 * may share a file. Thread-safe.
 *
 * <p>If the log cannot be written any more, one message says so, and the run goes on.
 */
public final class LogFile implements BackupListener, AutoCloseable {
  public static final LogFile NONE = new LogFile(null, null, Clock.systemUTC(), null, false);

  private static final Pattern LINE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z \\[\\d+\\] ");

  private final Path given;

  /** Not a channel: an interrupted thread writes the last line of an interrupted run. */
  private final OutputStream stream;

  private final Clock clock;
  private final PrintStream err;
  private final boolean isDryRun;
  private final String process = " [" + ProcessHandle.current().pid() + "] ";
  private boolean hasFailed;

  LogFile(Path given, OutputStream stream, Clock clock, PrintStream err, boolean isDryRun) {
    this.given = given;
    this.stream = stream;
    this.clock = clock;
    this.err = err;
    this.isDryRun = isDryRun;
  }

  /**
   * Opens a log.
   *
   * @param others files that the run writes, which must not be the log
   * @param err gets the message that the log cannot be written any more
   * @throws InvalidJobException if it cannot be written, or should not
   */
  public static LogFile open(
      Path given, List<Path> others, boolean isDryRun, Clock clock, PrintStream err) {
    Path file = given.toAbsolutePath();
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw refused(given, Files.isDirectory(file) ? "is a directory" : "is not a file");
    }
    if (file.getParent() == null || !Files.isDirectory(file.getParent())) {
      throw refused(given, "cannot be written: there is no directory " + file.getParent());
    }
    for (Path other : others) {
      if (ReportFile.isSame(other.toAbsolutePath(), file)) {
        throw refused(given, "is the same file as " + other);
      }
    }
    Set<OpenOption> options = new HashSet<>();
    options.addAll(List.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    try {
      if (ReportFile.isShared(Metadata.following(file.getParent()))) {
        options.add(LinkOption.NOFOLLOW_LINKS);
        if (Files.isSymbolicLink(file)) {
          throw refused(given, "is a symbolic link in a directory where anybody may put one");
        }
      }
      OutputStream stream = Files.newOutputStream(file, options.toArray(OpenOption[]::new));
      return new LogFile(given, stream, clock, err, isDryRun);
    } catch (IOException e) {
      throw refused(given, "cannot be written: " + ErrorText.of(e));
    }
  }

  /** Whether a text is the beginning of a log: a time and the number of a process. */
  public static boolean isBeginning(String text) {
    return LINE.matcher(text).lookingAt();
  }

  private static InvalidJobException refused(Path given, String why) {
    return new InvalidJobException("the log file " + given + " " + why);
  }

  /** Appends a line. */
  public void write(Level level, String text) {
    if (stream == null) {
      return;
    }
    String time = clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
    String line = time + process + level + " " + Text.withoutControls(text) + "\n";
    append(line.getBytes(StandardCharsets.UTF_8));
  }

  private synchronized void append(byte[] line) {
    if (hasFailed) {
      return;
    }
    try {
      stream.write(line);
    } catch (IOException e) {
      hasFailed = true;
      err.println(
          "mtb: the log file "
              + Text.path(given)
              + " cannot be written any more, and ends here: "
              + Text.printable(ErrorText.of(e)));
    }
  }

  @Override
  public void decided(Path path, Metadata source, Action action, Reason reason) {
    if (stream != null && isDryRun && action != Action.NONE && source.kind() != Kind.DIRECTORY) {
      write(Level.INFO, "would copy " + Text.path(path) + " (" + reason + ")");
    }
  }

  @Override
  public void copied(Path path, Metadata source) {
    if (stream == null) {
      return;
    }
    String size = source.kind() == Kind.FILE ? " (" + Format.size(source.size()) + ")" : "";
    write(Level.INFO, "copied " + Text.path(path) + size);
  }

  @Override
  public void skipped(Path path, String why) {
    write(Level.INFO, "skipped " + Text.path(path) + " (" + Text.message(why) + ")");
  }

  @Override
  public void kept(Path path, String why) {
    skipped(path, why);
  }

  @Override
  public void deleted(Path path, Kind kind) {
    if (stream != null) {
      write(Level.INFO, "deleted " + Text.path(path));
    }
  }

  @Override
  public void failed(Failure failure) {
    String why = Text.message(failure.error());
    write(Level.ERROR, "failed " + Text.path(failure.path()) + ": " + why);
  }

  @Override
  public synchronized void close() {
    hasFailed = true;
    if (stream != null) {
      try {
        stream.close();
      } catch (IOException e) {
        // Each line was written when it was made.
        return;
      }
    }
  }
}
