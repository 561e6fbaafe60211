package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mtb doctor} on mounts that are good, slow and broken: a process that must end. */
@RequiresS3fs
class DoctorIT {
  private static final String[] GOOD = {"enable_noobj_cache", "notsup_compat_dir"};

  /** The time limit of a check. On a busy machine it is enough for checks that do not hang. */
  private static final String TIMEOUT = "--timeout=15s";

  /** The most time that the doctor may take: only one check may reach its time limit. */
  private static final Duration BOUND = Duration.ofSeconds(60);

  /** 100 ms or more. */
  private static final String FAR = "warn  round trip: (\\d{3} ms|[\\d.]+ s) .*";

  @TempDir Path temp;
  private MtbProcess doctor;
  private Path destination;

  private List<String> examine(S3fsFixture s3fs, String... options) throws Exception {
    destination = s3fs.root().resolve("backup");
    List<String> args = new ArrayList<>(List.of("doctor"));
    args.addAll(List.of(options));
    args.add(destination.toString());
    long start = System.nanoTime();
    doctor = MtbProcess.run(temp, args.toArray(String[]::new));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).as(shown()).isLessThan(BOUND);
    return doctor.out().lines().toList();
  }

  private String shown() throws IOException {
    String output = doctor.out() + doctor.err();
    System.out.println(output);
    return output;
  }

  private static String line(List<String> lines, String beginning) {
    return lines.stream()
        .filter(line -> line.startsWith(beginning))
        .findFirst()
        .orElseThrow(() -> new AssertionError(beginning + " is not among " + lines));
  }

  private static String remedy(List<String> lines, String beginning) {
    String next = lines.get(lines.indexOf(line(lines, beginning)) + 1);
    assertThat(next).startsWith("      to do: ");
    return next;
  }

  @Test
  void goodMount_hasNoProblem_andIsNotChanged() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      Files.createDirectory(s3fs.root().resolve("backup"));
      List<String> lines = new ArrayList<>(examine(s3fs));
      assertThat(doctor.exitCode()).isZero();
      // On a busy machine a round trip really takes that long.
      Optional<String> busy = lines.stream().filter(line -> line.matches(FAR)).findFirst();
      if (busy.isPresent()) {
        lines.remove(remedy(lines, busy.get()));
        lines.remove(busy.get());
      }
      assertThat(lines).allMatch(line -> line.startsWith("ok    "));
      assertThat(line(lines, "ok    mount: ")).contains(s3fs.root().toString());
      assertThat(line(lines, "ok    way: ")).contains("straight to s3://mtb-bucket/backup");
      assertThat(line(lines, "ok    s3fs: ")).containsPattern("version 1\\.\\d\\d");
      assertThat(line(lines, "ok    bucket: ")).contains("passwd");
      assertThat(line(lines, "ok    write: ")).contains("read back");
      assertThat(lines).hasSize(busy.isPresent() ? 13 : 14);
      assertThat(doctor.err())
          .contains(busy.isPresent() ? "could be better" : "the destination is good");
      try (S3Probe probe = S3Probe.of(s3fs.server())) {
        assertThat(probe.keys("")).containsExactly("backup/");
      }
    }
  }

  /**
   * A server may close the connection of a write that it has refused, without reading its content.
   * The next request on this connection then gets no answer.
   */
  @Test
  void connectionThatTheServerCloses_leavesNoProbe() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      AtomicInteger deleted = new AtomicInteger();
      s3fs.proxy()
          .setFault(
              (method, path, n) -> {
                // The first probe is that of the check of writing.
                boolean isOfConditions = method.equals("DELETE") && deleted.incrementAndGet() == 2;
                return isOfConditions ? Fault.Action.reset() : Fault.Action.pass();
              });
      List<String> lines = examine(s3fs);
      assertThat(doctor.exitCode()).isZero();
      assertThat(line(lines, "ok    conflicts: ")).contains("of large files");
      assertThat(deleted.get()).isGreaterThan(2);
      try (S3Probe probe = S3Probe.of(s3fs.server())) {
        assertThat(probe.keys("")).isEmpty();
      }
    }
  }

  /**
   * init sets up the same requirement as the doctor checks, so that a later run does not fill the
   * local disk when the bucket is not mounted.
   */
  @Test
  void initOnAMount_requiresTheMount() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      Path source = RandomTree.write(temp.resolve("source/a"), "aaa").getParent();
      destination = s3fs.root().resolve("new/backup");
      MtbProcess init =
          MtbProcess.run(
              temp,
              "init",
              "--config-dir=" + temp.resolve("conf"),
              "--unit-dir=" + temp.resolve("units"),
              "-b" + source,
              ".",
              destination.toString());
      assertThat(init.exitCode()).as(init.err()).isZero();
      assertThat(Files.readAllLines(temp.resolve("conf/backup.conf")))
          .contains("--require-mount")
          .endsWith(".", destination.toString());
      String path = s3fs.root().toString().substring(1);
      String unit = path.replace("-", "\\x2d").replace('/', '-') + ".mount";
      assertThat(Files.readString(temp.resolve("units/mtb@backup.service")))
          .contains("\nWants=" + unit + "\nAfter=" + unit + "\n")
          .doesNotContain("RequiresMountsFor=");
      MtbProcess backup = MtbProcess.run(temp, "backup", "@" + temp.resolve("conf/backup.conf"));
      assertThat(backup.exitCode()).as(backup.err()).isZero();
      assertThat(destination.resolve("a")).hasContent("aaa");
    }
  }

  @Thorough
  @Test
  void slowMount_saysWhatItCosts_andWhatHelps() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      s3fs.proxy().setRoundTrip(Duration.ofMillis(200));
      List<String> lines = examine(s3fs);
      assertThat(doctor.exitCode()).isZero();
      assertThat(line(lines, "ok    round trip: ")).contains("with up to 256 threads");

      lines = examine(s3fs, "-t", "32");
      assertThat(doctor.exitCode()).isZero();
      assertThat(line(lines, "warn  round trip: "))
          .containsPattern(": ([2-9]\\d\\d ms|[\\d.]+ s) ")
          .contains("10,000 new small files");
      assertThat(remedy(lines, "warn  round trip: ")).contains("--threads 256");
      assertThat(doctor.err()).contains("could be better");

      lines = examine(s3fs, "--via", "mount", "--read-only");
      assertThat(doctor.exitCode()).isZero();
      assertThat(line(lines, "warn  s3fs: ")).contains("looks for every new file in four ways");
      assertThat(remedy(lines, "warn  s3fs: ")).contains("enable_noobj_cache,notsup_compat_dir");
      assertThat(line(lines, "warn  round trip: ")).contains(" min through the mount");
      assertThat(remedy(lines, "warn  round trip: ")).contains("straight to the bucket");
      assertThat(doctor.err()).contains("not checked: write (--read-only)");
    }
  }

  @Test
  void deadMount_isReported_withTheRemedy() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      s3fs.mount().kill();
      List<String> lines = examine(s3fs);
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "fail  mount: "))
          .contains("does not answer", "Transport endpoint is not connected");
      assertThat(remedy(lines, "fail  mount: ")).contains("fusermount -u " + s3fs.root());
      assertThat(doctor.err()).contains("cannot be used", "not checked: ", "write");
    }
  }

  @Thorough
  @Test
  void hangingMount_doesNotBlockTheDoctor() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      signal(s3fs.mount().pid(), "STOP");
      try {
        List<String> lines = examine(s3fs, TIMEOUT);
        assertThat(doctor.exitCode()).isEqualTo(10);
        assertThat(line(lines, "fail  mount: ")).contains("hangs", s3fs.root().toString());
        assertThat(remedy(lines, "fail  mount: ")).contains("fusermount -uz " + s3fs.root());
      } finally {
        signal(s3fs.mount().pid(), "CONT");
      }
    }
  }

  /** What it writes into the units must not take a look at the mount either. */
  @Thorough
  @Test
  void hangingMount_doesNotBlockInit() throws Exception {
    Path source = RandomTree.write(temp.resolve("source/a"), "aaa").getParent();
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      signal(s3fs.mount().pid(), "STOP");
      try {
        MtbProcess init =
            MtbProcess.start(
                temp,
                Map.of(),
                List.of(),
                "init",
                "--config-dir=" + temp.resolve("conf"),
                "--unit-dir=" + temp.resolve("units"),
                "--report=" + s3fs.root().resolve("reports/report.json"),
                "-b" + source,
                ".",
                s3fs.root().resolve("new/backup").toString());
        assertThat(init.endsWithin(Duration.ofMinutes(1))).isTrue();
        assertThat(init.exitCode()).as(init.err()).isEqualTo(10);
        assertThat(init.err()).contains("hangs", "nothing was written");
      } finally {
        signal(s3fs.mount().pid(), "CONT");
      }
    }
  }

  private static void signal(long pid, String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
  }

  @Thorough
  @Test
  void silentServer_doesNotBlockTheDoctor() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      s3fs.proxy().setFault((method, path, n) -> Fault.Action.stall(Duration.ofMinutes(2)));
      List<String> lines = examine(s3fs, TIMEOUT);
      s3fs.proxy().setFault(Fault.NONE);
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "ok    mount: ")).contains("s3fs answers");
      assertThat(line(lines, "fail  bucket: ")).contains("no answer within 15 s");
      assertThat(remedy(lines, "fail  bucket: ")).contains("check the network");
      assertThat(doctor.err()).contains("folder (the server does not answer)");
    }
  }

  /**
   * MTB does not go directly to the bucket of a mount that it does not understand, but it can send
   * a request to the same server.
   */
  @Thorough
  @Test
  void silentServer_behindAMountThatMtbDoesNotUnderstand_doesNotBlockTheDoctor() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start("use_wtf8")) {
      s3fs.proxy().setFault((method, path, n) -> Fault.Action.stall(Duration.ofMinutes(2)));
      List<String> lines = examine(s3fs, TIMEOUT);
      s3fs.proxy().setFault(Fault.NONE);
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "warn  way: ")).contains("use_wtf8");
      assertThat(line(lines, "fail  server: ")).contains("no answer");
    }
  }

  @Test
  void mountThatMtbDoesNotUnderstand_isTriedOutThroughTheMount() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start("use_wtf8", "enable_noobj_cache")) {
      List<String> lines = examine(s3fs);
      assertThat(doctor.exitCode()).isZero();
      assertThat(line(lines, "ok    server: ")).contains("127.0.0.1");
      assertThat(line(lines, "ok    clock: ")).contains("of the server's");
      assertThat(line(lines, "ok    write: ")).contains("read back");
      assertThat(lines).anyMatch(line -> line.contains("open files: s3fs may have"));
      assertThat(s3fs.root()).isEmptyDirectory();
    }
  }

  @Thorough
  @Test
  void credentialsThatHaveChanged_areNoticed() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      Path passwd = s3fs.root().resolveSibling("passwd");
      Secrets.write(passwd, s3fs.server().identity() + ":no-longer-right");
      List<String> lines = examine(s3fs);
      // s3fs itself still uses the old credentials.
      assertThat(doctor.exitCode()).isZero();
      assertThat(line(lines, "warn  bucket: ")).contains("through the mount", "secret key");
      assertThat(remedy(lines, "warn  bucket: ")).contains("check the credentials");
      assertThat(line(lines, "ok    write: ")).contains("read back");
      assertThat(doctor.out() + doctor.err()).doesNotContain("no-longer-right");

      lines = examine(s3fs, "--via=bucket");
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "fail  bucket: ")).contains("secret key");
    }
  }

  @Thorough
  @Test
  void bucketThatMayNotBeWritten_isNoticed_onEitherWay() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      s3fs.proxy()
          .setFault(
              (method, path, n) ->
                  method.equals("PUT") ? Fault.Action.answer(403) : Fault.Action.pass());
      List<String> lines = examine(s3fs);
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "fail  write: ")).contains("access denied");
      assertThat(remedy(lines, "fail  write: ")).contains("s3:PutObject");

      lines = examine(s3fs, "--via", "mount");
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "fail  write: ")).contains("Operation not permitted");
      assertThat(remedy(lines, "fail  write: ")).contains("s3:PutObject");
    }
  }

  @Thorough
  @Test
  void unmountedBucket_thatMtbKnows_isNotTakenForAFolder() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start(GOOD)) {
      Path file = Files.writeString(temp.resolve("f"), "content");
      assertThat(
              MtbProcess.run(temp, "backup", file.toString(), s3fs.root().resolve("b").toString())
                  .exitCode())
          .isZero();
      s3fs.mount().unmount();
      List<String> lines = examine(s3fs);
      assertThat(doctor.exitCode()).isEqualTo(10);
      assertThat(line(lines, "fail  mount: ")).contains("the bucket is not mounted");
      assertThat(remedy(lines, "fail  mount: ")).contains("mount " + s3fs.root());
      assertThat(s3fs.root()).isEmptyDirectory();
    }
  }

  @Test
  void json_hasTheSame() throws Exception {
    doctor = MtbProcess.run(temp, "doctor", "--json", temp.toString());
    JsonNode json = new ObjectMapper().readTree(doctor.out());
    assertThat(json.at("/destination").asText()).isEqualTo(temp.toString());
    assertThat(json.at("/exitCode").asInt()).isZero();
    assertThat(json.at("/findings/0/status").asText()).isEqualTo("warn");
    assertThat(json.at("/findings/0/what").asText()).isEqualTo("mount");
    assertThat(json.at("/findings/0/text").asText()).contains("plain folder");
    assertThat(json.at("/findings/0/remedy").asText()).contains("--require-mount");
    assertThat(json.at("/findings/1/remedy").isMissingNode()).isTrue();
    assertThat(json.at("/notChecked").isArray()).isTrue();
    assertThat(MtbProcess.run(temp, "doctor").exitCode()).isEqualTo(2);
    assertThat(MtbProcess.run(temp, "doctor", "--via=what", "x").exitCode()).isEqualTo(2);
  }
}
