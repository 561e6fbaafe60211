package dev.mtb.cli;

import com.google.common.base.Ticker;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Concurrency;
import dev.mtb.options.Waiting;
import dev.mtb.scan.OutputCheck;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.slf4j.event.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code backup} and {@code verify} have in common. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    showDefaultValues = true,
    sortOptions = false,
    footer = {"", EnvironmentDefaults.RULE, "", OptionsFile.RULE},
    exitCodeListHeading = "%nExit codes:%n")
abstract class JobCommand implements Callable<Integer> {
  private static final Path STANDARD_STREAM = Path.of("-");

  final PrintStream out;
  final PrintStream err;

  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "SOURCE... DESTINATION",
      arity = "0..*",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = {
        "Files and directories to back up, and last the directory that holds the backup, or"
            + " s3://BUCKET/PREFIX. With --files-from the sources may be left out."
      })
  List<String> paths = new ArrayList<>();

  @Option(
      names = {"-l", "--files-from"},
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "FILE",
      converter = PathConverter.class,
      description =
          "List of files and directories, one a line; lines that begin with # or ; are comments."
              + " '-' is standard input. Repeatable.")
  private List<Path> lists = new ArrayList<>();

  @Option(
      names = {"-0", "--from0"},
      description = "The lists are NUL-separated, and nothing in them is a comment.")
  private boolean from0;

  @Option(
      names = {"-b", "--base"},
      paramLabel = "DIR",
      defaultValue = ".",
      converter = PathConverter.class,
      description =
          "Relative entries are taken from here, and entries below it keep only their path"
              + " relative to it.")
  private Path base;

  @Mixin final FilterOptions filters = new FilterOptions();

  @Mixin private ShardOptions shard = new ShardOptions();

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      defaultValue = "" + Concurrency.DEFAULT_THREADS,
      description = "Copying threads.")
  private int threads;

  @Option(
      names = "--checkers",
      paramLabel = "N",
      defaultValue = "" + Concurrency.DEFAULT_CHECKERS,
      description = "Comparing threads.")
  private int checkers;

  @Option(
      names = "--modify-window",
      paramLabel = "D",
      converter = DurationConverter.class,
      description =
          "Mtimes this close are equal, such as 1s or 500ms (default: as fine as both sides keep"
              + " them).")
  private Duration modifyWindow;

  @Mixin private final AttributeOptions attributes = new AttributeOptions();

  @Option(
      names = "--digest",
      paramLabel = "ALGORITHM",
      defaultValue = "MD5",
      description =
          "What contents are compared by, and what a manifest lists: ${COMPLETION-CANDIDATES}.")
  private DigestAlgorithm digest;

  @Mixin private final DestinationOptions place = new DestinationOptions();

  @Option(
      names = "--retries",
      paramLabel = "N",
      defaultValue = "" + Waiting.DEFAULT_RETRIES,
      description =
          "How often an operation is tried again that failed for a reason that may pass, with"
              + " growing pauses.")
  private int retries;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      converter = PathConverter.class,
      description = "Write the run's report as JSON; '-' is standard output.")
  private Path report;

  @Mixin private final ReportOptions reports = new ReportOptions();

  @Mixin private final WatchOptions watching = new WatchOptions();

  @Option(
      names = {"-v", "--verbose"},
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description =
          "Tell more, also each file that is skipped and why; twice: still more, also what filters"
              + " leave out.")
  private boolean[] verbose = {};

  @Option(
      names = {"-q", "--quiet"},
      description = "Tell about failures only.")
  private boolean quiet;

  private Optional<Path> optionsFile = Optional.empty();

  JobCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Options of one command only. */
  void addOptions(BackupOptions.Builder options) {}

  /** What is printed as it happens. */
  abstract ResultLines lines(PrintStream results);

  /** Whether it is asked for a line for each file. */
  boolean itemizes() {
    return false;
  }

  /** For commands whose arguments are {@code SOURCE... DESTINATION}. */
  BackupReport run(BackupJob job, BackupListener listener) {
    throw new UnsupportedOperationException();
  }

  /** The last line: how it went, in a few words. */
  abstract String summary(BackupReport report);

  @Override
  public final Integer call() throws IOException {
    try (SpooledLists spooled = SpooledLists.of(lists)) {
      try {
        return start(spooled.copies());
      } catch (InvalidJobException e) {
        throw new InvalidJobException(spooled.withNames(e.getMessage()), e);
      }
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), OptionNames.inFlags(e.getMessage()), e);
    }
  }

  /**
   * Runs what was asked for.
   *
   * @param spooled copies of lists that can be read only once
   * @return the exit code
   */
  int start(Map<Path, Path> spooled) {
    BackupJob job = job(spooled);
    return execute(Subject.of(job, inputs()), listener -> run(job, listener));
  }

  /** What all commands have options for. */
  final BackupOptions options() {
    BackupOptions.Builder options =
        BackupOptions.builder()
            .threads(threads)
            .checkers(checkers)
            .attributes(attributes.kept())
            .comparison(c -> c.withDigest(digest))
            .connection(c -> place.connection())
            .waiting(w -> w.withRetries(retries))
            .filters(filters.filters(from0))
            .shard(shard.shard(from0, base));
    if (modifyWindow != null) {
      options.comparison(c -> c.withModifyWindow(modifyWindow));
    }
    addOptions(options);
    return options.build();
  }

  /** Reads the place of the backup, and whether its options fit it. */
  final PlaceArgument place(String text, String what) {
    PlaceArgument given = PlaceArgument.parse(text, what);
    DestinationOptions.check(given, spec);
    if (given.bucket().isPresent()) {
      place.checkPasswdFile();
    }
    return given;
  }

  private BackupJob job(Map<Path, Path> spooled) {
    if (paths.isEmpty()) {
      throw new InvalidJobException("no destination given");
    }
    BackupJob.Builder job = BackupJob.builder().base(base).options(options());
    PlaceArgument destination = place(paths.get(paths.size() - 1), "destination");
    destination
        .bucket()
        .ifPresentOrElse(job::destination, () -> job.destination(destination.directory()));
    paths.subList(0, paths.size() - 1).forEach(source -> job.source(PathBytes.parse(source)));
    for (Path list : lists) {
      Path file = spooled.getOrDefault(list, list);
      if (from0) {
        job.filesFrom0(file);
      } else {
        job.filesFrom(file);
      }
    }
    return job.build();
  }

  /** Notes the file that options were read from, if there is one. */
  final void optionsFrom(Optional<Path> file) {
    optionsFile = file;
  }

  /** Files that were read to make the job: it does not know them. */
  final List<Path> inputs() {
    return Stream.concat(optionsFile.stream(), shard.sizes().stream()).toList();
  }

  /** The run checks it against all that the job knows. */
  private void checkManifest(Path manifest) {
    OutputCheck.of(inputs(), List.of()).check("manifest", manifest, text -> true);
  }

  /** What is run. */
  interface Task {
    BackupReport run(BackupListener listener);
  }

  /** Runs a task, shows how it goes and reports it. */
  final int execute(Subject subject, Task task) {
    watching.check(itemizes(), report);
    ReportFile reportFile = report == null ? null : ReportFile.check(report, subject.outputs());
    ReportOptions.Reports more = reports.check(subject, spec, Optional.ofNullable(reportFile));
    List<Path> written = new ArrayList<>(more.files());
    subject.options().manifest().ifPresent(this::checkManifest);
    subject.options().manifest().ifPresent(written::add);
    if (report != null && !STANDARD_STREAM.equals(report)) {
      written.add(report);
    }
    try (LogFile log = watching.log(subject, written, err)) {
      return execute(subject, task, reportFile, more, log);
    } finally {
      Logging.keepIn(LogFile.NONE);
    }
  }

  private int execute(
      Subject subject, Task task, ReportFile reportFile, ReportOptions.Reports more, LogFile log) {
    String destination = subject.name();
    Logging.keepIn(log);
    log.write(Level.INFO, spec.name() + subject.inWords() + " begins");
    boolean reportsToOutput = STANDARD_STREAM.equals(report);
    Optional<JsonEvents> events = watching.events(out, err);
    Watch watch = new Watch(Ticker.systemTicker());
    Progress bar = watching.progress(quiet, err, watch);
    // Standard output may be JSON and nothing else.
    ResultLines lines =
        events.isPresent() ? events.get() : lines(reportsToOutput ? err : bar.beside(out));
    int code;
    try (bar;
        Snapshot snapshot = new Snapshot(watch, err);
        Interrupts interrupts = Interrupts.install()) {
      snapshot.begin();
      BackupReport result =
          OptionNames.inFlags(
              task.run(
                  Listeners.all(
                      watch,
                      lines,
                      new FailureLines(err, quiet ? -1 : verbose.length),
                      log,
                      more.listener())));
      bar.close();
      lines.finish();
      code = writeReport(reportFile, result, destination);
      code = more.write(result, code, out, err);
      if (events.isPresent()) {
        code = events.get().summary(result, destination, code);
      }
      result.fatal().ifPresent(why -> tell(log, Level.ERROR, Text.printable(why)));
      String summary = summary(result);
      if (!quiet) {
        err.println(summary);
      }
      String logged = summary.replaceFirst("^mtb: ", "") + "; exit code " + code;
      log.write(code == 0 ? Level.INFO : Level.ERROR, logged);
      out.flush();
      err.flush();
      interrupts.finished(code);
    } catch (RuntimeException | Error e) {
      String why =
          e instanceof InvalidJobException ? OptionNames.inFlags(e.getMessage()) : ErrorText.of(e);
      log.write(Level.ERROR, "given up: " + why);
      throw e;
    }
    return code;
  }

  private void tell(LogFile log, Level level, String message) {
    err.println("mtb: " + message);
    log.write(level, message);
  }

  private int writeReport(ReportFile file, BackupReport result, String destination) {
    int code = result.exitCode();
    return file == null
        ? code
        : file.write(() -> JsonReport.of(result, destination) + "\n", code, out, err);
  }
}
