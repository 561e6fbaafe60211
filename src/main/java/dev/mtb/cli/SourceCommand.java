package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import dev.mtb.cli.report.Subject;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.options.OldVersions;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code backup} and {@code verify} have in common. */
abstract class SourceCommand extends JobCommand {
  @Parameters(
      paramLabel = "SOURCE... DESTINATION",
      arity = "0..*",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = {
        "Files and directories to back up, and last the directory that holds the backup, or"
            + " s3://BUCKET/PREFIX. With --files-from the sources may be left out."
      })
  private List<String> paths = new ArrayList<>();

  @Option(
      names = {"-l", "--files-from"},
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "FILE",
      description =
          "List of files and directories, one a line; lines that begin with # or ; are comments."
              + " '-' is standard input. Repeatable.")
  private List<Path> lists = new ArrayList<>();

  @Option(
      names = {"-b", "--base"},
      paramLabel = "DIR",
      defaultValue = ".",
      description =
          "Relative entries are taken from here, and entries below it keep only their path"
              + " relative to it.")
  private Path base;

  @Mixin private ShardOptions shard = new ShardOptions();

  @Option(
      names = "--backup-dir",
      paramLabel = "DIR",
      description =
          "Keep files that are overwritten or deleted below this directory, which is relative to"
              + " DESTINATION and on the same mount, file system or bucket. What is there is never"
              + " deleted; for verify it is not extra.")
  private Path backupDirectory;

  @Option(
      names = "--suffix",
      paramLabel = "SUFFIX",
      description =
          "Keep files that are overwritten or deleted under their names with this at the end;"
              + " without --backup-dir, where they are.")
  private String suffix;

  SourceCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  abstract BackupReport run(BackupJob job, BackupListener listener);

  @Override
  final List<Path> inputs() {
    ImmutableList.Builder<Path> inputs = ImmutableList.builder();
    inputs.addAll(super.inputs());
    shard.sizes().ifPresent(inputs::add);
    return inputs.build();
  }

  @Override
  final int start() {
    try (SpooledLists spooled = SpooledLists.of(lists)) {
      try {
        BackupJob job = job(spooled.copies());
        return execute(Subject.of(job, inputs()), listener -> run(job, listener));
      } catch (InvalidJobException e) {
        throw new InvalidJobException(spooled.withNames(e.getMessage()), e);
      }
    }
  }

  /**
   * The job that the options describe.
   *
   * @param spooled lists that were copied, with their copies
   */
  final BackupJob job(Map<Path, Path> spooled) {
    if (paths.isEmpty()) {
      throw new InvalidJobException("no destination given");
    }
    if (paths.size() == 1 && lists.isEmpty() && paths.get(0).startsWith("@")) {
      throw new InvalidJobException(
          "no sources given; if "
              + paths.get(0)
              + " is meant as a file of options, it must be the first word after the command");
    }
    BackupJob.Builder job =
        BackupJob.builder()
            .base(base)
            .options(options().shard(shard.shard(from0, base)).oldVersions(oldVersions()).build());
    PlaceArgument destination = place(paths.get(paths.size() - 1), "destination");
    destination
        .bucket()
        .ifPresentOrElse(job::destination, () -> job.destination(destination.directory()));
    paths.subList(0, paths.size() - 1).forEach(source -> job.source(PathBytes.parse(source)));
    for (Path list : lists) {
      Path file = spooled.getOrDefault(list, list);
      if (from0) {
        job.filesFrom0(file);
      } else {
        job.filesFrom(file);
      }
    }
    return job.build();
  }

  private OldVersions oldVersions() {
    try {
      return new OldVersions(Optional.ofNullable(backupDirectory), suffix == null ? "" : suffix);
    } catch (IllegalArgumentException e) {
      throw new InvalidJobException("--suffix: " + e.getMessage(), e);
    }
  }
}
