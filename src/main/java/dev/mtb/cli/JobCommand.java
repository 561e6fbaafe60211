package dev.mtb.cli;

import com.google.common.io.ByteStreams;
import dev.mtb.Addressing;
import dev.mtb.BackupJob;
import dev.mtb.BackupListener;
import dev.mtb.BackupOptions;
import dev.mtb.BackupReport;
import dev.mtb.DigestAlgorithm;
import dev.mtb.ErrorText;
import dev.mtb.InvalidJobException;
import dev.mtb.PathBytes;
import dev.mtb.S3Location;
import dev.mtb.Via;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:everything is backed up",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the destination cannot be used: missing, not mounted, lost during the run",
      "23:some files could not be backed up, or the report could not be written",
      "24:some files vanished or kept changing; nothing else went wrong",
      "130:interrupted; what was in flight was finished or undone"
    })
abstract class JobCommand implements Callable<Integer> {
  private static final Path STANDARD_STREAM = Path.of("-");

  /**
   * What is not a file has no end that could be known. A list of a gibibyte names some ten million
   * files; remembering those takes half as much memory.
   */
  private static final long LONGEST_SPOOLED = 1L << 30;

  /** As if a file could not be backed up: something that was asked for is not there. */
  private static final int EXIT_WITHOUT_REPORT = 23;

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
  private List<String> paths = new ArrayList<>();

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
      defaultValue = "" + BackupOptions.DEFAULT_THREADS,
      description = "Copying threads.")
  private int threads;

  @Option(
      names = "--checkers",
      paramLabel = "N",
      defaultValue = "" + BackupOptions.DEFAULT_CHECKERS,
      description = "Comparing threads.")
  private int checkers;

  @Option(
      names = "--modify-window",
      paramLabel = "D",
      defaultValue = "1s",
      converter = DurationConverter.class,
      description = "Mtimes this close are equal, such as 1s or 500ms.")
  private Duration modifyWindow;

  @Option(
      names = "--digest",
      paramLabel = "ALGORITHM",
      defaultValue = "MD5",
      description =
          "What contents are compared by, and what a manifest lists: ${COMPLETION-CANDIDATES}.")
  private DigestAlgorithm digest;

  @Option(
      names = "--require-mount",
      description = "Refuse a destination that is not on a mounted S3FS.")
  private boolean requireMount;

  @Option(
      names = "--via",
      paramLabel = "auto|mount|bucket",
      defaultValue = "auto",
      description =
          "How a destination on a mounted S3FS is written to: straight to its bucket, through the"
              + " mount, or (auto) to the bucket if MTB understands how it is mounted.")
  private Via via;

  @Option(
      names = "--endpoint-url",
      paramLabel = "URL",
      converter = UriConverter.class,
      description = "Where the S3 service of an s3:// destination is, if it is not Amazon's.")
  private URI endpoint;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      description = "The region of an s3:// destination.")
  private String region;

  @Option(
      names = "--addressing-style",
      paramLabel = "auto|path|virtual",
      defaultValue = "auto",
      description =
          "Where the bucket's name stands in a request; auto: in the path with --endpoint-url, else"
              + " in the host.")
  private Addressing addressing;

  @Option(
      names = "--passwd-file",
      paramLabel = "FILE",
      converter = PathConverter.class,
      description =
          "A password file of s3fs with the credentials of an s3:// destination; without it they"
              + " are found as the AWS tools find them.")
  private Path passwdFile;

  @Option(
      names = "--retries",
      paramLabel = "N",
      defaultValue = "" + BackupOptions.DEFAULT_RETRIES,
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

  @Option(
      names = "--progress",
      paramLabel = "auto|always|never",
      defaultValue = "auto",
      description = "Show a progress bar; auto: if standard error is a terminal.")
  private ProgressMode progress;

  @Option(
      names = {"-v", "--verbose"},
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Tell more; twice: still more.")
  @SuppressWarnings("unused") // Logging takes it from the arguments before they are parsed.
  private boolean[] verbose = {};

  @Option(
      names = {"-q", "--quiet"},
      description = "Tell about failures only.")
  private boolean quiet;

  JobCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Options of one command only. */
  void addOptions(BackupOptions.Builder options) {}

  /** What is printed as it happens. */
  abstract BackupListener lines(PrintStream results);

  abstract BackupReport run(BackupJob job, BackupListener listener);

  /** The last line: how it went, in a few words. */
  abstract String summary(BackupReport report);

  @Override
  public final Integer call() throws IOException {
    Map<Path, Path> spooled = new HashMap<>();
    try {
      for (Path list : lists) {
        boolean isFile = Files.isRegularFile(list) || Files.isDirectory(list);
        if (list.equals(STANDARD_STREAM)) {
          spool(list, System.in, spooled);
        } else if (Files.exists(list) && !isFile) {
          spool(list, spooled);
        }
      }
      return execute(job(spooled));
    } catch (InvalidJobException e) {
      String message = e.getMessage();
      for (Map.Entry<Path, Path> list : spooled.entrySet()) {
        // Nobody knows the temporary file.
        message = message.replace(list.getValue().toString(), nameOf(list.getKey()));
      }
      throw new ParameterException(spec.commandLine(), message, e);
    } finally {
      for (Path file : spooled.values()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private BackupJob job(Map<Path, Path> spooled) {
    if (paths.isEmpty()) {
      throw new InvalidJobException("no destination given");
    }
    BackupOptions.Builder options =
        BackupOptions.builder()
            .threads(threads)
            .checkers(checkers)
            .modifyWindow(modifyWindow)
            .digest(digest)
            .requireMount(requireMount)
            .retries(retries)
            .filters(filters.filters(from0))
            .shard(shard.shard(from0, base))
            .via(via)
            .addressing(addressing);
    if (endpoint != null) {
      options.endpoint(endpoint);
    }
    if (region != null) {
      options.region(region);
    }
    if (passwdFile != null) {
      options.passwdFile(passwdFile);
    }
    addOptions(options);
    BackupJob.Builder job = BackupJob.builder().base(base).options(options.build());
    String destination = paths.get(paths.size() - 1);
    if (S3Location.isLocation(destination)) {
      job.destination(S3Location.parse(destination));
    } else {
      job.destination(path(destination));
    }
    paths.subList(0, paths.size() - 1).forEach(source -> job.source(path(source)));
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

  private static Path path(String text) {
    return PathBytes.resolve(Path.of(""), PathBytes.fromText(text));
  }

  private static String nameOf(Path list) {
    return list.equals(STANDARD_STREAM) ? "on standard input" : list.toString();
  }

  private static void spool(Path list, Map<Path, Path> spooled) {
    try (InputStream in = Files.newInputStream(list)) {
      spool(list, in, spooled);
    } catch (IOException e) {
      throw new InvalidJobException("the list " + list + " cannot be read: " + ErrorText.of(e), e);
    }
  }

  /** Lists are read twice, and standard input or a pipe can be read only once. */
  private static void spool(Path list, InputStream in, Map<Path, Path> spooled) {
    if (spooled.containsKey(list)) {
      return;
    }
    String name = nameOf(list);
    long copied;
    try {
      Path file = Files.createTempFile("mtb-list", ".txt");
      spooled.put(list, file);
      try (OutputStream out = Files.newOutputStream(file)) {
        copied = ByteStreams.limit(in, LONGEST_SPOOLED).transferTo(out);
      }
    } catch (IOException e) {
      throw new InvalidJobException(
          "the list " + name + " cannot be copied to a temporary file: " + ErrorText.of(e), e);
    }
    if (copied == LONGEST_SPOOLED) {
      throw new InvalidJobException(
          "the list " + name + " does not end after 1 GiB; give a list of that length as a file");
    }
  }

  private int execute(BackupJob job) {
    ReportFile reportFile = report == null ? null : ReportFile.check(report, job);
    boolean reportsToOutput = STANDARD_STREAM.equals(report);
    // Standard output then is one JSON document and nothing else.
    BackupListener lines = lines(reportsToOutput ? err : out);
    Progress bar = Progress.start(progress, quiet, err);
    int code;
    try (bar;
        Interrupts interrupts = Interrupts.install()) {
      BackupReport result = run(job, Listeners.all(lines, new FailureLines(err), bar));
      bar.close();
      code = writeReport(reportFile, result, job.destinationName());
      result.fatal().ifPresent(why -> err.println("mtb: " + Text.printable(why)));
      if (!quiet) {
        err.println(summary(result));
      }
      out.flush();
      err.flush();
      interrupts.finished(code);
    }
    return code;
  }

  /** Writes the report; a script that relies on one must not find an older one and a 0. */
  private int writeReport(ReportFile file, BackupReport result, String destination) {
    int code = result.exitCode();
    try {
      if (file != null) {
        file.write(result, destination, out);
      }
      return code;
    } catch (IOException e) {
      err.println(
          "mtb: the report "
              + Text.path(report)
              + " cannot be written, and whatever is there is an older one: "
              + Text.printable(ErrorText.of(e)));
      return code == 0 ? EXIT_WITHOUT_REPORT : code;
    }
  }
}
