package dev.mtb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mtb.store.Diagnosis.Kind;
import dev.mtb.store.folder.NoFollow;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DiagnosisTest {
  private static FileSystemException failure(String reason) {
    return new FileSystemException("some/file", null, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Input/output error                    | TRANSIENT    | TRANSIENT    | journalctl -t s3fs",
        "I/O error                             | TRANSIENT    | TRANSIENT    | journalctl -t s3fs",
        "Connection timed out                  | TRANSIENT    | TRANSIENT    | check the network",
        "Transport endpoint is not connected   | TRANSIENT    | TRANSIENT    | mount the bucket",
        "Software caused connection abort      | TRANSIENT    | TRANSIENT    | network",
        "Stale file handle                     | TRANSIENT    | TRANSIENT    | mount the bucket",
        "Resource temporarily unavailable      | TRANSIENT    | TRANSIENT    | Concurrency.threads",
        "Device or resource busy               | TRANSIENT    | TRANSIENT    | another program",
        "Interrupted system call               | TRANSIENT    | TRANSIENT    | run again",
        "Cannot allocate memory                | TRANSIENT    | TRANSIENT    | Concurrency.threads",
        "Too many open files                   | TRANSIENT    | TRANSIENT    | ulimit -n",
        "Too many open files in system         | TRANSIENT    | TRANSIENT    | fs.file-max",
        "File exists                           | TRANSIENT    | TRANSIENT    | another program",
        "No space left on device               | LASTING      | LASTING      | tmpdir=FOLDER",
        "Disk quota exceeded                   | LASTING      | LASTING      | tmpdir=FOLDER",
        "Read-only file system                 | LASTING      | LASTING      | remount,rw",
        "Operation not permitted               | OF_THIS_FILE | LASTING      | s3:PutObject",
        "Permission denied                     | OF_THIS_FILE | OF_THIS_FILE | allow_other",
        "No such file or directory             | OF_THIS_FILE | TRANSIENT    | run again",
        "File name too long                    | OF_THIS_FILE | OF_THIS_FILE | rename it",
        "File too large                        | OF_THIS_FILE | OF_THIS_FILE | this large",
        "Invalid argument                      | OF_THIS_FILE | OF_THIS_FILE | rename it",
        "Invalid or incomplete multibyte or wide character | OF_THIS_FILE | OF_THIS_FILE | rename",
        "Operation not supported               | OF_THIS_FILE | OF_THIS_FILE | cannot keep",
        "Not a directory                       | OF_THIS_FILE | OF_THIS_FILE | run again",
        "Is a directory                        | OF_THIS_FILE | OF_THIS_FILE | run again",
        "Directory not empty                   | OF_THIS_FILE | OF_THIS_FILE | run again",
        "Too many levels of symbolic links or unable to access attributes of symbolic link"
            + " | OF_THIS_FILE | OF_THIS_FILE | symbolic link",
        "Too many links                        | OF_THIS_FILE | OF_THIS_FILE | directories",
        "Eingabe-/Ausgabefehler                | TRANSIENT    | TRANSIENT    | Ausgabefehler",
      })
  void text_isInTheRightClass_andSaysWhatToDo(
      String text, Kind inFolder, Kind onS3fs, String remedyOnS3fs) {
    // With the file's name, as java.nio throws it, and without, as channels do.
    for (IOException failure : new IOException[] {failure(text), new IOException(text)}) {
      Diagnosis folder = Diagnosis.of(failure);
      assertThat(folder.kind()).isEqualTo(inFolder);
      assertThat(folder.text()).startsWith(text).doesNotContain("some/file");
      Diagnosis s3fs = Diagnosis.of(failure, true);
      assertThat(s3fs.kind()).isEqualTo(onS3fs);
      assertThat(s3fs.text()).startsWith(text).contains(remedyOnS3fs);
    }
  }

  @Test
  void fullDisk_isTheDestinationsOwn_andOnS3fsTheLocalBuffer() {
    assertThat(Diagnosis.of(failure("No space left on device")).text())
        .contains("the destination is full")
        .doesNotContain("s3fs");
    assertThat(Diagnosis.of(failure("No space left on device"), true).text())
        .contains("not the bucket is full");
  }

  @ParameterizedTest
  @EnumSource(Errno.class)
  void everyError_hasTextsOfItsOwn_andRemedies(Errno errno) {
    assertThat(errno.remedy(false)).isNotBlank();
    assertThat(errno.remedy(true)).isNotBlank();
    for (String text : errno.texts()) {
      assertThat(Errno.of(new IOException(text))).as(text).contains(errno);
    }
  }

  @Test
  void subclasses_areKnownWithoutTheirText() {
    assertThat(Errno.of(new AccessDeniedException("f"))).contains(Errno.EACCES);
    assertThat(Errno.of(new NoSuchFileException("f"))).contains(Errno.ENOENT);
    assertThat(Errno.of(new FileAlreadyExistsException("f"))).contains(Errno.EEXIST);
    assertThat(Errno.of(new DirectoryNotEmptyException("f"))).contains(Errno.ENOTEMPTY);
    assertThat(Errno.of(new NotDirectoryException("f"))).contains(Errno.ENOTDIR);
    assertThat(Errno.of(new FileSystemException("f"))).isEmpty();
    assertThat(Errno.of(new IOException())).isEmpty();
  }

  @Test
  void ownRefusal_isNeverTriedAgain() {
    Diagnosis diagnosis = Diagnosis.of(new RefusedException("S3 cannot list it; rename it"), true);
    assertThat(diagnosis)
        .isEqualTo(new Diagnosis(Kind.OF_THIS_FILE, "S3 cannot list it; rename it"));
  }

  @Test
  void deletedTree_isDiagnosedByWhatReallyFailed() {
    FileSystemException collected =
        new FileSystemException("dir", null, "failed to delete one or more files");
    collected.addSuppressed(failure("Permission denied"));
    assertThat(Diagnosis.of(collected).kind()).isEqualTo(Kind.OF_THIS_FILE);
    assertThat(Diagnosis.of(collected).text()).startsWith("Permission denied");
  }

  private static IOException thrownBy(ThrowingCallable action) {
    return catchThrowableOfType(IOException.class, action);
  }

  /** Exceptions that this JDK really throws on this system. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void realErrors_areRecognised(@TempDir Path temp) throws IOException {
    assertThat(Errno.of(thrownBy(() -> write(Path.of("/dev/full"))))).contains(Errno.ENOSPC);
    assertThat(Errno.of(thrownBy(() -> Files.createFile(temp.resolve("x".repeat(256))))))
        .contains(Errno.ENAMETOOLONG);
    Path file = Files.createFile(temp.resolve("file"));
    assertThat(Errno.of(thrownBy(() -> Files.createFile(file.resolve("below")))))
        .contains(Errno.ENOTDIR);
    assertThat(Errno.of(thrownBy(() -> write(temp)))).contains(Errno.EISDIR);
    assertThat(Errno.of(thrownBy(() -> Files.createFile(file)))).contains(Errno.EEXIST);
    assertThat(Errno.of(thrownBy(() -> Files.createFile(temp.resolve("no/where")))))
        .contains(Errno.ENOENT);
    assertThat(Errno.of(thrownBy(() -> Files.delete(temp)))).contains(Errno.ENOTEMPTY);
    Path link = Files.createSymbolicLink(temp.resolve("link"), file);
    assertThat(Errno.of(thrownBy(() -> NoFollow.open(link)))).contains(Errno.ELOOP);
    // The address 0 is not mapped, so the call fails.
    assertThat(
            Errno.of(
                thrownBy(
                    () ->
                        Files.newByteChannel(Path.of("/proc/self/mem"))
                            .read(ByteBuffer.allocate(1)))))
        .contains(Errno.EIO);
  }

  @SuppressWarnings("StreamResourceLeak")
  private static void write(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1));
    }
  }

  @Test
  void kinds_areAllUsed() {
    Set<Kind> used = new HashSet<>();
    for (Errno errno : Errno.values()) {
      used.add(errno.kind(true));
    }
    assertThat(used).containsExactlyInAnyOrder(Kind.values());
  }
}
