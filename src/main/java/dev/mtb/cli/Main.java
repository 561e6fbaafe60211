package dev.mtb.cli;

import com.google.common.base.Throwables;
import dev.mtb.InvalidJobException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code mtb} command. */
@Command(
    name = "mtb",
    description = "Backs up files to an S3 bucket mounted with S3FS, with many threads.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BackupCommand.class,
      VerifyCommand.class,
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
    String[] recovered = RawArguments.recover(args);
    Logging.configure(recovered);
    // The log's backend writes there, and whatever in the JVM has something to say.
    System.setErr(TerminalStream.of(System.err));
    Preload.start(recovered);
    Snapshot.answerSignals();
    int code = run(recovered, System.out, System.err);
    System.out.flush();
    System.err.flush();
    // Something may hang in the kernel, on a mount that died: end without waiting for it.
    Runtime.getRuntime().halt(code);
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
        "mtb: out of memory: each entry of the lists takes some 40 bytes, and each directory that is"
            + " compared some for each of its files; give the JVM more (java -Xmx2g -jar ...)");
    return EXIT_INTERNAL;
  }

  private static int runSafely(String[] args, PrintStream out, PrintStream err) {
    CommandFactory commands = new CommandFactory(out, err);
    Object subcommand = args.length == 0 ? null : commands.named(args[0]);
    if (subcommand != null) {
      // Reading the annotations of all commands takes longer than a round trip; one will do.
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      try {
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
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setParameterExceptionHandler(Main::misuse);
    command.setExecutionExceptionHandler(
        (e, cmd, parsed) -> {
          if (Throwables.getRootCause(e) instanceof OutOfMemoryError) {
            return outOfMemory(err);
          }
          err.println("mtb: internal error: " + e + " (this is a defect of MTB; please report it)");
          e.printStackTrace(err);
          return EXIT_INTERNAL;
        });
    return command.execute(args);
  }

  private static int misuse(ParameterException e, String[] args) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println("mtb: " + Text.printable(e.getMessage()));
    String name = e.getCommandLine().getCommandName();
    err.println("Try '" + (name.equals("mtb") ? name : "mtb " + name) + " --help'.");
    return EXIT_USAGE;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }
}
