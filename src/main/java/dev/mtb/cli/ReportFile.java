package dev.mtb.cli;

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

/**
 * Where a report goes. It is checked before the run, so that a user does not wait for hours to
 * learn that there will be no report, or reads an older one for it; and written whole or not at
 * all.
 */
final class ReportFile {
  static final Path STANDARD_OUTPUT = Path.of("-");

  /** {@code S_ISVTX | S_IWOTH}: a directory like /tmp, where any user may put a link. */
  static final int SHARED = 01002;

  /** As if a file could not be backed up: something that was asked for is not there. */
  private static final int EXIT_WITHOUT_REPORT = 23;

  /** An older report of whatever kind is far smaller; what is not one is not to fill the memory. */
  private static final int LONGEST_OLDER = 1 << 20;

  private static final Set<PosixFilePermission> READABLE =
      PosixFilePermissions.fromString("rw-r--r--");

  /**
   * What was asked for.
   *
   * @param what it is that is written, in a word for messages
   * @param given as the user named it
   */
  private record Wish(String what, Path given) {
    InvalidJobException refused(String why) {
      return new InvalidJobException("the " + what + " " + given + " " + why);
    }
  }

  private final Wish wish;

  /** Null for standard output. */
  private final Path file;

  /** Whether it is a pipe, a terminal or /dev/null, which must be written to and not replaced. */
  private final boolean isSpecial;

  /** Whether all users may read it, whatever the umask is. */
  private final boolean isForAll;

  private ReportFile(Wish wish, Path file, boolean isSpecial, boolean isForAll) {
    this.wish = wish;
    this.file = file;
    this.isSpecial = isSpecial;
    this.isForAll = isForAll;
  }

  /**
   * Checks that a report can be written there.
   *
   * @throws InvalidJobException if it cannot, or should not
   */
  static ReportFile check(Path given, OutputCheck outputs) {
    return check("report", given, outputs, JsonReport::isBeginning);
  }

  /**
   * Checks that something can be written there.
   *
   * @param what in a word, for messages
   * @param outputs what it must not take the place of
   * @param isOfKind whether a text is the beginning of an earlier one
   * @throws InvalidJobException if it cannot, or should not
   */
  static ReportFile check(
      String what, Path given, OutputCheck outputs, Predicate<String> isOfKind) {
    Wish wish = new Wish(what, given);
    if (given.equals(STANDARD_OUTPUT)) {
      return new ReportFile(wish, null, /* isSpecial= */ true, /* isForAll= */ false);
    }
    Path absolute = given.toAbsolutePath();
    if (Files.isDirectory(absolute)) {
      throw wish.refused("is a directory; name a file in it");
    }
    if (Files.exists(absolute) && !Files.isRegularFile(absolute)) {
      if (!Files.isWritable(absolute)) {
        throw wish.refused("cannot be written to: permission denied");
      }
      return new ReportFile(wish, absolute, /* isSpecial= */ true, /* isForAll= */ false);
    }
    Path file = Files.isSymbolicLink(absolute) ? followed(wish, absolute) : absolute;
    Path folder = file.getParent();
    if (!Files.isDirectory(folder)) {
      throw wish.refused("cannot be written: there is no folder " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw wish.refused(
          "cannot be written: it is made beside its place first, and the folder "
              + folder
              + " cannot be written to");
    }
    outputs.check(what, file, isOfKind);
    return new ReportFile(wish, file, /* isSpecial= */ false, /* isForAll= */ false);
  }

  /** A link stays, as with a shell's {@code >}; but any user may put one into /tmp. */
  private static Path followed(Wish wish, Path link) {
    try {
      Metadata folder = Metadata.following(link.getParent());
      int owner = Metadata.of(link).uid();
      boolean isOthers =
          owner != Metadata.UNKNOWN
              && owner != folder.uid()
              && owner != ProcessIdentity.read().uid();
      if ((folder.mode() & SHARED) == SHARED && isOthers) {
        throw wish.refused("is a symbolic link that another user has put there");
      }
      return link.toRealPath();
    } catch (IOException e) {
      throw wish.refused("is a symbolic link that leads nowhere: " + ErrorText.of(e));
    }
  }

  /** Whether two names are those of one file, as far as that can be told. */
  static boolean isSame(Path input, Path file) {
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

  /** The same, readable by all users. */
  ReportFile readableByAll() {
    return new ReportFile(wish, file, isSpecial, /* isForAll= */ true);
  }

  /** Where it is; links in its last name are followed. */
  Path path() {
    return file;
  }

  /** Whether it is written to and not replaced. */
  boolean isSpecial() {
    return isSpecial;
  }

  /** What the user wants to be an exception. */
  InvalidJobException refused(String why) {
    return wish.refused(why);
  }

  /** Two reports in one place would be one. */
  void refuseSame(ReportFile other) {
    if (!isSpecial && !other.isSpecial && isSame(other.file, file)) {
      throw refused("would take the place of the " + other.wish.what + " " + other.wish.given);
    }
  }

  /** What is there before it is written: empty if there is nothing, or nothing that ends. */
  String older() throws IOException {
    if (isSpecial || !Files.exists(file)) {
      return "";
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(LONGEST_OLDER), StandardCharsets.UTF_8);
    }
  }

  /** What is written; asked for when it is. */
  interface Content {
    String text() throws IOException;
  }

  /**
   * Writes it, or says that it cannot be written: a script that relies on a report must not find an
   * older one and a 0.
   *
   * @param content ends with a line feed
   * @param code how the command would exit without it
   * @return how it exits
   */
  int write(Content content, int code, PrintStream out, PrintStream err) {
    try {
      write(content.text(), out);
      return code;
    } catch (IOException e) {
      err.println(
          "mtb: the "
              + wish.what
              + " "
              + Text.path(wish.given)
              + " cannot be written, and whatever is there is an older one: "
              + Text.printable(ErrorText.of(e)));
      return code == 0 ? EXIT_WITHOUT_REPORT : code;
    }
  }

  /** Writes it. */
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
    // Not a name that only its owner may read: others read reports.
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
