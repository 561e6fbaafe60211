package dev.mtb.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Defaults of options from the environment. */
final class EnvironmentDefaults implements IDefaultValueProvider {
  /** For help and manual. */
  static final String RULE =
      "Each option has a variable of the environment that gives its default: MTB_THREADS for"
          + " --threads, MTB_ENDPOINT_URL for --endpoint-url, and 'true' for an option without a"
          + " value. What stands on the command line goes before.";

  private final Map<String, String> environment;

  EnvironmentDefaults(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
      return null;
    }
    String value = environment.get(variable(option));
    return value == null || value.isEmpty() ? null : value;
  }

  /** The variables that are set for options of a command, with their values. */
  static Map<String, String> inUse(CommandSpec command, Map<String, String> environment) {
    Map<String, String> used = new LinkedHashMap<>();
    for (OptionSpec option : command.options()) {
      String variable = variable(option);
      String value = environment.getOrDefault(variable, "");
      if (!value.isEmpty()) {
        used.put(variable, value);
      }
    }
    return used;
  }

  /** The variable of an option, named by the first of its long names. */
  static String variable(OptionSpec option) {
    String name =
        Arrays.stream(option.names()).filter(n -> n.startsWith("--")).findFirst().orElse("");
    return "MTB_" + name.replaceFirst("^--", "").toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
