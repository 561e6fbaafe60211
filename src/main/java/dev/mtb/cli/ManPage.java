package dev.mtb.cli;

import dev.mtb.cli.text.ProgramVersion;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The manual page, made from the same texts as {@code --help}; see man(7) for the format. */
final class ManPage {
  private final CommandSpec root;
  private final StringBuilder text = new StringBuilder();

  ManPage(CommandSpec root) {
    this.root = root;
  }

  String text() {
    line(".TH MTB 1 \"\" \"" + escaped(ProgramVersion.text()) + "\"");
    section("NAME");
    line("mtb \\- " + escaped(join(root.usageMessage().description())));
    section("SYNOPSIS");
    for (CommandLine command : root.subcommands().values()) {
      line(".B " + escaped(synopsis(command.getCommandSpec())));
      line(".br");
    }
    section("DESCRIPTION");
    paragraph(root.usageMessage().description());
    for (CommandLine command : root.subcommands().values()) {
      command(command.getCommandSpec());
    }
    section("EXIT STATUS");
    root.usageMessage().exitCodeList().forEach((code, meaning) -> item(code.trim(), meaning));
    section("FILE OF OPTIONS");
    item("@FILE", OptionsFile.RULE);
    section("ENVIRONMENT");
    item("MTB_...", EnvironmentDefaults.RULE);
    item("MTB_STATE_DIR", "Where MTB keeps what it has to know from run to run.");
    return text.toString();
  }

  private static String synopsis(CommandSpec command) {
    String[] custom = command.usageMessage().customSynopsis();
    return custom.length > 0
        ? join(custom)
        : command.positionalParameters().stream()
            .limit(1)
            .map(parameter -> " " + parameter.paramLabel())
            .collect(Collectors.joining("", "mtb " + command.name(), ""));
  }

  private void command(CommandSpec command) {
    section("MTB " + command.name().toUpperCase(Locale.ROOT));
    paragraph(command.usageMessage().description());
    command
        .positionalParameters()
        .forEach(parameter -> item(parameter.paramLabel(), described(parameter.description())));
    if (!OptionGroup.areOf(command)) {
      command.options().forEach(this::option);
      return;
    }
    for (OptionGroup group : OptionGroup.values()) {
      List<OptionSpec> options = group.of(command);
      if (!options.isEmpty()) {
        line(".SS \"" + escaped(group.title()) + "\"");
        options.forEach(this::option);
      }
    }
  }

  private void option(OptionSpec option) {
    if (option.hidden()) {
      return;
    }
    String label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
    String names =
        Arrays.stream(option.names())
            .sorted(Comparator.comparing(String::length))
            .map(name -> name + label)
            .collect(Collectors.joining(", "));
    String candidates =
        option.completionCandidates() == null
            ? ""
            : String.join(", ", option.completionCandidates());
    String meaning =
        described(option.description()).replace("${COMPLETION-CANDIDATES}", candidates);
    boolean hasDefault = !label.isEmpty() && option.defaultValue() != null;
    // Without a full stop: the default of --base is one.
    item(names, hasDefault ? meaning + " Default: " + option.defaultValue() : meaning);
  }

  private static String described(String[] description) {
    return Ansi.OFF.string(String.format(join(description)));
  }

  private void section(String title) {
    line(".SH \"" + escaped(title) + "\"");
  }

  private void paragraph(String[] description) {
    line(".PP");
    line(escaped(String.format(join(description))));
  }

  private void item(String term, String meaning) {
    line(".TP");
    line(".B " + escaped(term));
    line(escaped(meaning));
  }

  private static String join(String[] lines) {
    return String.join(" ", lines);
  }

  /** In roff a backslash starts a command, a dash may become a hyphen, a dot begins a request. */
  private static String escaped(String plain) {
    String safe = plain.replace("\\", "\\e").replace("-", "\\-").strip();
    return safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe;
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
