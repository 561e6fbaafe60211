package dev.mtb.cli;

import dev.mtb.Mtb;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.place.OpenTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine;

/** {@code mtb restore}. */
@Command(
    name = "restore",
    description = "Brings files back out of a backup.",
    customSynopsis = "mtb restore [OPTIONS] BACKUP [PATH...] TARGET",
    modelTransformer = RestoreCommand.Arguments.class,
    exitCodeList = {
      " 0:everything that was asked for is in the target",
      " 1:an internal error",
      " 2:wrong usage",
      "10:the backup or the target cannot be used: missing, not mounted, lost during the run",
      "23:some files could not be restored, or are not in the backup, or the report could not be"
          + " written",
      "24:some files vanished or kept changing in the backup; nothing else went wrong",
      "130:interrupted; run it again for the rest"
    })
final class RestoreCommand extends JobCommand {
  /** Options that say what is backed up; here the backup says that. */
  private static final List<String> ABOUT_SOURCES =
      List.of("--files-from", "--base", "--shard", "--shard-sizes");

  /** Leaves out what makes no sense here, and names the arguments. */
  static final class Arguments implements CommandLine.IModelTransformer {
    @Override
    public CommandSpec transform(CommandSpec spec) {
      ABOUT_SOURCES.forEach(name -> spec.remove(spec.findOption(name)));
      PositionalParamSpec old = spec.positionalParameters().get(0);
      spec.remove(old);
      return spec.add(
          PositionalParamSpec.builder(old)
              .paramLabel("BACKUP [PATH...] TARGET")
              .description(
                  "The directory that holds the backup, or s3://BUCKET/PREFIX; files and"
                      + " directories in it, relative to it (none: everything); and last the"
                      + " directory to restore to, unless --target names it.")
              .build());
    }
  }

  @Option(
      names = {"-n", "--dry-run"},
      description =
          "Decide everything, change nothing, and print what would be changed, sorted by path.")
  private boolean dryRun;

  @Option(
      names = {"-i", "--itemize"},
      description = "Print a line for each file that is (would be) changed, with the reason.")
  private boolean itemize;

  @Option(
      names = "--target",
      paramLabel = "DIR",
      description =
          "The directory to restore to; then all that follows the backup is a path in it.")
  private String target;

  @Option(
      names = "--overwrite",
      description =
          "Replace files that are newer than those of the backup too, and directories that stand in"
              + " the place of files; otherwise they are left alone.")
  private boolean overwrite;

  @Option(
      names = "--compare",
      paramLabel = "MODE",
      defaultValue = "size-mtime",
      converter = EnumOption.CompareModes.class,
      completionCandidates = EnumOption.CompareModes.class,
      description =
          "What makes a file differ: size-mtime, checksum (reads both sides), size, or always.")
  private CompareMode compare;

  @Option(names = "--fsync", description = "Force each file to disk before it gets its name.")
  private boolean fsync;

  @Option(
      names = "--lock-wait",
      paramLabel = "D",
      defaultValue = "0s",
      converter = DurationConverter.class,
      description =
          "How long to wait for another run that writes to the same target, such as 10m; 0s: refuse"
              + " at once.")
  private Duration lockWait;

  @Mixin private final RateOptions rates = new RateOptions();

  RestoreCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  @Override
  void addOptions(BackupOptions.Builder options) {
    options
        .dryRun(dryRun)
        .compare(compare)
        .checks(c -> c.withFsync(fsync))
        .waiting(w -> w.withLockWait(lockWait))
        .limits(rates.limits());
  }

  @Override
  boolean itemizes() {
    return itemize;
  }

  @Override
  ResultLines lines(PrintStream results) {
    if (dryRun) {
      return new DryRunLines(results, err);
    }
    return itemize ? new ItemLines(results) : ResultLines.NONE;
  }

  @Override
  int start(Map<Path, Path> spooled) {
    RestoreJob job = job();
    return execute(Subject.of(job, inputs()), listener -> Mtb.restore(job, listener));
  }

  private RestoreJob job() {
    int others = target == null ? 2 : 1;
    if (paths.size() < others) {
      throw new InvalidJobException(
          "give the backup to restore from, and last the directory to restore to");
    }
    RestoreJob.Builder job = RestoreJob.builder().overwrite(overwrite).options(options());
    PlaceArgument backup = place(paths.get(0), "backup");
    backup.bucket().ifPresentOrElse(job::from, () -> job.from(backup.directory()));
    int end = target == null ? paths.size() - 1 : paths.size();
    paths.subList(1, end).forEach(name -> job.path(PathBytes.parse(name)));
    String to = target == null ? paths.get(end) : target;
    PlaceArgument directory = PlaceArgument.parse(to, "target");
    if (directory.bucket().isPresent()) {
      throw new InvalidJobException("files are restored to a directory, and " + to + " is none");
    }
    RestoreJob result = job.to(directory.directory()).build();
    if (target == null && paths.size() == 2) {
      refusePathInBackup(result, to);
    }
    return result;
  }

  /**
   * A second operand that is the last one is the target; a user who leaves the target out would get
   * the whole backup into a directory of the name of what was wanted.
   */
  private static void refusePathInBackup(RestoreJob job, String operand) {
    Path name = PathBytes.parse(operand).normalize();
    boolean isPlainName =
        !name.isAbsolute() && !name.toString().isEmpty() && !operand.startsWith(".");
    if (isPlainName && isInBackup(job, name)) {
      throw new InvalidJobException(
          String.format(
              "%s is in the backup, and no target is given: to restore only that, write 'mtb"
                  + " restore BACKUP %s TARGET'; to restore everything into a directory of that"
                  + " name, 'mtb restore BACKUP --target %s'",
              operand, operand, operand));
    }
  }

  private static boolean isInBackup(RestoreJob job, Path name) {
    try (OpenTree backup = OpenTree.open("the backup", job.backup(), job.options())) {
      Path path = PathBytes.resolve(backup.tree().root(), PathBytes.of(name));
      Metadata unused = backup.tree().entry(path).look();
      return true;
    } catch (IOException e) {
      // It is not there, or the run will say what is wrong with the backup.
      return false;
    }
  }

  @Override
  String summary(BackupReport report) {
    Totals totals = report.totals();
    return String.format(
        "mtb: %s%s %s (%s), %d unchanged%s, %d failed, in %s",
        BackupCommand.outcome(report),
        Text.files(totals.copied()),
        report.dryRun() ? "would be restored" : "restored",
        Format.size(totals.bytesCopied()),
        totals.unchanged(),
        totals.skipped() == 0 ? "" : ", " + totals.skipped() + " left alone or skipped",
        totals.failed(),
        Format.duration(report.elapsed()));
  }
}
