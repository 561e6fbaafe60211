package dev.mtb.cli;

import dev.mtb.cli.report.JsonReport;
import dev.mtb.cli.text.OptionNames;
import dev.mtb.doctor.Checkup;
import dev.mtb.doctor.Doctor;
import dev.mtb.doctor.Finding;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Concurrency;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mtb doctor}. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    showDefaultValues = true,
    sortOptions = false,
    description =
        "Checks a destination and this machine, and says what to do: the mount and its options, the"
            + " credentials, the distance to the bucket, the clock, free space and so on. Writes"
            + " one small object, or file, with a temporary name, and deletes it.",
    customSynopsis = "mtb doctor [OPTIONS] DESTINATION",
    footer = {"", EnvironmentDefaults.RULE, "", OptionsFile.RULE},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:the destination can be used, maybe with warnings",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the destination cannot be used"
    })
final class DoctorCommand implements Callable<Integer> {
  private final PrintStream out;
  private final PrintStream err;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DESTINATION",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "The directory that holds, or is to hold, the backup, or s3://BUCKET/PREFIX.")
  private String destination;

  @Mixin private final DestinationOptions place = new DestinationOptions();

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "Copying threads that backups will have (default: as backups have by default).")
  private Integer threads;

  @Option(
      names = "--checkers",
      paramLabel = "N",
      defaultValue = "" + Concurrency.DEFAULT_CHECKERS,
      description = "Comparing threads that backups will have.")
  private int checkers;

  @Option(names = "--read-only", description = "Write nothing, not even the probe.")
  private boolean readOnly;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      defaultValue = "30s",
      description = "How long to wait for each check, such as 1m.")
  private Duration timeout;

  @Option(names = "--json", description = "Print the findings as JSON.")
  private boolean json;

  DoctorCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    try {
      return examine();
    } catch (InvalidJobException e) {
      throw new ParameterException(spec.commandLine(), OptionNames.inFlags(e.getMessage()), e);
    }
  }

  private int examine() throws IOException {
    PlaceArgument given = place.parse(destination, "destination", spec);
    BackupOptions options =
        BackupOptions.builder()
            .concurrency(c -> threads == null ? c : c.withThreads(threads))
            .checkers(checkers)
            .connection(c -> place.connection())
            .objectStyle(place::style)
            .build();
    Doctor doctor = new Doctor(options, readOnly, timeout);
    FindingLines lines = new FindingLines(out);
    Consumer<Finding> listener = json ? finding -> {} : lines::print;
    Checkup checkup =
        given.bucket().isPresent()
            ? doctor.examine(given.bucket().get(), listener)
            : doctor.examine(given.directory(), listener);
    if (json) {
      out.println(JsonReport.of(checkup, destination));
    }
    out.flush();
    err.println(FindingLines.summary(checkup));
    return checkup.exitCode();
  }
}
