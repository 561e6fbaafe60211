package dev.mtb.cli;

import dev.mtb.Mtb;
import dev.mtb.cli.startup.Preload;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupItem;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.ListJob;
import dev.mtb.job.ListListener;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Concurrency;
import dev.mtb.options.Waiting;
import dev.mtb.store.FileVersion;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mtb ls}. */
@Command(
    name = "ls",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Shows what is in a backup, sorted, with paths as restore takes them. Without --long the"
            + " names in a bucket come from its lists, which tell no link from a file.",
    customSynopsis = "mtb ls [OPTIONS] BACKUP [PATH...]",
    footer = {"", EnvironmentDefaults.RULE, "", OptionsFile.RULE},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:everything that was asked for is listed",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the backup cannot be used: missing, not mounted, lost during the run",
      "23:a path is not in the backup, or something could not be read",
      "24:some files vanished while they were listed; nothing else went wrong",
      "130:interrupted"
    })
@SuppressWarnings("unused") // Logging reads --verbose and --quiet before options are parsed.
final class ListCommand implements Callable<Integer> {
  private final PrintStream out;
  private final PrintStream err;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "BACKUP [PATH...]",
      arity = "0..*",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description =
          "The directory that holds the backup, or s3://BUCKET/PREFIX; and files and directories in"
              + " it, relative to it (none: what is directly in it).")
  private List<String> paths = new ArrayList<>();

  @Mixin private final DestinationOptions place = new DestinationOptions();

  @Option(
      names = {"-l", "--long"},
      description =
          "Show mode, owner and group, size, time of modification, and the target of a link; in a"
              + " bucket this costs a request for each file.")
  private boolean details;

  @Option(
      names = {"-R", "--recursive"},
      description = "List everything below the directories.")
  private boolean recursive;

  @Option(names = "--as-of", paramLabel = "TIME", description = Moments.AS_OF)
  private String asOf;

  @Option(
      names = "--versions",
      description =
          "List all versions that a bucket keeps of each path and of all below it, with the time"
              + " since when it was there, as --as-of takes it; with -l their ids, too.")
  private boolean versions;

  @Option(
      names = "--json",
      description =
          "Print a JSON object on a line of its own for each name, with what is known of it.")
  private boolean json;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      defaultValue = "" + Concurrency.DEFAULT_THREADS,
      description = "Threads that ask for lists and files.")
  private int threads;

  @Option(
      names = "--retries",
      paramLabel = "N",
      defaultValue = "" + Waiting.DEFAULT_RETRIES,
      description = "How often a request is sent again that failed for a reason that may pass.")
  private int retries;

  @Option(
      names = {"-v", "--verbose"},
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Tell more of what is done; twice: still more.")
  private boolean[] verbose = {};

  @Option(
      names = {"-q", "--quiet"},
      description = "Tell about failures only.")
  private boolean quiet;

  ListCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    try {
      return list(job());
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), OptionNames.inFlags(e.getMessage()), e);
    }
  }

  private ListJob job() {
    if (paths.isEmpty()) {
      throw new InvalidJobException("give the backup to list");
    }
    PlaceArgument backup = place.parse(paths.get(0), "backup", spec);
    if (backup.bucket().isPresent()) {
      place.checkPasswdFile();
    }
    ListJob.Builder job =
        ListJob.builder()
            .recursive(recursive)
            .versions(versions)
            .details(details)
            .options(
                BackupOptions.builder()
                    .threads(threads)
                    .connection(c -> place.connection())
                    .waiting(w -> w.withRetries(retries))
                    .build());
    backup.bucket().ifPresentOrElse(job::from, () -> job.from(backup.directory()));
    Optional.ofNullable(asOf).map(Moments::asOf).ifPresent(job::asOf);
    paths.subList(1, paths.size()).forEach(name -> job.path(PathBytes.parse(name)));
    return job.build();
  }

  private int list(ListJob job) {
    Preload.await();
    ItemLines lines = new ItemLines(out, form());
    try (Interrupts interrupts = Interrupts.install()) {
      BackupReport report =
          Mtb.list(
              job,
              new ListListener() {
                @Override
                public void found(BackupItem item) {
                  lines.print(item);
                }

                @Override
                public void version(FileVersion version) {
                  lines.print(version);
                }

                @Override
                public void failed(Failure failure) {
                  print(failure);
                }
              });
      report.fatal().ifPresent(why -> err.println("mtb: " + Text.message(why)));
      interrupts.finished(report.exitCode());
      return report.exitCode();
    } catch (ItemLines.ClosedException e) {
      // The reader has seen enough, as head(1) does.
      return 0;
    } finally {
      out.flush();
      err.flush();
    }
  }

  private ItemLines.Form form() {
    return json ? ItemLines.Form.JSON : details ? ItemLines.Form.LONG : ItemLines.Form.NAMES;
  }

  private void print(Failure failure) {
    err.println("mtb: " + Text.path(failure.path()) + ": " + Text.message(failure.error()));
  }
}
