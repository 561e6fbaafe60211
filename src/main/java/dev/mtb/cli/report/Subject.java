package dev.mtb.cli.report;

import com.google.common.collect.ImmutableList;
import dev.mtb.cli.text.Text;
import dev.mtb.job.BackupJob;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.place.OpenTree;
import dev.mtb.scan.OutputCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a command works on. In a restore the backup is called destination, too, as in the options.
 *
 * @param sources as they were named on the command line
 * @param lists how many lists there are (they may have been copied, and have other names)
 * @param base where the sources are, or the target of a restore; nothing in it acts on a terminal
 * @param destination where the backup is, in the same form
 * @param name of the same, as it is
 * @param outputs what a file that is written for the user must not replace
 * @param direction a format that says with base and destination what is done
 */
public record Subject(
    BackupOptions options,
    ImmutableList<String> sources,
    int lists,
    String base,
    String destination,
    String name,
    OutputCheck outputs,
    String direction) {

  /**
   * Of a backup, or of the verification of one.
   *
   * @param inputs files that the command has read for the job, which does not know them
   */
  public static Subject of(BackupJob job, List<Path> inputs) {
    return new Subject(
        job.options(),
        texts(job.sources()),
        job.lists().size(),
        Text.path(job.base()),
        job.directory().map(Text::path).orElseGet(() -> Text.printable(job.destinationName())),
        job.destinationName(),
        OutputCheck.of(job, OpenTree.ofThisMachine(job.base()), inputs(job.options(), inputs)),
        " of %s to %s");
  }

  /** Of a restore; {@code inputs} as above. */
  public static Subject of(RestoreJob job, List<Path> inputs) {
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

  /** What the bucket keeps objects with; the bucket's defaults if the backup is in none. */
  ObjectStyle style() {
    return S3Location.isLocation(name) ? options.objectStyle() : ObjectStyle.DEFAULT;
  }

  /** From where to where, such as {@code of /home/me to /mnt/bucket/backup}. */
  public String inWords() {
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
