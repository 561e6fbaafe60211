package dev.mtb.place;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.Metadata;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of the s3fs process of a mount, with a simulated table of processes. */
class S3fsProcessesTest {
  private static final Path POINT = Path.of("/mnt/bucket");
  private static final long CONNECTION = 40;

  /** Of a kernel before 6.16, which tells no connections. */
  private static final long NONE = -1;

  private static final String REAL = "s3fs good /mnt/bucket -o passwd_file=/etc/passwd-s3fs";
  private static final String EVIL = "s3fs evil /mnt/bucket -o url=http://evil,passwd_file=/evil";

  @TempDir Path temp;
  private Path proc;
  private Path s3fs;
  private int self;

  @BeforeEach
  void machine() throws IOException {
    proc = Files.createDirectory(temp.resolve("proc"));
    s3fs = program("bin", "rwxr-xr-x");
    self = Metadata.of(s3fs).uid();
  }

  /** Deletes the links, since JUnit warns of links that lead out of its directory. */
  @AfterEach
  void removeLinks() throws IOException {
    try (Stream<Path> files = Files.walk(proc)) {
      for (Path link : files.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }

  private Path program(String directory, String mode) throws IOException {
    Path file = Files.createDirectories(temp.resolve(directory)).resolve("s3fs");
    Files.writeString(file, "program");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  /** A process; {@code connection} is what its descriptor of /dev/fuse belongs to. */
  private Path process(int pid, int user, Path exe, String line, long connection)
      throws IOException {
    Path process = Files.createDirectories(proc.resolve(Integer.toString(pid)));
    Files.writeString(
        process.resolve("cmdline"), line.replace(' ', '\0') + "\0", StandardCharsets.ISO_8859_1);
    Files.writeString(
        process.resolve("status"),
        "Name:\ts3fs\nUid:\t%1$d\t%1$d\t%1$d\t%1$d\nGid:\t0\t0\t0\t0\n".formatted(user));
    Files.createSymbolicLink(process.resolve("exe"), exe);
    Files.createDirectory(process.resolve("fd"));
    Files.createDirectory(process.resolve("fdinfo"));
    Files.createSymbolicLink(process.resolve("fd/0"), Path.of("/dev/null"));
    Files.createSymbolicLink(process.resolve("fd/3"), Path.of("/dev/fuse"));
    Files.writeString(
        process.resolve("fdinfo/3"),
        "pos:\t0\nmnt_id:\t22\n" + (connection == NONE ? "" : "fuse_connection:\t" + connection));
    return process;
  }

  private S3fsProcess find(int mountedBy) {
    Mount mount = new Mount(POINT, Mount.S3FS, false, Path.of("/"), CONNECTION, mountedBy);
    return new S3fsProcesses(proc, self).find(mount);
  }

  private void assertIsReal(S3fsProcess found) {
    assertThat(found.bucket()).contains("good");
    assertThat(found.doubt()).isEmpty();
  }

  private void assertUnknown(S3fsProcess found, String why) {
    assertThat(found.isKnown()).isFalse();
    assertThat(found.doubt()).hasValueSatisfying(text -> assertThat(text).contains(why));
    assertThat(MountedBucket.find(found, Path.of("")).place()).isEmpty();
    assertThat(MountedBucket.find(found, Path.of("")).obstacle()).contains(why);
  }

  @ParameterizedTest
  @ValueSource(longs = {CONNECTION, NONE})
  void onlyOne_isFound(long connection) throws IOException {
    process(7, self, s3fs, REAL, connection);
    S3fsProcess found = find(self);
    assertIsReal(found);
    assertThat(found.program()).contains(proc.resolve("7/exe"));
  }

  @Test
  void none_isUnknown() {
    assertUnknown(find(self), "not visible to this user");
  }

  @ParameterizedTest
  @ValueSource(longs = {CONNECTION, NONE})
  void lookAlikeOfAnotherUser_isIgnored(long connection) throws IOException {
    process(1, self + 1, s3fs, EVIL, connection);
    process(7, self, s3fs, REAL, connection);
    assertIsReal(find(self));
    Files.delete(proc.resolve("7/cmdline"));
    assertUnknown(find(self), "not visible to this user");
  }

  /** A set-user-ID program keeps the real user of the process that started it. */
  @Test
  void lookAlikeWithSomeUsersOnly_isIgnored() throws IOException {
    Path process = process(1, self, s3fs, EVIL, NONE);
    for (String users : List.of("9\t%d\t%d\t%d", "%d\t%d\t%d\t9")) {
      Files.writeString(
          process.resolve("status"), "Uid:\t" + users.replace("%d", Integer.toString(self)) + "\n");
      assertUnknown(find(self), "not visible to this user");
    }
    Files.writeString(process.resolve("status"), "");
    assertUnknown(find(self), "not visible to this user");
  }

  @Test
  void lookAlikeThatRunsAnotherProgram_isIgnored() throws IOException {
    Path sleep = Files.copy(s3fs, temp.resolve("sleep"));
    process(1, self, sleep, EVIL, CONNECTION);
    process(7, self, s3fs, REAL, CONNECTION);
    assertIsReal(find(self));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxr-x", "rwxr-xrwx"})
  void programThatOthersCanWriteTo_isNone(String mode) throws IOException {
    process(1, self, program("other", mode), EVIL, CONNECTION);
    assertUnknown(find(self), "not visible to this user");
  }

  /** sudo and su run as root with the command line of any user. */
  @Test
  void setUserIdProgram_isNone() throws IOException {
    Path program = program("other", "rwxr-xr-x");
    Files.setAttribute(program, "unix:mode", 04755);
    process(1, self, program, EVIL, CONNECTION);
    assertUnknown(find(self), "not visible to this user");
  }

  @Test
  void programOfAThirdUser_isNone() throws IOException {
    // Only root can change the owner of the program. So the test changes the user of the mount.
    process(1, self + 1, s3fs, REAL, CONNECTION);
    S3fsProcess found = find(self + 1);
    if (self == 0) {
      assertThat(found.isKnown()).isTrue();
    } else {
      assertUnknown(found, "not visible to this user");
    }
  }

  /** The upgrade of a package replaces the program file of a running s3fs. */
  @Test
  void programThatWasReplaced_isStillOne() throws IOException {
    Path deleted = Files.copy(s3fs, temp.resolve("bin/s3fs (deleted)"));
    process(7, self, deleted, REAL, CONNECTION);
    assertIsReal(find(self));
  }

  @Test
  void withoutTheFuseDevice_itServesNothing() throws IOException {
    Path process = process(1, self, s3fs, EVIL, NONE);
    Files.delete(process.resolve("fd/3"));
    assertUnknown(find(self), "not visible to this user");
    process(7, self, s3fs, REAL, NONE);
    assertIsReal(find(self));
  }

  /** A lazy unmount leaves s3fs running as long as a file is open. */
  @Test
  void staleProcess_isRecognisedByItsConnection() throws IOException {
    process(1, self, s3fs, EVIL, CONNECTION - 1);
    assertUnknown(find(self), "not visible to this user");
    process(7, self, s3fs, REAL, CONNECTION);
    assertIsReal(find(self));
    // A descriptor that belongs to no mount yet.
    process(3, self, s3fs, EVIL, NONE);
    assertIsReal(find(self));
  }

  @Test
  void staleProcess_whereTheKernelTellsNoConnections_isAmbiguous() throws IOException {
    process(1, self, s3fs, EVIL, NONE);
    process(7, self, s3fs, REAL, NONE);
    assertUnknown(find(self), "which of the processes");
    assertThat(find(self).doubt().orElseThrow()).contains("1").contains("7");
  }

  @Test
  void twoOfOneConnection_withDifferentCommandLines_areAmbiguous() throws IOException {
    process(1, self, s3fs, EVIL, CONNECTION);
    Path forked = process(7, self, s3fs, REAL, CONNECTION);
    assertUnknown(find(self), "which of the processes");
    // While s3fs becomes a daemon, there are two processes.
    Files.copy(
        forked.resolve("cmdline"),
        proc.resolve("1/cmdline"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertIsReal(find(self));
  }

  /** The command line may have another path to the mount point. */
  @Test
  void connection_countsForMoreThanTheMountPointOfTheCommandLine() throws IOException {
    process(7, self, s3fs, "s3fs good /srv/link -o ro", CONNECTION);
    assertIsReal(find(self));
  }

  @Test
  void mountOfAnotherUser_isKnown_butItsBucketIsNotUsed() throws IOException {
    process(7, self + 1, s3fs, REAL, CONNECTION);
    Mount mount = new Mount(POINT, Mount.S3FS, false, Path.of("/"), CONNECTION, self + 1);
    Files.setPosixFilePermissions(s3fs, PosixFilePermissions.fromString("rwxr-xr-x"));
    if (self != 0) {
      return;
    }
    S3fsProcess found = new S3fsProcesses(proc, self).find(mount);
    assertThat(found.bucket()).contains("good");
    assertThat(MountedBucket.find(found, Path.of("")))
        .isEqualTo(new MountedBucket.Finding(Optional.empty(), found.doubt().orElseThrow()));
    assertThat(found.doubt().orElseThrow()).contains("mounted by the user " + (self + 1));
  }

  @Test
  void onThisMachine_nothingServesWhatIsNotMounted() {
    Mount mount = new Mount(POINT.resolve("none"), Mount.S3FS, false, Path.of("/"), -5, self);
    assertThat(S3fsProcesses.serving(mount)).isEqualTo(S3fsProcess.UNKNOWN);
  }
}
