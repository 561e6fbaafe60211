package dev.mtb.cli;

import com.google.common.base.Ticker;
import com.google.common.collect.ImmutableList;
import dev.mtb.cli.report.Reports;
import dev.mtb.cli.report.Subject;
import dev.mtb.cli.setup.RunRecords;
import dev.mtb.cli.startup.Preload;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.cli.text.Text;
import dev.mtb.cli.watch.FailureLines;
import dev.mtb.cli.watch.JsonEvents;
import dev.mtb.cli.watch.Listeners;
import dev.mtb.cli.watch.LogFile;
import dev.mtb.cli.watch.Logging;
import dev.mtb.cli.watch.Progress;
import dev.mtb.cli.watch.ResultLines;
import dev.mtb.cli.watch.Snapshot;
import dev.mtb.cli.watch.Watch;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Concurrency;
import dev.mtb.options.KeptAttributes;
import dev.mtb.options.Waiting;
import dev.mtb.scan.OutputCheck;
import dev.mtb.state.StateDirectory;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.slf4j.event.Level;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code backup}, {@code restore} and {@code verify} have in common. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    showDefaultValues = true,
    sortOptions = false,
    footer = {"", EnvironmentDefaults.RULE, "", OptionsFile.RULE},
    exitCodeListHeading = "%nExit codes:%n")
abstract class JobCommand implements Callable<Integer> {
  final PrintStream out;
  final PrintStream err;

  @Spec CommandSpec spec;

  @Option(
      names = {"-0", "--from0"},
      description = "The lists are NUL-separated, and nothing in them is a comment.")
  boolean from0;

  @Mixin final FilterOptions filters = new FilterOptions();

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description =
          "Copying threads (default: "
              + Concurrency.DEFAULT_THREADS
              + "; straight to or from a bucket up to "
              + Concurrency.DEFAULT_MOST_THREADS
              + ", as long as more are faster).")
  private Integer threads;

  @Option(
      names = "--checkers",
      paramLabel = "N",
      defaultValue = "" + Concurrency.DEFAULT_CHECKERS,
      description = "Comparing threads.")
  private int checkers;

  @Option(
      names = "--modify-window",
      paramLabel = "D",
      description =
          "Mtimes this close are equal, such as 1s or 500ms (default: as fine as both sides keep"
              + " them).")
  private Duration modifyWindow;

  @Option(
      names = "--no-owner",
      description = "Neither set nor compare the owner of files, for places that cannot keep it.")
  private boolean noOwner;

  @Option(names = "--no-group", description = "The same for the group.")
  private boolean noGroup;

  @Option(
      names = "--no-perms",
      description =
          "The same for permission bits; new files get what the destination gives to new files.")
  private boolean noPermissions;

  @Option(
      names = "--no-times",
      description =
          "Do not set times of modification. All files whose times differ are copied again in each"
              + " run; use it with --compare checksum.")
  private boolean noTimes;

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
  private final AfterRun after;

  JobCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
    after = new AfterRun(reports::onFailure, err);
  }

  /** Adds the options of one command. */
  abstract void addOptions(BackupOptions.Builder options);

  /** The results to print while the run goes on. */
  abstract ResultLines lines(PrintStream results);

  /** Whether there is to be a line for each file. */
  abstract boolean itemizes();

  /** The result in a few words. */
  abstract String summary(BackupReport report);

  /** Runs the command and returns its exit code. */
  abstract int start();

  @Override
  public final Integer call() {
    try {
      return start();
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), OptionNames.inFlags(e.getMessage()), e);
    } catch (RuntimeException | Error e) {
      after.refused(Main.EXIT_INTERNAL, "internal error: " + ErrorText.of(e));
      throw e;
    }
  }

  /**
   * The command line, or the job that it describes, is wrong.
   *
   * @param why the message that the user gets
   */
  final void refused(String why) {
    if (isRecorded() && !after.hasBegun() && optionsFile.isPresent()) {
      // The options were not understood, the place of the state and the destination among them.
      after.begin(
          RunRecords.in(StateDirectory.of(BackupOptions.builder().build())),
          "",
          optionsFile,
          /* waits= */ false);
    }
    after.refused(Main.EXIT_USAGE, why);
  }

  /** Whether the runs are those that {@code mtb status} tells of. */
  boolean isRecorded() {
    return false;
  }

  final BackupOptions.Builder options() {
    BackupOptions.Builder options =
        BackupOptions.builder()
            .concurrency(c -> threads == null ? c : c.withThreads(threads))
            .checkers(checkers)
            .attributes(new KeptAttributes(!noOwner, !noGroup, !noPermissions, !noTimes))
            .comparison(c -> c.withDigest(digest))
            .connection(c -> place.connection())
            .objectStyle(place::style)
            .waiting(w -> w.withRetries(retries))
            .filters(filters.filters(from0));
    if (modifyWindow != null) {
      options.comparison(c -> c.withModifyWindow(modifyWindow));
    }
    addOptions(options);
    return options;
  }

  /** Reads the place of the backup, and checks that its options fit it. */
  final PlaceArgument place(String text, String what) {
    PlaceArgument given = place.parse(text, what, spec);
    if (given.bucket().isPresent()) {
      place.checkPasswdFile();
    }
    return given;
  }

  /** Remembers the file that options were read from. */
  final void optionsFrom(Optional<Path> file) {
    optionsFile = file;
  }

  /** Files that were read to make the job, which does not know them. */
  List<Path> inputs() {
    return optionsFile.stream().toList();
  }

  /** Runs a task, shows its progress and reports it. */
  final int execute(Subject subject, Function<BackupListener, BackupReport> task) {
    watching.check(itemizes(), reports.useStandardOutput());
    Reports files = reports.check(subject, spec);
    List<Path> written = new ArrayList<>(files.paths());
    if (subject.options().manifest().isPresent()) {
      Path manifest = subject.options().manifest().get();
      // The run checks it against all that the job knows.
      OutputCheck.of(inputs(), List.of()).check("manifest", manifest, text -> true);
      written.add(manifest);
    }
    Preload.await();
    try (LogFile log = watching.log(subject, written, err)) {
      return execute(subject, task, files, log);
    } finally {
      Logging.keepIn(LogFile.NONE);
    }
  }

  private int execute(
      Subject subject, Function<BackupListener, BackupReport> task, Reports files, LogFile log) {
    Logging.keepIn(log);
    log.write(Level.INFO, spec.name() + subject.inWords() + " begins");
    Watch watch = new Watch(Ticker.systemTicker());
    Progress progress = watching.progress(quiet, err, watch);
    Optional<JsonEvents> events = watching.events(out, err);
    // Standard output may be JSON and nothing else.
    PrintStream results = reports.useStandardOutput() ? err : progress.beside(out);
    ResultLines lines = events.isPresent() ? events.get() : lines(results);
    if (isRecorded() && !subject.options().dryRun()) {
      RunRecords records = RunRecords.in(StateDirectory.of(subject.options()));
      boolean waits = !subject.options().waiting().lockWait().isZero();
      after.begin(records, subject.name(), optionsFile, waits);
    }
    FailureLines failures = new FailureLines(err, quiet ? -1 : verbose.length);
    try (progress;
        Snapshot snapshot = new Snapshot(watch, err);
        Interrupts interrupts = Interrupts.install()) {
      snapshot.begin();
      BackupReport report =
          task.apply(
              new Listeners(ImmutableList.of(watch, lines, failures, log, files.listener())));
      progress.close();
      lines.finish();
      int code = files.write(report, out, err);
      if (events.isPresent()) {
        code = events.get().summary(report, subject.name(), code);
      }
      report
          .fatal()
          .map(Text::message)
          .ifPresent(
              why -> {
                err.println("mtb: " + why);
                log.write(Level.ERROR, why);
              });
      String summary = summary(report);
      if (!quiet) {
        err.println("mtb: " + summary);
      }
      log.write(code == 0 ? Level.INFO : Level.ERROR, summary + "; exit code " + code);
      out.flush();
      err.flush();
      after.ended(code, report, subject.name(), summary, files.jsonFile());
      interrupts.finished(code);
      return code;
    } catch (RuntimeException | Error e) {
      String why =
          e instanceof InvalidJobException ? OptionNames.inFlags(e.getMessage()) : ErrorText.of(e);
      log.write(Level.ERROR, "given up: " + why);
      throw e;
    }
  }

  /** A part of a summary; empty if the count is zero. */
  static String part(long count, String what) {
    return count == 0 ? "" : ", " + count + " " + what;
  }

  /** What stands before the counts in a summary. */
  static String outcome(BackupReport report) {
    return switch (report.outcome()) {
      case OK -> "";
      case PARTIAL -> "INCOMPLETE: ";
      case FAILED -> "FAILED: ";
      case INTERRUPTED -> "INTERRUPTED: ";
    };
  }
}
