package dev.mtb.cli;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code mtb man}. */
@Command(
    name = "man",
    mixinStandardHelpOptions = true,
    description = "Prints the manual page, in the format of man(7).",
    footer = {
      "%nTo read it:    mtb man | man -l -",
      "To install it: mtb man > /usr/local/share/man/man1/mtb.1"
    })
final class ManCommand implements Callable<Integer> {
  private final PrintStream out;

  @Spec private CommandSpec spec;

  ManCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    out.print(new ManPage(spec.root()).text());
    return 0;
  }
}
