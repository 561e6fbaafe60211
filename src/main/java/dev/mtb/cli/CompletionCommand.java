package dev.mtb.cli;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mtb completion}. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Prints a script that completes options as you type.",
    footer = {
      "%nFor bash: mtb completion bash > /etc/bash_completion.d/mtb",
      "For zsh, in ~/.zshrc: source <(mtb completion zsh)"
    })
final class CompletionCommand implements Callable<Integer> {
  enum Shell {
    BASH,
    ZSH
  }

  private final PrintStream out;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "bash|zsh",
      converter = EnumOption.Shells.class,
      completionCandidates = EnumOption.Shells.class,
      description = "The shell.")
  private Shell shell;

  CompletionCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    // One script: where it is run by zsh, it brings in zsh's emulation of bash's completion.
    String script = AutoComplete.bash("mtb", spec.root().commandLine());
    out.print(shell == Shell.ZSH ? "autoload -Uz compinit && compinit\n" + script : script);
    return 0;
  }
}
