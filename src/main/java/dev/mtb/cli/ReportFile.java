package dev.mtb.cli;

import dev.mtb.BackupJob;
import dev.mtb.BackupOptions;
import dev.mtb.BackupReport;
import dev.mtb.ErrorText;
import dev.mtb.InvalidJobException;
import dev.mtb.Metadata;
import dev.mtb.destination.ProcessIdentity;
import dev.mtb.destination.TemporaryNames;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the report goes. It is looked at before the run, so that nobody waits for hours to learn
 * that there will be no report, or reads an older one for it; and written whole or not at all.
 */
final class ReportFile {
  static final Path STANDARD_OUTPUT = Path.of("-");

  /** {@code S_ISVTX | S_IWOTH}: a folder like /tmp, where anybody may put a link. */
  private static final int SHARED = 01002;

  /** Null for standard output. */
  private final Path file;

  /** Whether it is a pipe, a terminal or /dev/null, which must be written to and not replaced. */
  private final boolean isSpecial;

  private ReportFile(Path file, boolean isSpecial) {
    this.file = file;
    this.isSpecial = isSpecial;
  }

  /**
   * Checks that a report can be written there.
   *
   * @throws InvalidJobException if it cannot, or should not
   */
  static ReportFile check(Path given, BackupJob job) {
    List<Path> inputs = new ArrayList<>();
    job.sources().forEach(source -> inputs.add(job.base().resolve(source)));
    job.lists().forEach(list -> inputs.add(list.file()));
    inputs.addAll(inputs(job.options()));
    return check(given, inputs);
  }

  /** What a run reads or writes besides the files that it is about. */
  static List<Path> inputs(BackupOptions options) {
    List<Path> inputs = new ArrayList<>();
    options.passwdFile().ifPresent(inputs::add);
    options.manifest().ifPresent(inputs::add);
    return inputs;
  }

  /**
   * The same for files that it must not take the place of.
   *
   * @throws InvalidJobException if it cannot, or should not
   */
  static ReportFile check(Path given, List<Path> inputs) {
    if (given.equals(STANDARD_OUTPUT)) {
      return new ReportFile(null, /* isSpecial= */ true);
    }
    Path absolute = given.toAbsolutePath();
    if (Files.isDirectory(absolute)) {
      throw refused(given, "is a directory; name a file in it");
    }
    if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
      if (!Files.isWritable(absolute)) {
        throw refused(given, "cannot be written to: permission denied");
      }
      return new ReportFile(absolute, /* isSpecial= */ true);
    }
    Path file = Files.isSymbolicLink(absolute) ? followed(given, absolute) : absolute;
    Path folder = file.getParent();
    if (!Files.isDirectory(folder)) {
      throw refused(given, "cannot be written: there is no folder " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw refused(
          given,
          "cannot be written: it is made beside its place first, and the folder "
              + folder
              + " cannot be written to");
    }
    refuseInputs(given, file, inputs);
    return new ReportFile(file, /* isSpecial= */ false);
  }

  /** A link stays, as with a shell's {@code >}; but anybody may put one into /tmp. */
  private static Path followed(Path given, Path link) {
    try {
      Metadata folder = Metadata.following(link.getParent());
      int owner = Metadata.of(link).uid();
      boolean isOthers =
          owner != Metadata.UNKNOWN
              && owner != folder.uid()
              && owner != ProcessIdentity.read().uid();
      if ((folder.mode() & SHARED) == SHARED && isOthers) {
        throw refused(given, "is a symbolic link that another user has put there");
      }
      return link.toRealPath();
    } catch (IOException e) {
      throw refused(given, "is a symbolic link that leads nowhere: " + ErrorText.of(e));
    }
  }

  /** A slip on the command line must not cost what was to be backed up. */
  private static void refuseInputs(Path given, Path file, List<Path> inputs) {
    for (Path input : inputs) {
      if (isSame(input.toAbsolutePath(), file)) {
        throw refused(given, "would take the place of " + input);
      }
    }
  }

  private static boolean isSame(Path input, Path file) {
    if (input.getFileSystem() != file.getFileSystem()) {
      return false;
    }
    try {
      return input.normalize().equals(file.normalize())
          || (Files.exists(file) && Files.isSameFile(input, file));
    } catch (IOException e) {
      // One of them is not there, or cannot be looked at: the run will say so.
      return false;
    }
  }

  private static InvalidJobException refused(Path given, String why) {
    return new InvalidJobException("the report " + given + " " + why);
  }

  /** Writes it. */
  void write(BackupReport report, String destination, PrintStream out) throws IOException {
    String json = JsonReport.of(report, destination);
    if (file == null) {
      out.println(json);
      if (out.checkError()) {
        throw new IOException("standard output is closed or full");
      }
      return;
    }
    byte[] bytes = (json + "\n").getBytes(StandardCharsets.UTF_8);
    if (isSpecial) {
      Files.write(file, bytes, StandardOpenOption.WRITE);
      return;
    }
    // Not a name that only its owner may read: others read reports.
    Path whole = file.resolveSibling(TemporaryNames.next());
    try {
      Files.write(whole, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(whole);
    }
  }
}
