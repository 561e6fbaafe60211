package dev.mtb.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mtb help}: the same as {@code mtb COMMAND --help}. */
@Command(
    name = "help",
    mixinStandardHelpOptions = true,
    description = "Prints the help of a command, or without one the list of commands.")
final class HelpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "COMMAND", arity = "0..1", description = "The command.")
  private String command;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    CommandLine wanted = command == null ? root : root.getSubcommands().get(command);
    if (wanted == null) {
      throw Suggestions.unknownCommand(root, command);
    }
    wanted.usage(wanted.getOut());
    return 0;
  }
}
