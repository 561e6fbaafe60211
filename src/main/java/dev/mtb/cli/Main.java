package dev.mtb.cli;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.mtb.cli.startup.Preload;
import dev.mtb.cli.startup.RawArguments;
import dev.mtb.cli.text.ProgramVersion;
import dev.mtb.cli.text.Text;
import dev.mtb.cli.watch.Logging;
import dev.mtb.cli.watch.Snapshot;
import dev.mtb.cli.watch.TerminalStream;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code mtb} command, and its small subcommands. */
@Command(
    name = "mtb",
    description = "Backs up files to an S3 bucket mounted with S3FS, with many threads.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
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
    addMethodSubcommands = false)
public final class Main implements Runnable {
  static final int EXIT_INTERNAL = 1;
  static final int EXIT_USAGE = 2;

  /**
   * The subcommands that work on a backup, by name. Only the one that is asked for is made: picocli
   * needs longer to read the annotations of all of them than a round trip takes.
   */
  private static final ImmutableMap<String, BiFunction<PrintStream, PrintStream, Callable<Integer>>>
      COMMANDS =
          ImmutableMap.of(
              "backup", BackupCommand::new,
              "restore", RestoreCommand::new,
              "verify", VerifyCommand::new,
              "ls", ListCommand::new,
              "doctor", DoctorCommand::new,
              "init", InitCommand::new,
              "status", StatusCommand::new);

  /** Commands that touch the destination as soon as they begin. */
  private static final ImmutableSet<String> PRELOADED =
      ImmutableSet.of("backup", "restore", "verify", "ls");

  private final PrintStream out;

  @Spec private CommandSpec spec;

  private Main(PrintStream out) {
    this.out = out;
  }

  /**
   * Runs the command and ends the process.
   *
   * @param args from the command line
   */
  public static void main(String[] args) {
    // First of all: a signal without a handler ends the process.
    Snapshot.answerSignals();
    // The log backend and the JVM print there.
    System.setErr(TerminalStream.of(System.err));
    int code = start(args, System.out, System.err);
    System.out.flush();
    System.err.flush();
    // A thread may hang in the kernel, on a dead mount: the process ends without waiting for it.
    Runtime.getRuntime().halt(code);
  }

  /** Runs the command line of the process. */
  static int start(String[] args, PrintStream out, PrintStream err) {
    String[] recovered = RawArguments.recover(args);
    Logging.configure(recovered);
    // The doctor, which init calls, must not touch a mount before it knows that the mount answers:
    // the kernel keeps a process that waits for a dead mount.
    if (args.length > 1 && PRELOADED.contains(args[0])) {
      Preload.start(recovered);
    }
    return run(recovered, out, err);
  }

  /**
   * Runs the command.
   *
   * @param args in the form of {@link RawArguments}
   * @return the exit code
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
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
    if (args.length == 0 || !COMMANDS.containsKey(args[0])) {
      CommandLine root = new CommandLine(new Main(out));
      COMMANDS.forEach((name, command) -> root.addSubcommand(name, command.apply(out, err)));
      root.getCommandSpec().addMethodSubcommands();
      return execute(root, args, out, err);
    }
    Callable<Integer> command = command(args[0], out, err);
    String[] rest = Arrays.copyOfRange(args, 1, args.length);
    if (command instanceof JobCommand job) {
      job.optionsFrom(OptionsFile.named(rest));
    }
    try {
      rest = OptionsFile.expand(rest);
    } catch (InvalidJobException e) {
      err.println("mtb: " + Text.printable(e.getMessage()));
      if (command instanceof JobCommand job) {
        job.refused(e.getMessage());
      }
      return EXIT_USAGE;
    }
    return execute(new CommandLine(command), rest, out, err);
  }

  static Callable<Integer> command(String name, PrintStream out, PrintStream err) {
    return Objects.requireNonNull(COMMANDS.get(name), name).apply(out, err);
  }

  private static int execute(CommandLine command, String[] args, PrintStream out, PrintStream err) {
    command.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    command.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    command.setParameterExceptionHandler(new Misuse());
    command.setExecutionExceptionHandler(new Defect(err));
    return configured(command, System.getenv()).execute(args);
  }

  /** Says how the words of a command line are read. */
  static CommandLine configured(CommandLine command, Map<String, String> environment) {
    return command
        .setExpandAtFiles(false)
        .setDefaultValueProvider(new EnvironmentDefaults(environment))
        .setHelpFactory(new OptionGroup.HelpFactory())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Path.class, new Converters.Paths())
        .registerConverter(URI.class, new Converters.Urls())
        .registerConverter(Duration.class, new Converters.Durations());
  }

  // Named classes, not lambdas: the launcher's archive of classes takes no lambda of an interface
  // that was compiled for Java 5, as picocli's are, nor then anything else that implements it.

  /** Reports wrong usage. */
  private static final class Misuse implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] args) {
      PrintWriter err = e.getCommandLine().getErr();
      String message = Suggestions.message(e);
      err.println("mtb: " + Text.printable(message));
      String name = e.getCommandLine().getCommandName();
      err.println("Try '" + (name.equals("mtb") ? name : "mtb " + name) + " --help'.");
      if (e.getCommandLine().getCommand() instanceof JobCommand job) {
        job.refused(message);
      }
      return EXIT_USAGE;
    }
  }

  /** Reports a defect of MTB. */
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

  /** The version, for picocli. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {ProgramVersion.text()};
    }
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "no command given; the commands are "
            + String.join(", ", spec.commandLine().getSubcommands().keySet()));
  }

  @Command(
      name = "help",
      mixinStandardHelpOptions = true,
      description = "Prints the help of a command, or without one the list of commands.")
  int help(
      @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command.")
          String command) {
    CommandLine root = spec.commandLine();
    CommandLine wanted = command == null ? root : root.getSubcommands().get(command);
    if (wanted == null) {
      throw Suggestions.unknownCommand(root, command);
    }
    wanted.usage(root.getOut());
    return 0;
  }

  @Command(name = "version", mixinStandardHelpOptions = true, description = "Prints the version.")
  int printVersion() {
    spec.commandLine().printVersionHelp(spec.commandLine().getOut());
    return 0;
  }

  /** The shells that {@code mtb completion} knows. */
  enum Shell {
    BASH,
    ZSH
  }

  @Command(
      name = "completion",
      mixinStandardHelpOptions = true,
      description = "Prints a script that completes options as you type.",
      footer = {
        "%nFor bash: mtb completion bash > /etc/bash_completion.d/mtb",
        "For zsh, in ~/.zshrc: source <(mtb completion zsh)"
      })
  int completion(
      @Parameters(
              paramLabel = "bash|zsh",
              converter = Converters.Shells.class,
              completionCandidates = Converters.Shells.class,
              description = "The shell.")
          Shell shell) {
    // One script for both: in zsh it uses zsh's emulation of bash's completion.
    String script = AutoComplete.bash("mtb", spec.commandLine());
    out.print(shell == Shell.ZSH ? "autoload -Uz compinit && compinit\n" + script : script);
    return 0;
  }

  @Command(
      name = "man",
      mixinStandardHelpOptions = true,
      description = "Prints the manual page, in the format of man(7).",
      footer = {
        "%nTo read it:    mtb man | man -l -",
        "To install it: mtb man > /usr/local/share/man/man1/mtb.1"
      })
  int man() {
    out.print(new ManPage(spec).text());
    return 0;
  }
}
