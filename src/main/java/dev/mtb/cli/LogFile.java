package dev.mtb.cli;

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
 * A log of runs: a line each, appended, {@code TIME [PID] LEVEL TEXT}. Nothing in a text can begin
 * another line. Each line is written at once and whole, so that none is lost when the process is
 * killed, and several runs may share a file. Thread-safe.
 *
 * <p>A log that cannot be written any more is said once, and harms nothing else.
 */
final class LogFile implements BackupListener, AutoCloseable {
  static final LogFile NONE = new LogFile(null, null, Clock.systemUTC(), null, false);

  private static final Pattern LINE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z \\[\\d+\\] ");

  private final Path given;

  /**
   * No channel: the last line of a run that was interrupted is written by an interrupted thread.
   */
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
   * Opens it.
   *
   * @param others files that the run reads or writes, which may not be the log
   * @param err told if it cannot be written any more
   * @throws InvalidJobException if it cannot be written, or should not
   */
  static LogFile open(
      Path given, List<Path> others, boolean isDryRun, Clock clock, PrintStream err) {
    Path file = given.toAbsolutePath();
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw refused(given, Files.isDirectory(file) ? "is a directory" : "is not a file");
    }
    if (file.getParent() == null || !Files.isDirectory(file.getParent())) {
      throw refused(given, "cannot be written: there is no folder " + file.getParent());
    }
    refuseOthers(given, file, others);
    Set<OpenOption> options = new HashSet<>();
    options.addAll(List.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    try {
      if ((Metadata.following(file.getParent()).mode() & ReportFile.SHARED) == ReportFile.SHARED) {
        options.add(LinkOption.NOFOLLOW_LINKS);
        if (Files.isSymbolicLink(file)) {
          throw refused(given, "is a symbolic link in a folder where anybody may put one");
        }
      }
      OutputStream stream = Files.newOutputStream(file, options.toArray(OpenOption[]::new));
      return new LogFile(given, stream, clock, err, isDryRun);
    } catch (IOException e) {
      throw new InvalidJobException(
          "the log file " + given + " cannot be written: " + ErrorText.of(e), e);
    }
  }

  /** Whether a text is the beginning of a log: a time and the number of a process. */
  static boolean isBeginning(String text) {
    return LINE.matcher(text).lookingAt();
  }

  /** A mistake on the command line must not damage what is to be backed up. */
  private static void refuseOthers(Path given, Path file, List<Path> others) {
    for (Path other : others) {
      if (ReportFile.isSame(other.toAbsolutePath(), file)) {
        throw refused(given, "is the same file as " + other);
      }
    }
  }

  private static InvalidJobException refused(Path given, String why) {
    return new InvalidJobException("the log file " + given + " " + why);
  }

  /** Appends a line. */
  void write(Level level, String text) {
    if (stream == null) {
      return;
    }
    String line =
        clock.instant().truncatedTo(ChronoUnit.MILLIS)
            + process
            + level
            + " "
            + Text.withoutControls(text)
            + "\n";
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
    write(Level.INFO, "skipped " + Text.path(path) + " (" + Text.printable(why) + ")");
  }

  @Override
  public void leftAlone(Path path, String why) {
    write(Level.INFO, "skipped " + Text.path(path) + " (" + Text.printable(why) + ")");
  }

  @Override
  public void deleted(Path path, Kind kind) {
    if (stream != null) {
      write(Level.INFO, "deleted " + Text.path(path));
    }
  }

  @Override
  public void failed(Failure failure) {
    write(
        Level.ERROR,
        "failed " + Text.path(failure.path()) + ": " + Text.printable(failure.error()));
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
