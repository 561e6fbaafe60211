package dev.mtb.scan;

import dev.mtb.job.BackupJob;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.store.Tree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The rule for every file that MTB writes for its user (report, manifest, page, metrics, log): it
 * never replaces a source, a list, another file that the run reads, or anything below a source or
 * the destination, unless that is an earlier file of the same kind. Immutable.
 */
public final class OutputCheck {
  /** An earlier file is recognised by its beginning. */
  private static final int BEGINNING = 4096;

  private final Optional<BackupJob> job;
  private final Optional<Tree> tree;
  private final List<Path> inputs;
  private final List<Path> directories;

  private OutputCheck(
      Optional<BackupJob> job, Optional<Tree> tree, List<Path> inputs, List<Path> directories) {
    this.job = job;
    this.tree = tree;
    this.inputs = inputs;
    this.directories = directories;
  }

  /**
   * For a backup.
   *
   * @param job what is read and written
   * @param tree that the sources are in
   * @param inputs other files that the run reads, such as filter rules
   */
  public static OutputCheck of(BackupJob job, Tree tree, List<Path> inputs) {
    // An output file cannot overwrite sources that are not on this machine.
    return new OutputCheck(
        Optional.of(job).filter(j -> j.from().isEmpty()),
        Optional.of(tree),
        inputs,
        job.directory().stream().toList());
  }

  /**
   * For a restore.
   *
   * @param inputs files that the run reads
   * @param directories the backup and the target
   */
  public static OutputCheck of(List<Path> inputs, List<Path> directories) {
    return new OutputCheck(Optional.empty(), Optional.empty(), inputs, directories);
  }

  /**
   * Checks that a file may be written. Reads the lists of the job only if something is there that
   * is no earlier file of the same kind, or the file would be new in the destination.
   *
   * @param what it is, for messages, such as {@code report}
   * @param output where it is written to
   * @param isOfKind whether a text is the beginning of such a file
   * @throws InvalidJobException if something else would be lost
   */
  public void check(String what, Path output, Predicate<String> isOfKind) {
    Path file = real(output);
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A pipe or a device is written to and not replaced.
      return;
    }
    for (Path input : allInputs()) {
      refuseIf(isSame(input, file), what, output, "would take the place of " + input);
    }
    // Refused even if an earlier report is there: it may be the copy of a report in the source.
    refuseIf(isPlaceOfCopy(file), what, output, "would lie where a file of the source lands");
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS) || isOfKind.test(beginning(file))) {
      return;
    }
    for (Path directory : directories) {
      refuseIf(
          isBelow(file, directory),
          what,
          output,
          "would replace a file below " + directory + " that is not an earlier " + what);
    }
    refuseIf(
        job.isPresent() && sources().lists(file),
        what,
        output,
        "would replace a file of the source that is not an earlier " + what);
  }

  private List<Path> allInputs() {
    List<Path> all = new ArrayList<>(inputs);
    job.ifPresent(
        j -> {
          j.lists().forEach(list -> all.add(list.file()));
          j.sources().forEach(source -> all.add(j.base().resolve(source)));
        });
    return all;
  }

  private SourceList sources() {
    return SourceList.read(job.orElseThrow(), tree.orElseThrow(), List.of());
  }

  /** Whether a later run would copy something to that place. */
  private boolean isPlaceOfCopy(Path file) {
    if (job.isEmpty() || job.get().directory().isEmpty()) {
      return false;
    }
    Path destination = real(job.get().directory().get());
    return isBelow(file, destination) && sources().supplies(relative(destination, file));
  }

  private Path relative(Path directory, Path file) {
    Path target = directory.relativize(file);
    return PathBytes.resolve(
        job.orElseThrow().base().getFileSystem().getPath(""), PathBytes.of(target));
  }

  private static void refuseIf(boolean isRefused, String what, Path output, String why) {
    if (isRefused) {
      throw new InvalidJobException(
          "the " + what + " " + output + " " + why + "; name another file");
    }
  }

  private static boolean isBelow(Path file, Path directory) {
    return file.getFileSystem() == directory.getFileSystem() && file.startsWith(real(directory));
  }

  private static String beginning(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(BEGINNING), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // If the file cannot be read, it does not count as an earlier one of the same kind.
      return ErrorText.of(e);
    }
  }

  private static boolean isSame(Path input, Path file) {
    if (input.getFileSystem() != file.getFileSystem()) {
      return false;
    }
    try {
      return real(input).equals(file) || (Files.exists(file) && Files.isSameFile(input, file));
    } catch (IOException e) {
      // One of them is missing, or cannot be read. The run reports that.
      return false;
    }
  }

  /** With links resolved in as much of the path as exists. */
  private static Path real(Path path) {
    Path absolute = path.toAbsolutePath().normalize();
    try {
      return absolute.toRealPath();
    } catch (IOException e) {
      Path parent = absolute.getParent();
      return parent == null ? absolute : real(parent).resolve(absolute.getFileName());
    }
  }
}
