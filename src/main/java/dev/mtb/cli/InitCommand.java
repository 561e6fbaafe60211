package dev.mtb.cli;

import dev.mtb.cli.report.ReportFile;
import dev.mtb.cli.setup.BackupSetup;
import dev.mtb.cli.setup.Installation;
import dev.mtb.cli.setup.OptionLines;
import dev.mtb.cli.setup.SystemdUnits;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.cli.text.Text;
import dev.mtb.cli.watch.TerminalSize;
import dev.mtb.doctor.Checkup;
import dev.mtb.doctor.Doctor;
import dev.mtb.job.BackupJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.S3Location;
import dev.mtb.place.OpenTree;
import dev.mtb.place.PlaceInfo;
import dev.mtb.scan.OutputCheck;
import dev.mtb.scan.SourceList;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ProcessIdentity;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code mtb init}. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description =
        "Sets up a backup: checks the destination as mtb doctor does, and writes a file of options"
            + " for mtb backup and units of systemd that run it every night. All options of mtb"
            + " backup may be given, and go into the file. Without a destination, on a terminal, it"
            + " asks.",
    customSynopsis = "mtb init [OPTIONS] [OPTIONS OF BACKUP] [SOURCE...] DESTINATION",
    footer = {"", OptionsFile.RULE},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:the files are written",
      " 1:an internal error",
      " 2:wrong usage, or a file is there already; nothing was written",
      "10:the destination cannot be used; nothing was written",
      "23:a file could not be written"
    })
final class InitCommand implements Callable<Integer> {
  private static final int EXIT_DESTINATION = 10;
  private static final int EXIT_NOT_WRITTEN = 23;
  private static final int STDIN = 0;
  private static final String END_OF_OPTIONS = "--";

  private final PrintStream out;
  private final PrintStream err;
  private final boolean isRoot = ProcessIdentity.read().isRoot();

  @Spec private CommandSpec spec;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "backup",
      description = "The name of the backup, for NAME.conf and mtb@NAME.timer (default: backup).")
  private String name;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      defaultValue = "02:15",
      description = "When it runs each day (default: 02:15).")
  private String time;

  @Option(
      names = "--config-dir",
      paramLabel = "DIR",
      description =
          "Where the file of options goes (default: /etc/mtb; for users other than root"
              + " ~/.config/mtb).")
  private Path configDirectory;

  @Option(
      names = "--unit-dir",
      paramLabel = "DIR",
      description =
          "Where the units go (default: /etc/systemd/system; for users other than root"
              + " ~/.config/systemd/user).")
  private Path unitDirectory;

  @Option(names = "--no-units", description = "Write no units of systemd.")
  private boolean noUnits;

  @Option(names = "--no-check", description = "Do not check the destination.")
  private boolean noCheck;

  @Option(names = "--force", description = "Replace files that an earlier mtb init has written.")
  private boolean force;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Print the files, and write none. The destination is checked without a probe.")
  private boolean dryRun;

  @Unmatched private List<String> words = new ArrayList<>();

  /** A file to write. */
  private record NewFile(ReportFile file, String text) {}

  InitCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    List<String> typed = spec.commandLine().getParseResult().originalArgs();
    int end = typed.indexOf(END_OF_OPTIONS);
    if (end >= 0) {
      // picocli has taken it away, and backup needs it.
      words.add(words.size() - (typed.size() - end - 1), END_OF_OPTIONS);
    }
    try {
      if (words.isEmpty() && TerminalSize.isTerminal(STDIN)) {
        return asked(new InitDialogue(System.in, err));
      }
      return init(files -> true);
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), OptionNames.inFlags(e.getMessage()), e);
    }
  }

  private int asked(InitDialogue dialogue) throws IOException {
    words = dialogue.words();
    name = dialogue.ask("A name for this backup", name);
    time = dialogue.ask("When, each day", time);
    return init(
        files -> {
          files.forEach((file, text) -> print(err, file, text));
          return dialogue.agrees("Write these files");
        });
  }

  private int init(Predicate<Map<Path, String>> confirmation) throws IOException {
    BackupSetup setup =
        new BackupSetup(
            name,
            absolute(configDirectory, BackupSetup.defaultDirectory(isRoot)),
            absolute(unitDirectory, BackupSetup.defaultUnits(isRoot)),
            isRoot);
    String timeOfDay = BackupSetup.timeOfDay(time);
    BackupCommand command = new BackupCommand(out, err);
    List<String> all = parse(command);
    BackupJob job = command.job(Map.of());
    OptionLines typed = OptionWords.lines(command.spec, all);
    checkOptions(typed);
    checkSources(job);
    Optional<PlaceInfo> place = job.directory().map(directory -> place(job, directory));
    OptionLines options =
        place.filter(PlaceInfo::isOnS3fs).isPresent() ? typed.with("--require-mount") : typed;

    Map<Path, String> texts = new LinkedHashMap<>();
    texts.put(setup.optionsFile(), setup.optionsText(options));
    if (!noUnits) {
      SystemdUnits units =
          new SystemdUnits(
              setup,
              Installation.command(InitCommand.class),
              options,
              place.map(info -> info.isOnS3fs() ? info.mountPoint() : info.path()),
              Optional.ofNullable(System.getenv("MTB_STATE_DIR")).filter(dir -> !dir.isEmpty()));
      texts.put(setup.units().resolve(setup.service()), units.service());
      texts.put(setup.units().resolve(setup.timer()), units.timer(timeOfDay));
    }
    if (!dryRun) {
      texts.keySet().forEach(this::refuseToReplace);
    }
    if (!noCheck && !isUsable(job)) {
      err.println("mtb: nothing was written; do what is said above, or give --no-check");
      return EXIT_DESTINATION;
    }
    // After the doctor has found that the destination answers: this looks at it.
    List<NewFile> files = dryRun ? List.of() : checked(texts, job);
    if (dryRun) {
      texts.forEach((file, text) -> print(out, file, text));
      return 0;
    }
    if (!confirmation.test(texts)) {
      err.println("mtb: nothing was written");
      return 0;
    }
    return write(files, setup, job);
  }

  private static void print(PrintStream stream, Path file, String text) {
    stream.println("--- " + Text.path(file));
    text.lines().map(Text::withoutControls).forEach(stream::println);
  }

  private static Path absolute(Path given, Path otherwise) {
    return (given == null ? otherwise : given).toAbsolutePath();
  }

  /** Options from the environment count, too: a nightly run does not have them. */
  private List<String> parse(BackupCommand command) {
    CommandLine line = Main.configured(new CommandLine(command), Map.of());
    List<String> all = new ArrayList<>();
    boolean isBucket = !words.isEmpty() && S3Location.isLocation(words.get(words.size() - 1));
    for (CommandLine.Model.OptionSpec option : command.spec.options()) {
      String value = System.getenv(EnvironmentDefaults.variable(option));
      boolean fits = isBucket || !DestinationOptions.OF_BUCKETS.contains(option.longestName());
      if (value != null && !value.isEmpty() && fits) {
        all.add(
            option.arity().max() > 0 ? option.longestName() + "=" + value : option.longestName());
      }
    }
    all.addAll(words);
    try {
      line.parseArgs(all.toArray(String[]::new));
    } catch (ParameterException e) {
      throw new ParameterException(spec.commandLine(), Suggestions.message(e), e);
    }
    if (line.isUsageHelpRequested() || line.isVersionHelpRequested() || words.isEmpty()) {
      throw new InvalidJobException("no destination given");
    }
    return all;
  }

  private static void checkOptions(OptionLines lines) {
    for (String option : List.of("--dry-run", "--quiet", "--itemize")) {
      if (lines.has(option)) {
        throw new InvalidJobException(option + " is for single runs, and not for every night");
      }
    }
  }

  /**
   * A backup may lack some of its sources later; one that lacks them at first is a mistake. So is a
   * destination inside a source.
   */
  private static void checkSources(BackupJob job) {
    for (BackupJob.ListFile list : job.lists()) {
      if (!Files.isReadable(list.file())) {
        throw new InvalidJobException(
            "the list " + list.file() + " cannot be read; write it first, one file a line");
      }
    }
    for (Path source : job.sources()) {
      if (!Files.exists(job.base().resolve(source))) {
        throw new InvalidJobException(
            "there is no " + job.base().resolve(source) + " to back up; correct the name");
      }
    }
    // By its name only: a mount that may hang is not looked at before the doctor has done that.
    List<Path> destination =
        job.directory().stream().map(path -> path.toAbsolutePath().normalize()).toList();
    SourceList unused = SourceList.read(job, OpenTree.ofThisMachine(job.base()), destination);
  }

  private static PlaceInfo place(BackupJob job, Path directory) {
    try {
      return PlaceInfo.of(directory.toAbsolutePath().normalize(), job.options());
    } catch (DestinationException e) {
      throw new InvalidJobException(e.getMessage(), e);
    }
  }

  private void refuseToReplace(Path file) {
    if (Files.exists(file) && !force) {
      throw new InvalidJobException(
          file + " is there already; give another --name, or --force to replace it");
    }
  }

  /** None may take the place of something else. */
  private List<NewFile> checked(Map<Path, String> texts, BackupJob job) throws IOException {
    OutputCheck outputs =
        OutputCheck.of(job, OpenTree.ofThisMachine(job.base()), job.options().filters().files());
    List<NewFile> files = new ArrayList<>();
    for (Map.Entry<Path, String> text : texts.entrySet()) {
      Path file = text.getKey();
      makeDirectory(file.getParent());
      boolean isUnit = SystemdUnits.isBeginning(text.getValue());
      Predicate<String> isOfKind = isUnit ? SystemdUnits::isBeginning : BackupSetup::isOptionsText;
      ReportFile checked =
          ReportFile.check(isUnit ? "unit" : "file of options", file, outputs, isOfKind);
      if (Files.exists(file) && !isOfKind.test(checked.older())) {
        throw new InvalidJobException(
            file + " was not written by mtb init, and is not replaced; give another --name");
      }
      files.add(new NewFile(checked.readableByAll(), text.getValue()));
    }
    return files;
  }

  private static void makeDirectory(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new InvalidJobException(
          "the directory " + directory + " cannot be made: " + ErrorText.of(e), e);
    }
  }

  private boolean isUsable(BackupJob job) throws IOException {
    Doctor doctor = new Doctor(job.options(), dryRun, Doctor.DEFAULT_LIMIT);
    FindingLines lines = new FindingLines(err);
    Checkup checkup =
        job.bucket().isPresent()
            ? doctor.examine(job.bucket().get(), lines::print)
            : doctor.examine(job.directory().orElseThrow(), lines::print);
    err.println(FindingLines.summary(checkup));
    return checkup.exitCode() == 0;
  }

  private int write(List<NewFile> files, BackupSetup setup, BackupJob job) {
    for (NewFile file : files) {
      int code = file.file().write(file::text, 0, out, err);
      if (code != 0) {
        return EXIT_NOT_WRITTEN;
      }
      out.println("wrote " + Text.path(file.file().path()));
    }
    out.println();
    out.println("The first backup:  mtb backup @" + Text.path(setup.optionsFile()));
    if (!noUnits && unitDirectory == null) {
      out.println("Every night:       " + setup.enableCommand());
    } else if (!noUnits) {
      out.println("Every night:       copy the units to " + BackupSetup.defaultUnits(isRoot));
      out.println("                   " + setup.enableCommand());
    }
    out.println("How it goes:       mtb status");
    TreeSet<String> variables = new TreeSet<>(System.getenv().keySet());
    variables.removeIf(variable -> !variable.startsWith("AWS_"));
    boolean usesThem =
        job.bucket().isPresent() && job.options().connection().passwdFile().isEmpty();
    if (usesThem && !variables.isEmpty() && !noUnits) {
      out.println();
      out.println(
          "The nightly run does not have the variables of this shell. If it needs them, write them to "
              + Text.path(setup.environmentFile())
              + " (NAME=VALUE, chmod 600), or give --passwd-file: "
              + String.join(", ", variables));
    }
    return 0;
  }
}
