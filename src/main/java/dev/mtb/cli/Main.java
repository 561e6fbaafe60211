package dev.mtb.cli;

import com.google.common.base.Throwables;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code mtb} command. */
@Command(
    name = "mtb",
    description = "Backs up files to an S3 bucket mounted with S3FS, with many threads.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:everything is done",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the destination cannot be used: missing, not mounted, lost during the run",
      "23:some files could not be backed up or restored, or differ, or a report or manifest could"
          + " not be written",
      "24:some files vanished or kept changing; nothing else went wrong",
      "25:there is more to delete than --max-delete allows; nothing was deleted",
      "130:interrupted; what was in flight was finished or undone"
    },
    footer = "%n'mtb help COMMAND' shows the options of a command.",
    subcommands = {
      BackupCommand.class,
      RestoreCommand.class,
      VerifyCommand.class,
      DoctorCommand.class,
      HelpCommand.class,
      VersionCommand.class,
      CompletionCommand.class,
      ManCommand.class
    })
public final class Main implements Runnable {
  static final int EXIT_INTERNAL = 1;
  static final int EXIT_USAGE = 2;

  @Spec private CommandSpec spec;

  private Main() {}

  /**
   * Runs the command and ends the process.
   *
   * @param args from the command line
   */
  public static void main(String[] args) {
    // The log's backend writes there, and whatever in the JVM has something to say.
    System.setErr(TerminalStream.of(System.err));
    int code = start(args, System.out, System.err);
    System.out.flush();
    System.err.flush();
    // Something may hang in the kernel, on a mount that died: end without waiting for it.
    Runtime.getRuntime().halt(code);
  }

  /** Runs the command, as it was typed. */
  static int start(String[] args, PrintStream out, PrintStream err) {
    String[] recovered = RawArguments.recover(args);
    Logging.configure(recovered);
    Preload.start(recovered);
    return run(recovered, out, err);
  }

  /**
   * Runs the command.
   *
   * @param args in the form of {@link RawArguments}
   * @param out standard output
   * @param err standard error
   * @return the exit code
   */
  static int run(String[] args, PrintStream out, PrintStream err) {
    try {
      return runSafely(args, out, TerminalStream.of(err));
    } catch (OutOfMemoryError e) {
      return outOfMemory(err);
    }
  }

  private static int outOfMemory(PrintStream err) {
    err.println(
        "mtb: out of memory: each entry of the lists takes some 40 bytes, and each directory that"
            + " is compared some for each of its files; give the JVM more (java -Xmx2g -jar ...)");
    return EXIT_INTERNAL;
  }

  private static int runSafely(String[] args, PrintStream out, PrintStream err) {
    CommandFactory commands = new CommandFactory(out, err);
    Object subcommand = args.length == 0 ? null : commands.named(args[0]);
    if (subcommand != null) {
      // Reading the annotations of all commands takes longer than a round trip; one will do.
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      try {
        if (subcommand instanceof JobCommand job) {
          job.optionsFrom(OptionsFile.named(rest));
        }
        rest = OptionsFile.expand(rest);
      } catch (InvalidJobException e) {
        err.println("mtb: " + Text.printable(e.getMessage()));
        return EXIT_USAGE;
      }
      return execute(new CommandLine(subcommand, commands), rest, out, err);
    }
    return execute(new CommandLine(new Main(), commands), args, out, err);
  }

  private static int execute(CommandLine command, String[] args, PrintStream out, PrintStream err) {
    command.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    command.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    command.setExpandAtFiles(false);
    command.setDefaultValueProvider(new EnvironmentDefaults(System.getenv()));
    command.setHelpFactory(new GroupedHelp.Factory());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setParameterExceptionHandler(new Misuse());
    command.setExecutionExceptionHandler(new Defect(err));
    return command.execute(args);
  }

  // Named classes, not lambdas: the launcher's archive of classes takes no lambda of an interface
  // that was compiled for Java 5, as picocli's are, nor then anything else that implements it.

  /** Wrong usage. */
  private static final class Misuse implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] args) {
      PrintWriter err = e.getCommandLine().getErr();
      err.println("mtb: " + Text.printable(Suggestions.message(e)));
      String name = e.getCommandLine().getCommandName();
      err.println("Try '" + (name.equals("mtb") ? name : "mtb " + name) + " --help'.");
      return EXIT_USAGE;
    }
  }

  /** What should not happen. */
  private static final class Defect implements IExecutionExceptionHandler {
    private final PrintStream err;

    Defect(PrintStream err) {
      this.err = err;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
      if (Throwables.getRootCause(e) instanceof OutOfMemoryError) {
        return outOfMemory(err);
      }
      err.println(
          "mtb: internal error: "
              + Text.printable(ErrorText.of(e))
              + "; this is a defect of MTB: please report it, with the lines below");
      e.printStackTrace(err);
      return EXIT_INTERNAL;
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }
}
