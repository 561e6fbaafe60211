package dev.mtb.cli;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The groups in which the help and the manual page show options, in this order. picocli's own
 * groups would need an object for each group in each command.
 */
enum OptionGroup {
  /** Which files are meant. */
  WHAT(
      "What",
      "--files-from --from0 --base --exclude --include --exclude-from --include-from --filter"
          + " --exclude-caches --exclude-if-present --one-file-system --min-size --max-size"
          + " --newer-than --shard --shard-sizes"),
  /** Where they go. */
  WHERE(
      "Where",
      "--name --all --max-age --at --config-dir --unit-dir --no-units --target --as-of --versions --require-mount --via --endpoint-url --region"
          + " --addressing-style --passwd-file --sign-payload --requester-pays"
          + " --backup-dir --suffix"),
  /** How they are compared, copied and deleted. */
  HOW(
      "How",
      "--dry-run --compare --modify-window --digest --read-data --strict --update"
          + " --ignore-existing --existing --overwrite --overwrite-conflicts --recursive --delete"
          + " --max-delete"
          + " --delete-despite-errors --no-owner --no-group --no-perms --no-times --verify-after"
          + " --fsync --read-only --whole-file --keep-uploads --no-check --force"),
  /** What a bucket keeps them with. */
  BUCKET(
      "Objects in a bucket",
      "--storage-class --sse --sse-kms-key-id --acl --tag --object-lock-mode --object-lock-retain"),
  /** How fast, how many at once, how long. */
  LIMITS(
      "Limits",
      "--threads --checkers --retries --timeout --lock-wait --bwlimit --tpslimit --max-transfer"
          + " --max-duration --order"),
  /** What is printed and written about a run. */
  OUTPUT(
      "Output",
      "--long --itemize --report --report-html --metrics-file --manifest --on-failure --progress --log-file"
          + " --json --verbose --quiet --help --version");

  /** Each command has these. A command with no others is shown without groups. */
  private static final Set<String> STANDARD = Set.of("--help", "--version");

  private final String title;
  private final ImmutableList<String> names;

  OptionGroup(String title, String names) {
    this.title = title;
    this.names = ImmutableList.copyOf(Splitter.on(' ').split(names));
  }

  String title() {
    return title;
  }

  /** The options of a command that are in this group, in the order of the group. */
  List<OptionSpec> of(CommandSpec command) {
    return names.stream()
        .map(command::findOption)
        .filter(option -> option != null && !option.hidden())
        .toList();
  }

  /** Whether the options of a command are shown in groups. */
  static boolean areOf(CommandSpec command) {
    return !STANDARD.containsAll(command.options().stream().map(OptionSpec::longestName).toList());
  }

  /** Makes the help of a command, with its options in groups. (Not a lambda: see {@link Main}.) */
  static final class HelpFactory implements IHelpFactory {
    @Override
    public Help create(CommandSpec command, Help.ColorScheme colors) {
      return new GroupedHelp(command, colors);
    }
  }

  private static final class GroupedHelp extends Help {
    GroupedHelp(CommandSpec command, ColorScheme colors) {
      super(command, colors);
    }

    @Override
    public String optionList() {
      if (!areOf(commandSpec())) {
        return super.optionList();
      }
      StringBuilder text = new StringBuilder();
      for (OptionGroup group : OptionGroup.values()) {
        // The layout knows all options, so that the columns of all groups are aligned.
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
}
