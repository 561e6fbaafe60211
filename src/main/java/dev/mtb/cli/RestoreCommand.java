package dev.mtb.cli;

import dev.mtb.Mtb;
import dev.mtb.cli.report.Subject;
import dev.mtb.cli.text.Text;
import dev.mtb.cli.watch.ResultLines;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.job.Totals;
import dev.mtb.model.Format;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.OpenTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mtb restore}. */
@Command(
    name = "restore",
    description = "Brings files back out of a backup; 'mtb ls BACKUP' shows what is in it.",
    customSynopsis = "mtb restore [OPTIONS] BACKUP [PATH...] TARGET",
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
  @Parameters(
      paramLabel = "BACKUP [PATH...] TARGET",
      arity = "0..*",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description =
          "The directory that holds the backup, or s3://BUCKET/PREFIX; files and directories in it,"
              + " relative to it (none: everything); and last the directory to restore to, unless"
              + " --target names it.")
  private List<String> paths = new ArrayList<>();

  @Mixin private final WriteOptions writing = new WriteOptions();

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

  @Option(names = "--as-of", paramLabel = "TIME", description = Moments.AS_OF)
  private String asOf;

  @Mixin private final LimitOptions.Rates rates = new LimitOptions.Rates();

  RestoreCommand(PrintStream out, PrintStream err) {
    super(out, err);
  }

  @Override
  void addOptions(BackupOptions.Builder options) {
    writing.addTo(options);
    options.limits(rates.limits());
  }

  @Override
  ResultLines lines(PrintStream results) {
    return writing.lines(results, err);
  }

  @Override
  boolean itemizes() {
    return writing.itemizes();
  }

  @Override
  int start() {
    RestoreJob job = job();
    return execute(Subject.of(job, inputs()), listener -> Mtb.restore(job, listener));
  }

  private RestoreJob job() {
    if (paths.size() < (target == null ? 2 : 1)) {
      throw new InvalidJobException(
          "give the backup to restore from, and last the directory to restore to");
    }
    RestoreJob.Builder job = RestoreJob.builder().overwrite(overwrite).options(options().build());
    Optional.ofNullable(asOf).map(Moments::asOf).ifPresent(job::asOf);
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
    if (target == null) {
      refusePathInBackup(result, to);
    }
    return result;
  }

  /**
   * Protects a user who forgets the target: then the last operand is a file that is wanted, and the
   * others, or the whole backup, would land in a directory of that name.
   */
  private static void refusePathInBackup(RestoreJob job, String operand) {
    Path name = PathBytes.parse(operand).normalize();
    boolean isPlainName =
        !name.isAbsolute() && !name.toString().isEmpty() && !operand.startsWith(".");
    if (isPlainName && isInBackup(job, name)) {
      throw new InvalidJobException(
          String.format(
              "%1$s is in the backup, and no target is given: to restore it, name the target after"
                  + " it, as in 'mtb restore BACKUP %1$s TARGET'; to restore into a directory of"
                  + " that name, write '--target %1$s'",
              operand));
    }
  }

  private static boolean isInBackup(RestoreJob job, Path name) {
    try (OpenTree backup = OpenTree.open("the backup", job.backup(), job.options(), job.asOf())) {
      Path path = PathBytes.resolve(backup.tree().root(), PathBytes.of(name));
      Metadata unused = backup.tree().entry(path).look();
      return true;
    } catch (IOException e) {
      // It is not there, or the run reports what is wrong with the backup.
      return false;
    }
  }

  @Override
  String summary(BackupReport report) {
    Totals totals = report.totals();
    return String.format(
        "%s%s %s (%s), %s unchanged%s, %s failed, in %s",
        outcome(report),
        Text.files(totals.copied()),
        report.dryRun() ? "would be restored" : "restored",
        Format.size(totals.bytesCopied()),
        totals.unchanged(),
        part(totals.skipped(), "skipped"),
        totals.failed(),
        Format.duration(report.elapsed()));
  }
}
