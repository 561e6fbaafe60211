package dev.mtb.cli;

import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpFactory;
import picocli.CommandLine.Model.CommandSpec;

/** The help of a command, with its options in groups. */
final class GroupedHelp extends Help {
  private GroupedHelp(CommandSpec command, ColorScheme colors) {
    super(command, colors);
  }

  // A named class, not a lambda: see Main.
  /** Makes it when help is asked for. */
  static final class Factory implements IHelpFactory {
    @Override
    public Help create(CommandSpec command, ColorScheme colors) {
      return new GroupedHelp(command, colors);
    }
  }

  @Override
  public String optionList() {
    if (!OptionGroup.areOf(commandSpec())) {
      return super.optionList();
    }
    StringBuilder text = new StringBuilder();
    for (OptionGroup group : OptionGroup.values()) {
      // Laid out for all options, so that the columns of all groups stand below each other.
      Layout layout = createDefaultLayout();
      layout.addOptions(group.of(commandSpec()), parameterLabelRenderer());
      String options = layout.toString();
      if (!options.isEmpty()) {
        text.append(String.format("%n%s:%n", group.title())).append(options);
      }
    }
    return text.toString();
  }
}
