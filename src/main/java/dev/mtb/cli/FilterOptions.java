package dev.mtb.cli;

import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.model.SizeParser;
import dev.mtb.options.Filters;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Stack;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options that say which files are left out. */
@SuppressWarnings("unused") // InOrder keeps the values of five options.
final class FilterOptions {
  private record Rule(String option, String value) {}

  /** In the order of the command line: the first rule that matches wins. */
  private final List<Rule> rules = new ArrayList<>();

  /** Keeps the order between different options, which picocli loses. */
  static final class InOrder implements IParameterConsumer {
    @Override
    @SuppressWarnings("JdkObsolete") // picocli's interface has a Stack.
    public void consumeParameters(Stack<String> args, ArgSpec arg, CommandSpec command) {
      String option = ((OptionSpec) arg).longestName();
      if (args.isEmpty()) {
        throw new ParameterException(
            command.commandLine(), "Missing required parameter for option '" + option + "'");
      }
      FilterOptions options = ((JobCommand) command.userObject()).filters;
      options.rules.add(new Rule(option, args.pop()));
    }
  }

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      parameterConsumer = InOrder.class,
      description =
          "Leave out what the pattern matches, by rsync's rules. The first of all filter options"
              + " that matches decides. Repeatable, as are the next four.")
  private List<String> exclude;

  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      parameterConsumer = InOrder.class,
      description = "Keep what the pattern matches, whatever later ones say.")
  private List<String> include;

  @Option(
      names = "--exclude-from",
      paramLabel = "FILE",
      parameterConsumer = InOrder.class,
      description = "Read patterns to leave out, one a line; lines with # or ; are comments.")
  private List<String> excludeFrom;

  @Option(
      names = "--include-from",
      paramLabel = "FILE",
      parameterConsumer = InOrder.class,
      description = "Read patterns to keep, one a line.")
  private List<String> includeFrom;

  @Option(
      names = "--filter",
      paramLabel = "RULE",
      parameterConsumer = InOrder.class,
      description = "Add a rule as rsync writes it: '- PATTERN', '+ PATTERN', '. FILE' or '!'.")
  private List<String> filter;

  @Option(
      names = "--exclude-caches",
      description = "Leave out directories that hold a CACHEDIR.TAG with its signature.")
  private boolean excludeCaches;

  @Option(
      names = "--exclude-if-present",
      paramLabel = "NAME",
      description = "Leave out directories that hold something of this name. Repeatable.")
  private List<String> markers;

  @Option(
      names = {"-x", "--one-file-system"},
      description = "Back up mount points below the sources as empty directories.")
  private boolean oneFileSystem;

  @Option(
      names = "--min-size",
      paramLabel = "SIZE",
      description = "Leave out smaller files; bytes, or with K, M, G, T (KB: thousands).")
  private String minSize;

  @Option(names = "--max-size", paramLabel = "SIZE", description = "Leave out larger files.")
  private String maxSize;

  @Option(
      names = "--newer-than",
      paramLabel = "TIME",
      description =
          "Leave out files last modified before: an age such as 12h, 7d or 2w, a date such as"
              + " 2026-01-31, or a time such as 2026-01-31T12:00 (local, unless it ends in Z or an"
              + " offset such as +01:00).")
  private String newerThan;

  /**
   * Makes filters of the options.
   *
   * @param from0 whether entries of the files of patterns end with NUL
   */
  Filters filters(boolean from0) {
    Filters.Builder builder = Filters.builder().from0(from0);
    for (Rule rule : rules) {
      switch (rule.option) {
        case "--exclude" -> builder.exclude(rule.value);
        case "--include" -> builder.include(rule.value);
        case "--exclude-from" -> builder.excludeFrom(PathBytes.parse(rule.value));
        case "--include-from" -> builder.includeFrom(PathBytes.parse(rule.value));
        default -> builder.filter(rule.value);
      }
    }
    if (markers != null) {
      markers.forEach(builder::excludeIfPresent);
    }
    builder.excludeCaches(excludeCaches).oneFileSystem(oneFileSystem);
    if (minSize != null) {
      builder.minSize(size(minSize));
    }
    if (maxSize != null) {
      builder.maxSize(size(maxSize));
    }
    if (newerThan != null) {
      builder.newerThan(Moments.parse(newerThan, Instant.now()));
    }
    return builder.build();
  }

  /** Reads a size in bytes. */
  static long size(String text) {
    return SizeParser.parse(text, 'B')
        .orElseThrow(
            () ->
                new InvalidJobException(
                    "'" + text + "' is not a size such as 100, 64K, 1.5M or 2GB"));
  }
}
