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
import dev.mtb.model.Format;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        "Tells of each backup when it ran last, when it last succeeded, what failed, and when it"
            + " runs next. It reads what runs of this user have remembered, and asks no bucket.",
    customSynopsis = "mtb status [OPTIONS] [DESTINATION...]",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:the last run of each backup that has a file of options, and of each DESTINATION, succeeded",
      " 1:an internal error",
      " 2:wrong usage",
      "23:one of them failed, was killed, or has never run"
    })
final class StatusCommand implements Callable<Integer> {
  private static final int EXIT_FAILED = 23;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private final PrintStream out;
  private final boolean isRoot = ProcessIdentity.read().isRoot();

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DESTINATION",
      arity = "0..*",
      description = "Tell of backups to these destinations only (default: of all).")
  private List<String> destinations = new ArrayList<>();

  @Option(
      names = "--config-dir",
      paramLabel = "DIR",
      description =
          "Where the files of options are (default: /etc/mtb; for users other than root"
              + " ~/.config/mtb).")
  private Path configDirectory;

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
      Optional<String> next) {
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
    RunRecords records = RunRecords.in(StateDirectory.of(BackupOptions.builder().build()));
    List<Backup> backups = new ArrayList<>();
    for (Path file : optionsFiles()) {
      backups.add(ofFile(file, records));
    }
    for (RunRecord record : records.all()) {
      if (record.optionsFile().isEmpty()) {
        backups.add(
            new Backup(
                record.destination(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(record),
                Optional.empty()));
      }
    }
    List<String> wanted = destinations.stream().map(this::destination).toList();
    boolean areAllGood =
        backups.stream()
                .filter(b -> b.optionsFile.isPresent() || wanted.contains(b.destination))
                .filter(b -> wanted.isEmpty() || wanted.contains(b.destination))
                .allMatch(Backup::isGood)
            && wanted.stream()
                .allMatch(w -> backups.stream().anyMatch(b -> b.destination.equals(w)));
    backups.removeIf(b -> !wanted.isEmpty() && !wanted.contains(b.destination));
    for (String name : wanted) {
      if (backups.stream().noneMatch(b -> b.destination.equals(name))) {
        backups.add(
            new Backup(
                name, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
      }
    }
    if (json) {
      printJson(backups);
    } else if (backups.isEmpty()) {
      out.println("no backup is known; mtb init sets one up");
    } else {
      backups.forEach(this::print);
    }
    out.flush();
    return areAllGood ? 0 : EXIT_FAILED;
  }

  private String destination(String text) {
    try {
      PlaceArgument place = PlaceArgument.parse(text, "destination");
      return place.bucket().map(S3Location::toString).orElseGet(() -> absolute(text));
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private static String absolute(String text) {
    return PathBytes.toText(PathBytes.parse(text).toAbsolutePath().normalize());
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

  private Backup ofFile(Path file, RunRecords records) {
    Optional<RunRecord> last = records.find("", file.toString());
    Optional<String> next = Timers.of(isRoot).next("mtb@" + BackupSetup.nameOf(file) + ".timer");
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
        file ->
            line(
                "next run",
                backup.next.orElse(
                    "not known: mtb@" + BackupSetup.nameOf(file) + ".timer is not enabled")));
  }

  private void line(String what, String text) {
    out.println(String.format("  %-12s  %s", what, text));
  }

  private static String inWords(RunRecord run) {
    String began = time(run.began());
    return switch (run.state()) {
      case SUCCEEDED, FAILED ->
          began
              + ", took "
              + Format.duration(Duration.between(run.began(), run.ended().orElseThrow()))
              + ", exit code "
              + run.exitCode().orElseThrow()
              + ": "
              + Text.printable(run.summary());
      case RUNNING -> began + ", still running";
      case NOT_ENDED -> began + ", did not end: it was killed, or the machine went down";
    };
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
      node.put("good", backup.isGood());
      backup.last.ifPresent(run -> putRun(node.putObject("lastRun"), run));
      backup
          .last
          .flatMap(RunRecord::lastSuccess)
          .ifPresent(at -> node.put("lastSuccess", at.toString()));
      backup.next.ifPresent(at -> node.put("nextRun", at));
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
