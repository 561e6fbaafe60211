package dev.mtb.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.doctor.Finding.Status;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.VersionedS3;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doctor on folders and buckets; DoctorIT has the tests with mounts. */
class DoctorTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static S3Server server;

  @TempDir Path temp;
  private Path passwd;

  @BeforeAll
  static void serve() throws Exception {
    server = S3Server.start("bucket");
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void password() throws Exception {
    passwd = temp.resolve("passwd");
    Secrets.write(passwd, server.identity() + ":" + server.credential());
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + server.port()))
                    .withPasswdFile(passwd));
  }

  private static Optional<Finding> find(Checkup checkup, String what) {
    return checkup.findings().stream().filter(finding -> finding.what().equals(what)).findFirst();
  }

  private static Finding the(Checkup checkup, String what) {
    return find(checkup, what).orElseThrow(() -> new AssertionError(what + ": " + checkup));
  }

  private static Checkup examine(BackupOptions.Builder options, String location) throws Exception {
    return new Doctor(options.build(), false, LIMIT)
        .examine(S3Location.parse(location), finding -> {});
  }

  private Checkup examine(Path folder, boolean readOnly) throws Exception {
    return new Doctor(options().build(), readOnly, LIMIT).examine(folder, finding -> {});
  }

  @Test
  void plainFolder_canBeUsed_withAWarning() throws Exception {
    List<Finding> told = new ArrayList<>();
    Checkup checkup = new Doctor(options().build(), false, LIMIT).examine(temp, told::add);
    assertThat(checkup.exitCode()).as("%s", checkup).isZero();
    assertThat(told).isEqualTo(checkup.findings());
    assertThat(the(checkup, "mount").status()).isEqualTo(Status.WARN);
    assertThat(the(checkup, "mount").text()).contains(temp.toString(), "plain folder");
    assertThat(the(checkup, "write").text()).contains("read back");
    assertThat(checkup.findings())
        .extracting(Finding::what)
        .containsExactly("mount", "folder", "write", "space", "open files", "state", "java");
    assertThat(checkup.notChecked()).isEmpty();
    try (var left = Files.list(temp)) {
      assertThat(left).containsExactly(passwd);
    }
  }

  @Test
  void plainFolder_whereAMountIsRequired_cannotBeUsed() throws Exception {
    Checkup checkup =
        new Doctor(options().connection(c -> c.withRequireMount(true)).build(), false, LIMIT)
            .examine(temp, finding -> {});
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "mount").remedy().orElseThrow()).contains("mount the bucket first");
    assertThat(find(checkup, "write")).isEmpty();
    assertThat(checkup.notChecked()).contains("write (the folder cannot be used)");
  }

  @Test
  void folderThatMtbKnowsAsAMount_isNotWrittenTo() throws Exception {
    Path point = Files.createDirectory(temp.resolve("point"));
    Files.createDirectories(temp.resolve("state"));
    Files.writeString(temp.resolve("state/s3fs-mounts"), point.toUri().toString());
    Checkup checkup = examine(point.resolve("backup"), false);
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "mount").text())
        .contains("not mounted", point.toString(), "s3fs-mounts");
    assertThat(the(checkup, "mount").remedy().orElseThrow()).contains("mount " + point);
    assertThat(find(checkup, "write")).isEmpty();
    assertThat(point).isEmptyDirectory();
  }

  @Test
  void folderWhoseParentIsMissing_cannotBeUsed() throws Exception {
    Checkup checkup = examine(temp.resolve("a/b"), false);
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "folder").remedy().orElseThrow())
        .contains("mkdir -p " + temp.resolve("a/b"));
    assertThat(examine(temp.resolve("a"), false).exitCode()).isZero();
    assertThat(temp.resolve("a")).doesNotExist();
  }

  @Test
  void file_cannotBeUsed() throws Exception {
    Checkup checkup = examine(passwd, false);
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "folder").text()).contains("is a file");
  }

  @Test
  void readOnly_writesNothing_andSaysSo() throws Exception {
    Checkup checkup = examine(temp, true);
    assertThat(checkup.exitCode()).isZero();
    assertThat(find(checkup, "write")).isEmpty();
    assertThat(checkup.notChecked()).containsExactly("write (--read-only)");
  }

  @Test
  void stateThatCannotBeWritten_isAWarningForAFolder() throws Exception {
    Files.writeString(temp.resolve("state"), "a file");
    Checkup checkup = examine(temp, false);
    assertThat(the(checkup, "state").status()).isEqualTo(Status.WARN);
    assertThat(the(checkup, "state").remedy().orElseThrow()).contains("MTB_STATE_DIR");
  }

  @Test
  void goodBucket_hasNoProblem_andIsNotChanged() throws Exception {
    Checkup checkup = examine(options(), "s3://bucket/good");
    assertThat(checkup.exitCode()).as("%s", checkup).isZero();
    assertThat(checkup.findings())
        .extracting(Finding::what)
        .containsExactly(
            "bucket",
            "versioning",
            "clock",
            "round trip",
            "write",
            "conflicts",
            "open files",
            "state",
            "java");
    assertThat(the(checkup, "versioning").text()).startsWith("off: ");
    assertThat(checkup.notChecked()).containsExactly("lifecycle (the server knows no such rules)");
    // S3Proxy ignores the conditions of a completion.
    assertThat(the(checkup, "conflicts").text()).contains("of large files").contains("prefix");
    assertThat(checkup.count(Status.OK)).as("%s", checkup).isEqualTo(checkup.findings().size());
    try (var probe = dev.mtb.testing.S3Probe.of(server)) {
      assertThat(probe.keys("good")).isEmpty();
    }
  }

  @Test
  void versioning_andWhatRulesDelete_areReported_withTheReadyRule() throws Exception {
    try (VersionedS3 versioned = VersionedS3.start()) {
      URI endpoint = URI.create("http://127.0.0.1:" + versioned.port());
      BackupOptions.Builder options = options().connection(c -> c.withEndpoint(endpoint));

      Checkup off = examine(options, "s3://bucket/it's");
      assertThat(the(off, "versioning").text())
          .contains("aws s3api put-bucket-versioning --bucket bucket", "Status=Enabled");
      assertThat(the(off, "lifecycle").status()).isEqualTo(Status.WARN);
      assertThat(the(off, "lifecycle").remedy().orElseThrow())
          .startsWith("aws s3api put-bucket-lifecycle-configuration --bucket bucket ")
          .contains("{\"Prefix\":\"it'\\''s/\"}", "AbortIncompleteMultipartUpload")
          .doesNotContain("Noncurrent");

      versioned.setVersioning("Enabled");
      Checkup on = examine(options, "s3://bucket/p");
      assertThat(the(on, "versioning").text()).startsWith("on: ");
      assertThat(the(on, "lifecycle").text()).contains("no rule deletes old versions, nor");
      String remedy = the(on, "lifecycle").remedy().orElseThrow();
      String rule = remedy.substring(remedy.indexOf('\'') + 1, remedy.lastIndexOf('\''));
      assertThat(new ObjectMapper().readTree(rule).at("/Rules/0/Filter/Prefix").asText())
          .isEqualTo("p/");
      assertThat(rule).contains("\"NoncurrentDays\":90", "\"DaysAfterInitiation\":7");

      versioned.setLifecycle(
          "<Rule><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
              + "<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays>"
              + "</NoncurrentVersionExpiration></Rule>"
              + "<Rule><Status>Enabled</Status><Filter><Prefix>other/</Prefix></Filter>"
              + "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
              + "</AbortIncompleteMultipartUpload></Rule>"
              + "<Rule><Status>Disabled</Status><NoncurrentVersionExpiration><NoncurrentDays>1"
              + "</NoncurrentDays></NoncurrentVersionExpiration></Rule>");
      Checkup ruled = examine(options, "s3://bucket/p");
      assertThat(the(ruled, "lifecycle").text()).contains("deleted after 30 days");
      assertThat(ruled.findings())
          .filteredOn(finding -> finding.what().equals("lifecycle"))
          .extracting(Finding::status)
          .containsExactly(Status.OK, Status.WARN);
      assertThat(ruled.findings().toString()).contains("replaces all rules of the bucket");

      versioned.setVersioning("Suspended");
      assertThat(the(examine(options, "s3://bucket/p"), "versioning").status())
          .isEqualTo(Status.WARN);
    }
  }

  @Test
  void wrongBucket_isNamed() throws Exception {
    Checkup checkup = examine(options(), "s3://other/x");
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "bucket").text()).contains("the bucket other does not exist");
    assertThat(the(checkup, "bucket").remedy().orElseThrow()).contains("check its name");
    assertThat(checkup.notChecked())
        .contains("conflicts (the bucket cannot be used)")
        .anyMatch(line -> line.startsWith("write"))
        .anyMatch(line -> line.startsWith("round trip"));
  }

  @Test
  void wrongSecret_isReported_andNotShown() throws Exception {
    Secrets.write(passwd, server.identity() + ":wrong-secret");
    Checkup checkup = examine(options(), "s3://bucket/x");
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "bucket").text()).contains("secret key does not match");
    assertThat(the(checkup, "bucket").remedy().orElseThrow()).contains("check the credentials");
    assertThat(checkup.toString()).doesNotContain("wrong-secret");
    // The clock is still checked, since a wrong clock may be the real cause.
    assertThat(the(checkup, "clock").status()).isEqualTo(Status.OK);
  }

  @Test
  void missingPasswordFile_isNamed() throws Exception {
    Files.delete(passwd);
    Checkup checkup = examine(options(), "s3://bucket/x");
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "bucket").text()).contains(passwd.toString(), "no such file");
  }

  @Test
  void serverThatIsNotThere_isReported() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Checkup checkup =
        examine(
            options().connection(c -> c.withEndpoint(URI.create("http://127.0.0.1:" + port))),
            "s3://bucket/x");
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "bucket").text()).contains("cannot be reached");
  }

  @Test
  void silentServer_doesNotBlockTheDoctor() throws Exception {
    // The kernel accepts connections, and no program answers.
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      long start = System.nanoTime();
      BackupOptions options =
          options()
              .connection(
                  c -> c.withEndpoint(URI.create("http://127.0.0.1:" + silent.getLocalPort())))
              .build();
      Checkup checkup =
          new Doctor(options, false, Duration.ofSeconds(5))
              .examine(S3Location.parse("s3://bucket/x"), finding -> {});
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
      assertThat(checkup.exitCode()).isEqualTo(10);
      assertThat(the(checkup, "bucket").text()).contains("no answer within 5 s");
    }
  }

  @Test
  void clockThatIsWrong_isAWarning_untilS3WouldRefuse() throws Exception {
    assertThat(clock(Duration.ofSeconds(30)).status()).isEqualTo(Status.OK);
    assertThat(clock(Duration.ofMinutes(5)).text()).contains("5 min ahead of the server's");
    assertThat(clock(Duration.ofMinutes(5)).status()).isEqualTo(Status.WARN);
    assertThat(clock(Duration.ofMinutes(-5)).text()).contains("behind the server's");
    // This server has just accepted the request, so it does not check the clock.
    assertThat(clock(Duration.ofMinutes(20)).status()).isEqualTo(Status.WARN);
    assertThat(clock(Duration.ofMinutes(20)).remedy().orElseThrow()).contains("timedatectl");
  }

  private Finding clock(Duration ahead) throws Exception {
    Checkup checkup =
        new Doctor(options().build(), true, LIMIT, Clock.offset(Clock.systemUTC(), ahead))
            .examine(S3Location.parse("s3://bucket"), finding -> {});
    return the(checkup, "clock");
  }

  @Test
  void clockThatIsWrong_whereRequestsAreRefused_isAFailure() throws Exception {
    Secrets.write(passwd, server.identity() + ":wrong");
    Checkup checkup =
        new Doctor(
                options().build(),
                true,
                LIMIT,
                Clock.offset(Clock.systemUTC(), Duration.ofHours(-3)))
            .examine(S3Location.parse("s3://bucket"), finding -> {});
    assertThat(the(checkup, "clock").status()).isEqualTo(Status.FAIL);
    assertThat(the(checkup, "clock").text()).contains("3 h behind the server's");
  }

  @Test
  void requireMount_refusesABucket() throws Exception {
    Checkup checkup = examine(options().connection(c -> c.withRequireMount(true)), "s3://bucket/x");
    assertThat(checkup.exitCode()).isEqualTo(10);
    assertThat(the(checkup, "way").text()).contains("--require-mount");
    assertThat(find(checkup, "write")).isEmpty();
  }
}
