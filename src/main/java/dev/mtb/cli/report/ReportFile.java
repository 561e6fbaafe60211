package dev.mtb.cli.report;

import dev.mtb.cli.text.Text;
import dev.mtb.model.ErrorText;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.scan.OutputCheck;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.TemporaryNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.commons.io.function.IOSupplier;

/**
 * Where a report goes. It is checked before the run: a user must not wait for hours to learn that
 * there will be no report, or take an older report for it. It is written whole or not at all.
 */
public final class ReportFile {
  public static final Path STANDARD_OUTPUT = Path.of("-");

  /** As if a file could not be backed up: something that was asked for is not there. */
  public static final int EXIT_WITHOUT_REPORT = 23;

  /** {@code S_ISVTX | S_IWOTH}: a directory like /tmp, where any user may put a link. */
  private static final int SHARED = 01002;

  /** In bytes. Any older report is far smaller; a large file is something else. */
  private static final int LONGEST_OLDER = 1 << 20;

  private static final Set<PosixFilePermission> READABLE =
      PosixFilePermissions.fromString("rw-r--r--");

  private final String what;
  private final Path given;

  /** Null for standard output. */
  private final Path file;

  /** Whether it is a pipe, a terminal or /dev/null, which is written to and not replaced. */
  private final boolean isSpecial;

  /** Whether all users may read it, whatever the umask is. */
  private boolean isForAll;

  private ReportFile(String what, Path given, Path file, boolean isSpecial) {
    this.what = what;
    this.given = given;
    this.file = file;
    this.isSpecial = isSpecial;
  }

  /** Checks that a JSON report can be written. */
  static ReportFile check(Path given, OutputCheck outputs) {
    return check("report", given, outputs, JsonReport::isBeginning);
  }

  /**
   * Checks that a report can be written.
   *
   * @param what it is called in messages
   * @param outputs what it must not replace
   * @param isOfKind whether a text is the beginning of an earlier report of the same kind
   * @throws InvalidJobException if it cannot be written, or should not
   */
  public static ReportFile check(
      String what, Path given, OutputCheck outputs, Predicate<String> isOfKind) {
    if (given.equals(STANDARD_OUTPUT)) {
      return new ReportFile(what, given, null, /* isSpecial= */ true);
    }
    Path absolute = given.toAbsolutePath();
    boolean isSpecial = Files.exists(absolute) && !Files.isRegularFile(absolute);
    if (Files.isDirectory(absolute)) {
      throw refused(what, given, "is a directory; name a file in it");
    }
    if (isSpecial) {
      if (!Files.isWritable(absolute)) {
        throw refused(what, given, "cannot be written to: permission denied");
      }
      return new ReportFile(what, given, absolute, isSpecial);
    }
    Path file = Files.isSymbolicLink(absolute) ? followed(what, given, absolute) : absolute;
    Path directory = file.getParent();
    if (!Files.isDirectory(directory)) {
      throw refused(what, given, "cannot be written: there is no directory " + directory);
    }
    if (!Files.isWritable(directory)) {
      throw refused(
          what,
          given,
          "cannot be written: it is made beside its place first, and the directory "
              + directory
              + " cannot be written to");
    }
    outputs.check(what, file, isOfKind);
    return new ReportFile(what, given, file, isSpecial);
  }

  /** A link stays, as with a shell's {@code >}; but any user may put one into /tmp. */
  private static Path followed(String what, Path given, Path link) {
    try {
      Metadata directory = Metadata.following(link.getParent());
      int owner = Metadata.of(link).uid();
      boolean isOthers =
          owner != Metadata.UNKNOWN
              && owner != directory.uid()
              && owner != ProcessIdentity.read().uid();
      if (isShared(directory) && isOthers) {
        throw refused(what, given, "is a symbolic link that another user has put there");
      }
      return link.toRealPath();
    } catch (IOException e) {
      throw refused(what, given, "is a symbolic link that leads nowhere: " + ErrorText.of(e));
    }
  }

  /** Whether any user may put a link into a directory. */
  public static boolean isShared(Metadata directory) {
    return (directory.mode() & SHARED) == SHARED;
  }

  /** Whether two names are those of one file, as far as that can be told. */
  public static boolean isSame(Path input, Path file) {
    if (input.getFileSystem() != file.getFileSystem()) {
      return false;
    }
    try {
      return input.normalize().equals(file.normalize())
          || (Files.exists(file) && Files.isSameFile(input, file));
    } catch (IOException e) {
      // One of them is missing or cannot be read: the run reports that.
      return false;
    }
  }

  private static InvalidJobException refused(String what, Path given, String why) {
    return new InvalidJobException("the " + what + " " + given + " " + why);
  }

  /** The exception that says why this file is refused. */
  InvalidJobException refused(String why) {
    return refused(what, given, why);
  }

  public ReportFile readableByAll() {
    isForAll = true;
    return this;
  }

  /** Where it is; a symbolic link is followed. */
  public Path path() {
    return file;
  }

  /** Whether it is written to and not replaced. */
  boolean isSpecial() {
    return isSpecial;
  }

  /** Refuses two reports in one place. */
  void refuseSame(ReportFile other) {
    if (!isSpecial && !other.isSpecial && isSame(other.file, file)) {
      throw refused("would take the place of the " + other.what + " " + other.given);
    }
  }

  /** What is there before it is written; empty if that is nothing, or special. */
  public String older() throws IOException {
    if (isSpecial || !Files.exists(file)) {
      return "";
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(LONGEST_OLDER), StandardCharsets.UTF_8);
    }
  }

  /**
   * Writes the report, or a message that it cannot be written: a script that relies on a report
   * must not find an older one together with exit code 0.
   *
   * @param content makes a text that ends with a line feed
   * @param code the exit code so far
   * @return the exit code
   */
  public int write(IOSupplier<String> content, int code, PrintStream out, PrintStream err) {
    try {
      write(content.get(), out);
      return code;
    } catch (IOException e) {
      err.println(
          String.format(
              "mtb: the %s %s cannot be written, and whatever is there is an older one: %s",
              what, Text.path(given), Text.printable(ErrorText.of(e))));
      return code == 0 ? EXIT_WITHOUT_REPORT : code;
    }
  }

  void write(String text, PrintStream out) throws IOException {
    if (file == null) {
      out.print(text);
      if (out.checkError()) {
        throw new IOException("standard output is closed or full");
      }
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (isSpecial) {
      Files.write(file, bytes, StandardOpenOption.WRITE);
      return;
    }
    // Not Files.createTempFile, which makes a file that only its owner may read.
    Path whole = file.resolveSibling(TemporaryNames.next());
    try {
      Files.write(whole, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      PosixFileAttributeView view = Files.getFileAttributeView(whole, PosixFileAttributeView.class);
      if (isForAll && view != null) {
        view.setPermissions(READABLE);
      }
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(whole);
    }
  }
}
