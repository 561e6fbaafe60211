package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.store.bucket.PasswdFile;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Secrets;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A password file that others can read is refused, as s3fs refuses it. */
class PasswdFileOptionTest {
  @TempDir Path temp;
  private Path source;
  private Path passwd;
  private String output;

  @BeforeEach
  void tree() throws Exception {
    source = temp.resolve("source");
    RandomTree.write(source.resolve("a"), "aaa");
    passwd = Secrets.write(temp.resolve("passwd"), "key:topsecret");
  }

  private int mtb(String command, String... more) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    String[] args = new String[more.length + 5];
    args[0] = command;
    args[1] = "--endpoint-url=http://127.0.0.1:1";
    args[2] = "--passwd-file=" + passwd;
    args[3] = command.equals("doctor") ? "--timeout=5s" : "--retries=0";
    args[4] = command.equals("doctor") ? "--read-only" : "-q";
    System.arraycopy(more, 0, args, 5, more.length);
    int code = Main.run(args, stream, stream);
    output = bytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  private void set(String mode) throws Exception {
    Files.setPosixFilePermissions(passwd, PosixFilePermissions.fromString(mode));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw-r-----", "rw----r--", "rw--w----", "rwx--x--x"})
  void openToOthers_isWrongUsage_inEveryCommand(String mode) throws Exception {
    set(mode);
    String target = temp.resolve("target").toString();
    assertThat(mtb("backup", "-b", source.toString(), ".", "s3://b/x")).isEqualTo(2);
    assertThat(output).contains("chmod 600 " + passwd).doesNotContain("topsecret");
    assertThat(mtb("verify", "-b", source.toString(), ".", "s3://b/x")).isEqualTo(2);
    assertThat(output).contains("chmod 600 " + passwd);
    assertThat(mtb("restore", "s3://b/x", target)).isEqualTo(2);
    assertThat(output).contains("chmod 600 " + passwd);
  }

  @Test
  void openToOthers_isAFindingOfTheDoctor() throws Exception {
    set("rw-r--r--");
    assertThat(mtb("doctor", "s3://b/x")).isEqualTo(10);
    assertThat(output)
        .contains("open to other users")
        .contains("to do: chmod 600 " + passwd)
        .doesNotContain("topsecret");
  }

  @Test
  void ofItsOwnerOnly_isTaken() {
    // There is no server, so that it comes as far as that.
    assertThat(mtb("backup", "-b", source.toString(), ".", "s3://b/x")).isEqualTo(10);
    assertThat(output).doesNotContain("chmod");
  }

  @Test
  void library_refusesIt_too() throws Exception {
    set("rw-r--r--");
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(new S3Location("b", "x"))
                .options(
                    BackupOptions.builder()
                        .stateDirectory(temp.resolve("state"))
                        .connection(
                            c ->
                                c.withEndpoint(URI.create("http://127.0.0.1:1"))
                                    .withPasswdFile(passwd))
                        .build())
                .build());
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("chmod 600 " + passwd);
  }

  @Test
  void whatIsNoFile_isNotJudgedByItsMode() {
    assertThat(PasswdFile.exposure(Path.of("/dev/null"))).isEmpty();
    assertThat(PasswdFile.exposure(temp.resolve("none"))).isEmpty();
  }
}
