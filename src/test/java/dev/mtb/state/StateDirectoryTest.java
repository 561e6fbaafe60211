package dev.mtb.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.place.KnownMounts;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other users cannot read, lock or change what MTB remembers. */
class StateDirectoryTest {
  @TempDir Path temp;
  private Path state;
  private Path source;

  @BeforeEach
  void tree() throws Exception {
    state = temp.resolve("state");
    source = temp.resolve("source");
    RandomTree.write(source.resolve("a"), "aaa");
  }

  private BackupJob.Builder job(BackupOptions.Builder options) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .options(options.stateDirectory(state).build());
  }

  private void backUp() {
    BackupJob job = job(BackupOptions.builder()).destination(temp.resolve("backup")).build();
    assertThat(Mtb.backup(job).failures()).isEmpty();
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static void set(Path file, String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private List<Path> content() throws IOException {
    try (Stream<Path> files = Files.walk(state)) {
      return files.toList();
    }
  }

  private void assertPrivate() throws IOException {
    for (Path path : content()) {
      assertThat(mode(path))
          .as("%s", path)
          .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
    }
  }

  @Test
  void stateOfABackupToADirectory_isPrivate() throws Exception {
    backUp();
    assertThat(state.resolve("locks/gate")).exists();
    assertPrivate();
  }

  private BackupOptions.Builder at(S3Server server) throws IOException {
    Path keys =
        Secrets.write(temp.resolve("passwd"), server.identity() + ":" + server.credential());
    URI endpoint = URI.create("http://127.0.0.1:" + server.port());
    return BackupOptions.builder().connection(c -> c.withEndpoint(endpoint).withPasswdFile(keys));
  }

  @Test
  void stateOfABackupToABucket_isPrivate() throws Exception {
    try (S3Server server = S3Server.start("bucket")) {
      BackupOptions.Builder options = at(server);
      BackupJob job = job(options).destination(new S3Location("bucket", "p")).build();
      assertThat(Mtb.backup(job).failures()).isEmpty();
      assertThat(content()).anyMatch(path -> path.toString().endsWith(".mv"));
      assertPrivate();
      // The files get the modes that an earlier version gave them.
      for (Path path : content()) {
        if (path.endsWith("s3-conditions")) {
          // Earlier versions did not have this file.
          continue;
        }
        set(path, Files.isDirectory(path) ? "rwxr-xr-x" : "rw-r--r--");
      }
      assertThat(Mtb.backup(job).failures()).isEmpty();
      for (Path path : content()) {
        if (!Files.isDirectory(path)) {
          assertThat(mode(path)).as("%s", path).isEqualTo("rw-------");
        }
      }
    }
  }

  @Test
  void rememberedMounts_arePrivate() throws Exception {
    KnownMounts.in(state).remember(Path.of("/mnt/bucket"));
    assertThat(state.resolve("s3fs-mounts")).exists();
    assertPrivate();
  }

  /** A lock for reading needs no more than the right to read. */
  @Test
  void otherUser_cannotLockTheGate() throws Exception {
    assumeThat(ProcessIdentity.read().isRoot()).isTrue();
    set(temp, "rwxr-xr-x");
    Files.createDirectories(state.resolve("locks"));
    Files.createFile(state.resolve("locks/gate"));
    for (Path path : content()) {
      set(path, Files.isDirectory(path) ? "rwxr-xr-x" : "rw-r--r--");
    }
    assertThat(lockAsNobody()).as("before").isZero();
    backUp();
    assertThat(lockAsNobody()).as("after").isNotZero();
  }

  private int lockAsNobody() throws Exception {
    Process process =
        new ProcessBuilder(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "flock",
                "-sn",
                state.resolve("locks/gate").toString(),
                "true")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void directoryOfAnEarlierVersion_isMadePrivate_unlessTheUserNamedIt() throws Exception {
    Files.createDirectory(state);
    set(state, "rwxr-xr-x");
    StateDirectory.secure(state, /* isNamed= */ true);
    assertThat(mode(state)).isEqualTo("rwxr-xr-x");
    StateDirectory.secure(state, /* isNamed= */ false);
    assertThat(mode(state)).isEqualTo("rwx------");
  }

  @Test
  void directoryOfAnotherUser_isLeftAsItIs() throws Exception {
    assumeThat(ProcessIdentity.read().isRoot()).isTrue();
    Files.createDirectory(state);
    Files.setAttribute(state, "unix:uid", 65534);
    set(state, "rwxr-xr-x");
    StateDirectory.secure(state, /* isNamed= */ false);
    assertThat(mode(state)).isEqualTo("rwxr-xr-x");
  }

  /** Users who share a destination share the state directory, and are of one group. */
  @Test
  void directoryThatAGroupShares_staysSo_whateverTheUmask() throws Exception {
    Files.createDirectory(state);
    set(state, "rwxrwx---");
    backUp();
    KnownMounts.in(state).remember(Path.of("/mnt/bucket"));
    assertThat(mode(state)).isEqualTo("rwxrwx---");
    assertThat(mode(state.resolve("locks"))).isEqualTo("rwxrwx---");
    assertThat(mode(state.resolve("locks/gate"))).isEqualTo("rw-rw----");
    assertThat(mode(state.resolve("s3fs-mounts"))).isEqualTo("rw-rw----");
  }

  /** The catalog decides which files are not copied. */
  @Test
  void catalogOfAnotherUser_isNotUsed() throws Exception {
    assumeThat(ProcessIdentity.read().isRoot()).isTrue();
    try (S3Server server = S3Server.start("bucket")) {
      BackupOptions.Builder options = at(server);
      BackupJob job = job(options).destination(new S3Location("bucket", "p")).build();
      assertThat(Mtb.backup(job).failures()).isEmpty();
      Path catalog =
          content().stream().filter(p -> p.toString().endsWith(".mv")).findFirst().orElseThrow();
      Files.setAttribute(catalog, "unix:uid", 65534);
      byte[] before = Files.readAllBytes(catalog);
      assertThat(Mtb.backup(job).totals().unchanged()).isEqualTo(1);
      assertThat(Files.readAllBytes(catalog)).isEqualTo(before);
      assertThat(Metadata.of(catalog).uid()).isEqualTo(65534);
    }
  }
}
