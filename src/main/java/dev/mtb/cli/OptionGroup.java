package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The groups in which the help and the manual page show options. picocli's own groups would make
 * each group an object of its own, and options in them cannot be taken out for one command.
 */
enum OptionGroup {
  /** Which files are meant. */
  WHAT(
      "What",
      "--files-from",
      "--from0",
      "--base",
      "--exclude",
      "--include",
      "--exclude-from",
      "--include-from",
      "--filter",
      "--exclude-caches",
      "--exclude-if-present",
      "--one-file-system",
      "--min-size",
      "--max-size",
      "--newer-than",
      "--shard",
      "--shard-sizes"),
  /** Where they go. */
  WHERE(
      "Where",
      "--target",
      "--require-mount",
      "--via",
      "--endpoint-url",
      "--region",
      "--addressing-style",
      "--passwd-file",
      "--backup-dir",
      "--suffix"),
  /** How they are compared, copied and deleted. */
  HOW(
      "How",
      "--dry-run",
      "--compare",
      "--modify-window",
      "--digest",
      "--read-data",
      "--strict",
      "--update",
      "--ignore-existing",
      "--existing",
      "--overwrite",
      "--delete",
      "--max-delete",
      "--delete-despite-errors",
      "--no-owner",
      "--no-group",
      "--no-perms",
      "--no-times",
      "--verify-after",
      "--fsync",
      "--read-only"),
  /** How fast, how many at once, how long. */
  LIMITS(
      "Limits",
      "--threads",
      "--checkers",
      "--retries",
      "--timeout",
      "--lock-wait",
      "--bwlimit",
      "--tpslimit",
      "--max-transfer",
      "--max-duration",
      "--order"),
  /** What is told. */
  OUTPUT(
      "Output",
      "--itemize",
      "--report",
      "--report-html",
      "--metrics-file",
      "--manifest",
      "--progress",
      "--log-file",
      "--json",
      "--verbose",
      "--quiet",
      "--help",
      "--version");

  private final String title;
  private final ImmutableList<String> names;

  OptionGroup(String title, String... names) {
    this.title = title;
    this.names = ImmutableList.copyOf(names);
  }

  /** The heading. */
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

  /** Whether a command has so many options that groups help. */
  static boolean areOf(CommandSpec command) {
    // Those that every command has.
    return !Set.of("--help", "--version")
        .containsAll(command.options().stream().map(OptionSpec::longestName).toList());
  }
}
