package dev.mtb.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mtb.cli.setup.BackupSetup;
import dev.mtb.cli.setup.RunRecord;
import dev.mtb.cli.setup.RunRecords;
import dev.mtb.cli.setup.Timers;
import dev.mtb.cli.text.JsonText;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.cli.text.Text;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.state.StateDirectory;
import dev.mtb.store.ProcessIdentity;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mtb status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description =
        "Tells of each backup when it ran last, when it last succeeded, what failed, when it runs"
            + " next, and how earlier runs ended. It reads what runs of this user have remembered, and asks no bucket.",
    customSynopsis = "mtb status [OPTIONS] [NAME or DESTINATION...]",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:the last run of each backup that has a file of options (or of each that is named)"
          + " succeeded",
      " 1:an internal error",
      " 2:wrong usage",
      "23:one of them failed, was killed, has never run, or not within --max-age"
    })
final class StatusCommand implements Callable<Integer> {
  private static final int EXIT_FAILED = 23;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private final PrintStream out;
  private final boolean isRoot = ProcessIdentity.read().isRoot();

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NAME or DESTINATION",
      arity = "0..*",
      description =
          "Tell of these backups only, by the name of the file of options (without .conf) or by"
              + " the destination (default: of all that have a file of options).")
  private List<String> destinations = new ArrayList<>();

  @Option(
      names = "--config-dir",
      paramLabel = "DIR",
      description =
          "Where the files of options are (default: /etc/mtb; for users other than root"
              + " ~/.config/mtb).")
  private Path configDirectory;

  @Option(
      names = "--max-age",
      paramLabel = "D",
      description = "A last success longer ago than this, such as 26h, counts as a failure.")
  private Duration maxAge;

  @Option(
      names = "--all",
      description = "Tell also of backups whose options were typed; they do not count.")
  private boolean typed;

  @Option(names = "--json", description = "Print it as JSON.")
  private boolean json;

  /**
   * One backup.
   *
   * @param optionsFile empty for runs that were typed
   * @param problem with the file of options
   */
  private record Backup(
      String destination,
      Optional<Path> optionsFile,
      Optional<String> problem,
      Optional<RunRecord> last,
      Timers.Next next) {
    static Backup typed(RunRecord record) {
      return new Backup(
          record.destination(),
          Optional.empty(),
          Optional.empty(),
          Optional.of(record),
          Timers.Next.UNKNOWN);
    }

    static Backup unknown(String wanted, String destination) {
      return new Backup(
          wanted.indexOf('/') < 0 ? wanted : destination,
          Optional.empty(),
          Optional.of("there is no file of options of this name, and no run to it is remembered"),
          Optional.empty(),
          Timers.Next.UNKNOWN);
    }

    /** Whether its file of options has a name. */
    boolean isNamed(String name) {
      return optionsFile.map(BackupSetup::nameOf).filter(name::equals).isPresent();
    }

    boolean isGood() {
      return problem.isEmpty()
          && last.isPresent()
          && (last.get().state() == RunRecord.State.SUCCEEDED
              || (last.get().state() == RunRecord.State.RUNNING
                  && last.get().lastSuccess().isPresent()));
    }
  }

  StatusCommand(PrintStream out, PrintStream err) {
    this.out = out;
  }

  @Override
  public Integer call() throws IOException {
    List<Backup> all = backups();
    List<Backup> shown = new ArrayList<>();
    if (destinations.isEmpty()) {
      all.stream().filter(b -> typed || b.optionsFile.isPresent()).forEach(shown::add);
    }
    for (String wanted : destinations) {
      String destination = destination(wanted);
      List<Backup> found =
          all.stream().filter(b -> b.isNamed(wanted) || b.destination.equals(destination)).toList();
      shown.addAll(found.isEmpty() ? List.of(Backup.unknown(wanted, destination)) : found);
    }
    if (json) {
      printJson(shown);
    } else if (shown.isEmpty()) {
      out.println("no backup has been set up; mtb init does that, and --all shows typed runs");
    } else {
      shown.forEach(this::print);
    }
    out.flush();
    return shown.stream()
            .filter(b -> !destinations.isEmpty() || b.optionsFile.isPresent())
            .allMatch(this::isGood)
        ? 0
        : EXIT_FAILED;
  }

  /** Those that have a file of options, and those of which a run is remembered. */
  private List<Backup> backups() throws IOException {
    RunRecords records = RunRecords.in(StateDirectory.of(BackupOptions.builder().build()));
    List<Backup> backups = new ArrayList<>();
    Set<String> files = new HashSet<>();
    for (Path file : optionsFiles()) {
      files.add(PathBytes.toText(file));
      backups.add(ofFile(file, records.find("", PathBytes.toText(file))));
    }
    for (RunRecord record : records.all()) {
      if (record.optionsFile().isEmpty()) {
        backups.add(Backup.typed(record));
      } else if (!files.contains(record.optionsFile())) {
        Path file = PathBytes.parse(record.optionsFile());
        if (Files.exists(file)) {
          backups.add(ofFile(file, Optional.of(record)));
        }
      }
    }
    return backups;
  }

  private boolean isGood(Backup backup) {
    boolean isRecent =
        maxAge == null
            || backup
                .last
                .flatMap(RunRecord::lastSuccess)
                .filter(at -> at.plus(maxAge).isAfter(Instant.now()))
                .isPresent();
    return backup.isGood() && isRecent;
  }

  private String destination(String text) {
    try {
      PlaceArgument place = PlaceArgument.parse(text, "destination");
      return place
          .bucket()
          .map(S3Location::toString)
          .orElseGet(() -> PathBytes.toText(place.directory().toAbsolutePath().normalize()));
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private List<Path> optionsFiles() throws IOException {
    Path directory =
        configDirectory == null ? BackupSetup.defaultDirectory(isRoot) : configDirectory;
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory.toAbsolutePath())) {
      return files.filter(BackupSetup::isOptionsFile).sorted().toList();
    }
  }

  private Backup ofFile(Path file, Optional<RunRecord> last) {
    Timers.Next next = Timers.of(isRoot).next("mtb@" + BackupSetup.nameOf(file) + ".timer");
    try {
      BackupCommand command = new BackupCommand(out, out);
      String[] words = OptionsFile.expand(new String[] {"@" + PathBytes.toText(file)});
      Main.configured(new CommandLine(command), Map.of()).parseArgs(words);
      String destination = command.job(Map.of()).destinationName();
      return new Backup(destination, Optional.of(file), Optional.empty(), last, next);
    } catch (InvalidJobException | ParameterException e) {
      String destination = last.map(RunRecord::destination).orElse("");
      String problem = OptionNames.inFlags(ErrorText.of(e));
      return new Backup(destination, Optional.of(file), Optional.of(problem), last, next);
    }
  }

  private void print(Backup backup) {
    out.println(
        Text.printable(backup.destination)
            + backup.optionsFile.map(file -> " (" + Text.path(file) + ")").orElse(""));
    backup.problem.ifPresent(why -> line("problem", Text.printable(why)));
    line("last run", backup.last.map(StatusCommand::inWords).orElse("never"));
    backup
        .last
        .map(RunRecord::failures)
        .ifPresent(failures -> failures.forEach(failure -> line("", Text.printable(failure))));
    line(
        "last success",
        backup.last.flatMap(RunRecord::lastSuccess).map(StatusCommand::time).orElse("never"));
    backup.optionsFile.ifPresent(
        file -> line("next run", backup.next.at().orElseGet(() -> noNext(backup, file))));
    backup
        .last
        .map(RunRecord::earlier)
        .ifPresent(runs -> runs.forEach(run -> line("earlier", inWords(run))));
  }

  private static String noNext(Backup backup, Path file) {
    return backup.next.isKnown()
        ? "none: mtb@" + BackupSetup.nameOf(file) + ".timer is not enabled, or not started"
        : "not known: systemd does not answer";
  }

  private void line(String what, String text) {
    out.println(String.format("  %-12s  %s", what, text));
  }

  private static String inWords(RunRecord run) {
    String began = time(run.began());
    return switch (run.state()) {
      case SUCCEEDED, FAILED ->
          began
              + ", exit code "
              + run.exitCode().orElseThrow()
              + ": "
              + Text.printable(run.summary());
      case RUNNING -> began + ", still running";
      case NOT_ENDED -> began + ", did not end: it was killed, or the machine went down";
    };
  }

  private static String inWords(RunRecord.Earlier run) {
    return time(run.began())
        + (run.exitCode().isPresent()
            ? ", exit code " + run.exitCode().getAsInt() + ": " + Text.printable(run.summary())
            : ", did not end");
  }

  private static String time(Instant instant) {
    return TIME.format(instant.atZone(ZoneId.systemDefault()));
  }

  private void printJson(List<Backup> backups) throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ArrayNode all = mapper.createArrayNode();
    for (Backup backup : backups) {
      ObjectNode node = all.addObject().put("destination", JsonText.readable(backup.destination));
      backup.optionsFile.ifPresent(file -> node.put("optionsFile", file.toString()));
      backup.problem.ifPresent(why -> node.put("problem", JsonText.readable(why)));
      node.put("good", isGood(backup));
      backup.last.ifPresent(run -> putRun(node.putObject("lastRun"), run));
      backup
          .last
          .flatMap(RunRecord::lastSuccess)
          .ifPresent(at -> node.put("lastSuccess", at.toString()));
      backup.next.at().ifPresent(at -> node.put("nextRun", at));
    }
    out.println(JsonText.escaped(mapper.writeValueAsString(all)));
  }

  private static void putRun(ObjectNode node, RunRecord run) {
    node.put("state", Text.lower(run.state()).replace('_', ' '));
    node.put("startedAt", run.began().toString());
    run.ended().ifPresent(at -> node.put("endedAt", at.toString()));
    run.exitCode().ifPresent(code -> node.put("exitCode", code));
    node.put("summary", JsonText.readable(run.summary()));
    ArrayNode failures = node.putArray("failures");
    run.failures().forEach(failure -> failures.add(JsonText.readable(failure)));
  }
}
