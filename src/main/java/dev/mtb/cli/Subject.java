package dev.mtb.cli;

import com.google.common.collect.ImmutableList;
import dev.mtb.job.BackupJob;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.OpenTree;
import dev.mtb.scan.OutputCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a command works on, whichever way the files go.
 *
 * @param options of the run
 * @param sources what was named on the command line; lists may have been spooled, and have other
 *     names
 * @param lists how many lists there are
 * @param base where that is, in which nothing can act on a terminal
 * @param destination where the backup is, in the same way
 * @param name of the same, as it is
 * @param outputs what no file that is written for the user may take the place of
 * @param direction says with base and destination what is done
 */
record Subject(
    BackupOptions options,
    ImmutableList<String> sources,
    int lists,
    String base,
    String destination,
    String name,
    OutputCheck outputs,
    String direction) {

  /**
   * Of a backup, or the verification of one.
   *
   * @param inputs files that the command has read for the job, and of which the job does not know
   */
  static Subject of(BackupJob job, List<Path> inputs) {
    return new Subject(
        job.options(),
        texts(job.sources()),
        job.lists().size(),
        Text.path(job.base()),
        job.directory().map(Text::path).orElseGet(() -> Text.printable(job.destinationName())),
        job.destinationName(),
        OutputCheck.of(
            job, OpenTree.ofThisMachine(job.base()), inputs(job.options(), inputs)),
        " of %s to %s");
  }

  /**
   * Of a restore. The backup is the destination here, too: so it is called in the command's usage.
   *
   * @param inputs as above
   */
  static Subject of(RestoreJob job, List<Path> inputs) {
    return new Subject(
        job.options(),
        texts(job.paths()),
        0,
        job.target().directory().map(Text::path).orElseGet(() -> job.target().toString()),
        job.directory().map(Text::path).orElseGet(() -> Text.printable(job.backupName())),
        job.backupName(),
        OutputCheck.of(
            inputs(job.options(), inputs),
            Stream.concat(job.directory().stream(), job.target().directory().stream()).toList()),
        " to %s from %s");
  }

  /** From where to where, such as {@code of /home/me to /mnt/bucket/backup}. */
  String inWords() {
    return direction.formatted(base, destination);
  }

  private static List<Path> inputs(BackupOptions options, List<Path> others) {
    List<Path> inputs = new ArrayList<>(others);
    inputs.addAll(options.filters().files());
    options.connection().passwdFile().ifPresent(inputs::add);
    options.manifest().ifPresent(inputs::add);
    return inputs;
  }

  private static ImmutableList<String> texts(List<Path> paths) {
    return paths.stream().map(PathBytes::toText).collect(ImmutableList.toImmutableList());
  }
}
