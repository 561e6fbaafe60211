package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.CountingProxy.Kind;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.NullS3;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3MockServer;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.TestBucket;
import dev.mtb.testing.Thorough;
import dev.mtb.testing.VersionedS3;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two machines, each with its own state, that write to one prefix of a bucket. On the user's own
 * server if there is one ({@link TestBucket#ofOwnServer}).
 */
class ConflictIT {
  private static final String BUCKET = "conflicts";

  /** Larger than the limit for one PUT. */
  private static final int LARGE = 26 << 20;

  private static Optional<TestBucket> own;
  private static S3MockServer server;
  private static TestBucket bucket;
  private static S3Probe probe;

  @TempDir Path temp;
  private CountingProxy proxy;
  private Path here;
  private Path there;
  private String prefix;

  @BeforeAll
  static void start() throws Exception {
    own = TestBucket.ofOwnServer();
    if (own.isEmpty()) {
      server = S3MockServer.start(BUCKET);
    }
    bucket = own.orElseGet(() -> TestBucket.at(server.port(), BUCKET, "any", "any"));
    probe = bucket.probe();
  }

  @AfterAll
  static void stop() {
    if (own.isPresent()) {
      probe.deleteBucket();
    } else {
      server.close();
    }
    probe.close();
  }

  @BeforeEach
  void twoMachines(TestInfo test) throws IOException {
    proxy = bucket.proxy();
    here = Files.createDirectory(temp.resolve("here"));
    there = Files.createDirectory(temp.resolve("there"));
    prefix = test.getTestMethod().orElseThrow().getName();
    bucket.writeKeys(temp.resolve("keys"));
  }

  @AfterEach
  void closeProxy() {
    proxy.close();
  }

  private BackupReport backUp(Path source, URI endpoint, boolean overwritesConflicts) {
    BackupOptions options =
        BackupOptions.builder()
            .connection(c -> c.withEndpoint(endpoint).withPasswdFile(temp.resolve("keys")))
            .checks(c -> c.withOverwriteConflicts(overwritesConflicts))
            .stateDirectory(temp.resolve("state of " + source.getFileName()))
            .build();
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(new S3Location(bucket.name(), prefix))
            .options(options)
            .build());
  }

  /**
   * Backs up from here. Before the request that changes a file is forwarded, backs up from there.
   */
  private BackupReport backUpWithConflict(String name, boolean overwritesConflicts) {
    AtomicInteger met = new AtomicInteger();
    proxy.setFault(
        (method, path, sequence) -> {
          boolean isMeeting =
              method.equals("PUT")
                  && path.endsWith(prefix + "/" + name)
                  && met.getAndIncrement() == 0;
          if (isMeeting) {
            assertThat(backUp(there, bucket.endpoint(), false).failures()).isEmpty();
          }
          return Fault.Action.pass();
        });
    BackupReport report = backUp(here, proxy.endpoint(), overwritesConflicts);
    proxy.setFault(Fault.NONE);
    assertThat(met.get()).as("requests that change the file").isPositive();
    return report;
  }

  private void assertConflict(BackupReport report, String name) {
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    Failure failure = report.failures().get(0);
    assertThat(failure.path()).isEqualTo(Path.of(name));
    assertThat(failure.error())
        .contains("conflict: another program has written it")
        .contains("run again")
        .contains("Checks.overwriteConflicts");
  }

  private String content(String name) {
    return new String(probe.content(prefix + "/" + name).orElseThrow(), UTF_8);
  }

  @Test
  void newFile_thatAnotherMachineWrote_isAConflict() throws Exception {
    RandomTree.write(here.resolve("f"), "of this machine");
    RandomTree.write(here.resolve("g"), "only here");
    RandomTree.write(there.resolve("f"), "of the other");

    assertConflict(backUpWithConflict("f", false), "f");

    assertThat(content("f")).isEqualTo("of the other");
    assertThat(content("g")).isEqualTo("only here");
    assertThat(probe.keys(prefix + "/")).noneMatch(key -> key.contains(".mtb-tmp"));
    // The user has seen the failure, and runs the backup again.
    assertThat(backUp(here, bucket.endpoint(), false).failures()).isEmpty();
    assertThat(content("f")).isEqualTo("of this machine");
  }

  @Test
  void changedFile_thatAnotherMachineWrote_isAConflict() throws Exception {
    RandomTree.write(here.resolve("f"), "first".getBytes(UTF_8), Instant.ofEpochSecond(1_000));
    assertThat(backUp(here, bucket.endpoint(), false).failures()).isEmpty();
    // The other machine changes the size, which a list shows, or only the content, which a look at
    // the object shows.
    for (String change : List.of("of this machine", "OF THIS MACHINE")) {
      RandomTree.write(here.resolve("f"), change);
      RandomTree.write(there.resolve("f"), "of the other " + change);

      assertConflict(backUpWithConflict("f", false), "f");

      assertThat(content("f")).isEqualTo("of the other " + change);
      assertThat(backUp(here, bucket.endpoint(), false).failures()).isEmpty();
      assertThat(content("f")).isEqualTo(change);
    }
  }

  @Test
  void changedFile_thatAnotherMachineDeleted_isAConflict() throws Exception {
    RandomTree.write(here.resolve("f"), "first");
    assertThat(backUp(here, bucket.endpoint(), false).failures()).isEmpty();
    RandomTree.write(here.resolve("f"), "changed");
    proxy.setFault(
        (method, path, sequence) -> {
          if (method.equals("PUT") && path.endsWith(prefix + "/f")) {
            probe.delete(prefix + "/f");
          }
          return Fault.Action.pass();
        });

    BackupReport report = backUp(here, proxy.endpoint(), false);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("another program has deleted it");
    assertThat(probe.content(prefix + "/f")).isEmpty();
    assertThat(backUp(here, bucket.endpoint(), false).failures()).isEmpty();
    assertThat(content("f")).isEqualTo("changed");
  }

  @Test
  void link_thatAnotherMachineWrote_isAConflict() throws Exception {
    Files.createSymbolicLink(here.resolve("l"), Path.of("here"));
    Files.createSymbolicLink(there.resolve("l"), Path.of("there"));

    assertConflict(backUpWithConflict("l", false), "l");

    assertThat(content("l")).isEqualTo("there");
  }

  @Thorough
  @Test
  void largeFile_thatAnotherMachineWrote_isAConflict_andLeavesNoUpload() throws Exception {
    RandomTree.write(here.resolve("f"), RandomTree.bytes(1, LARGE), Instant.ofEpochSecond(1_000));
    if (own.isPresent()) {
      assertThat(backUp(here, proxy.endpoint(), false).failures()).isEmpty();
      assumeThat(temp.resolve("state of here/s3-conditions"))
          .content()
          .contains("of_parts honoured");
      probe.delete(prefix + "/f");
    }
    for (String change : List.of("of the other", "of the other again")) {
      RandomTree.write(there.resolve("f"), change);
      List<String> contents = new ArrayList<>();
      AtomicInteger completions = new AtomicInteger();
      proxy.setFault(
          (method, path, sequence) -> {
            if (method.equals("POST") && path.contains("/f?uploadId")) {
              completions.incrementAndGet();
              assertThat(backUp(there, bucket.endpoint(), false).failures()).isEmpty();
            } else if (method.equals("DELETE") && path.contains("/f?uploadId")) {
              // S3Mock then deletes the object with the upload; no other server does.
              contents.add(content("f"));
            }
            return Fault.Action.pass();
          });

      assertConflict(backUp(here, proxy.endpoint(), false), "f");

      assertThat(completions.get()).isEqualTo(1);
      assertThat(contents).containsExactly(change);
      assertThat(probe.unfinishedUploads()).isEmpty();
      assertThat(backUp(there, bucket.endpoint(), false).failures()).isEmpty();
    }
    proxy.setFault(Fault.NONE);
    assertThat(backUp(here, bucket.endpoint(), false).failures()).isEmpty();
    assertThat(probe.content(prefix + "/f").orElseThrow()).isEqualTo(RandomTree.bytes(1, LARGE));
  }

  @Test
  void conflict_isOverwritten_whereThatIsWanted() throws Exception {
    RandomTree.write(here.resolve("f"), "of this machine");
    RandomTree.write(there.resolve("f"), "of the other");

    assertThat(backUpWithConflict("f", true).failures()).isEmpty();

    assertThat(content("f")).isEqualTo("of this machine");
    assertThat(temp.resolve("state of here/s3-conditions")).doesNotExist();
  }

  /** The request is sent again, and finds the object that the first attempt has stored. */
  @Thorough
  @Test
  void answerThatIsLost_isNoConflict() throws Exception {
    RandomTree.write(here.resolve("f"), "first");
    RandomTree.write(here.resolve("large"), RandomTree.bytes(2, LARGE), Instant.now());
    for (String content : List.of("first", "changed")) {
      RandomTree.write(here.resolve("f"), content);
      RandomTree.write(
          here.resolve("large"), RandomTree.bytes(content.length(), LARGE), Instant.now());
      AtomicInteger puts = new AtomicInteger();
      AtomicInteger completions = new AtomicInteger();
      proxy.setFault(
          (method, path, sequence) ->
              (method.equals("PUT") && path.endsWith(prefix + "/f") && puts.getAndIncrement() == 0)
                      || (method.equals("POST")
                          && path.contains("/large?uploadId")
                          && completions.getAndIncrement() == 0)
                  ? Fault.Action.loseResponse()
                  : Fault.Action.pass());

      BackupReport report = backUp(here, proxy.endpoint(), false);

      assertThat(report.failures()).isEmpty();
      assertThat(puts.get()).isEqualTo(2);
      assertThat(completions.get()).isEqualTo(2);
      assertThat(content("f")).isEqualTo(content);
      assertThat(probe.content(prefix + "/large").orElseThrow())
          .isEqualTo(RandomTree.bytes(content.length(), LARGE));
      assertThat(backUp(here, bucket.endpoint(), false).totals().copied()).isZero();
    }
  }

  /** Some servers refuse a condition that is met. */
  @Test
  void changedFile_whoseTrueConditionIsRefused_isWritten() throws Exception {
    RandomTree.write(here.resolve("f"), "first");
    assertThat(backUp(here, proxy.endpoint(), false).failures()).isEmpty();
    RandomTree.write(here.resolve("f"), "changed");
    AtomicInteger refused = new AtomicInteger();
    proxy.setFault(
        (method, path, sequence) ->
            method.equals("PUT") && path.endsWith(prefix + "/f") && refused.getAndIncrement() == 0
                ? Fault.Action.answer(412)
                : Fault.Action.pass());

    assertThat(backUp(here, proxy.endpoint(), false).failures()).isEmpty();

    assertThat(refused.get()).isEqualTo(2);
    assertThat(content("f")).isEqualTo("changed");
  }

  @Test
  void requests_areAsManyAsBefore_onceTheAnswerIsKnown() throws Exception {
    RandomTree.write(here.resolve("old"), "old");
    assertThat(backUp(here, proxy.endpoint(), false).failures()).isEmpty();
    List<String> answer = Files.readAllLines(temp.resolve("state of here/s3-conditions"));
    assertThat(answer).hasSize(2).allMatch(line -> line.contains(" honoured"));
    RandomTree.write(here.resolve("old"), "changed");
    for (int i = 0; i < 20; i++) {
      RandomTree.write(here.resolve("new" + i), "new");
    }
    proxy.reset();

    assertThat(backUp(here, proxy.endpoint(), false).totals().copied()).isEqualTo(21);

    Counts counts = proxy.snapshot();
    // One for each file; a list, and a look at the directory and its new mtime.
    assertThat(counts.of(Kind.PUT)).as("%s", counts).isEqualTo(21 + 1);
    assertThat(counts.total()).as("%s", counts).isEqualTo(21 + 3);
    proxy.reset();
    assertThat(backUp(here, proxy.endpoint(), false).totals().copied()).isZero();
    assertThat(proxy.snapshot().total()).isEqualTo(1);
  }

  @Thorough
  @Test
  void twoProcesses_writeOneKey_andOneOfThemIsToldSo() throws Exception {
    RandomTree.write(here.resolve("f"), "here ".repeat(1000));
    RandomTree.write(there.resolve("f"), "there ".repeat(1000));
    CountDownLatch isMet = new CountDownLatch(1);
    CountDownLatch hasEnded = new CountDownLatch(1);
    AtomicInteger puts = new AtomicInteger();
    // The two requests do not run at the same time, since S3Mock checks and writes without a lock.
    proxy.setFault(
        (method, path, sequence) -> {
          if (method.equals("PUT") && path.endsWith(prefix + "/f") && puts.getAndIncrement() == 0) {
            isMet.countDown();
            await(hasEnded);
          }
          return Fault.Action.pass();
        });
    MtbProcess one = process(here);
    await(isMet);
    MtbProcess other = process(there);
    int ofOther = other.exitCode();
    hasEnded.countDown();

    assertThat(ofOther).as(other.err()).isZero();
    assertThat(one.exitCode()).as(one.err()).isEqualTo(23);
    assertThat(one.err())
        .contains("f: cannot be written: conflict: ")
        .contains("--overwrite-conflicts");
    assertThat(content("f")).isEqualTo(Files.readString(there.resolve("f")));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(2, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private MtbProcess process(Path source) throws IOException {
    return MtbProcess.start(
        temp,
        Map.of("MTB_STATE_DIR", temp.resolve("state of " + source.getFileName()).toString()),
        List.of(),
        "backup",
        "--endpoint-url",
        proxy.endpoint().toString(),
        "--passwd-file",
        temp.resolve("keys").toString(),
        "-b",
        source.toString(),
        ".",
        "s3://" + bucket.name() + "/" + prefix);
  }

  /** A server that ignores all conditions. */
  @Test
  void serverThatIgnoresConditions_isRecognised() throws Exception {
    RandomTree.write(here.resolve("f"), "content");
    try (NullS3 ignoring = NullS3.start()) {
      backUp(here, URI.create("http://127.0.0.1:" + ignoring.port()), false);
    }
    assertThat(Files.readAllLines(temp.resolve("state of here/s3-conditions")))
        .hasSize(2)
        .allMatch(line -> line.contains(" ignored "));
  }

  /** Ceph 16 refuses every ETag in quotation marks. */
  @Test
  void serverThatWantsTagsWithoutQuotationMarks_getsThem() throws Exception {
    RandomTree.write(here.resolve("f"), "first");
    try (VersionedS3 server = VersionedS3.start();
        CountingProxy counting = CountingProxy.start(server.port());
        S3Probe there = new S3Probe(server.port(), bucket.name(), "any", "any")) {
      server.setBareTags();
      assertThat(backUp(here, counting.endpoint(), false).failures()).isEmpty();
      assertThat(Files.readAllLines(temp.resolve("state of here/s3-conditions")))
          .hasSize(2)
          .anyMatch(line -> line.contains(" of_changed honoured_bare "));
      RandomTree.write(here.resolve("f"), "changed");
      counting.reset();
      assertThat(backUp(here, counting.endpoint(), false).failures()).isEmpty();
      assertThat(there.content(prefix + "/f")).hasValue("changed".getBytes(UTF_8));
      // Only a list and the file.
      assertThat(counting.snapshot().total()).as("%s", counting.snapshot()).isEqualTo(2);

      RandomTree.write(here.resolve("f"), "changed again");
      counting.setFault(
          (method, path, sequence) -> {
            if (method.equals("PUT") && path.endsWith(prefix + "/f")) {
              there.put(prefix + "/f", "of the other", Map.of());
            }
            return Fault.Action.pass();
          });
      assertConflict(backUp(here, counting.endpoint(), false), "f");
      assertThat(there.content(prefix + "/f")).hasValue("of the other".getBytes(UTF_8));
    }
  }

  /** S3Proxy honours the conditions of a PUT, and ignores those of a completion. */
  @Test
  void serverThatHonoursSomeConditions_isRecognised() throws Exception {
    RandomTree.write(here.resolve("f"), "content");
    RandomTree.write(here.resolve("large"), RandomTree.bytes(2, LARGE), Instant.now());
    try (S3Server real = S3Server.start(bucket.name());
        S3Probe there = S3Probe.of(real)) {
      Secrets.write(temp.resolve("keys"), real.identity() + ":" + real.credential());
      URI endpoint = URI.create("http://127.0.0.1:" + real.port());
      assertThat(backUp(here, endpoint, false).failures()).isEmpty();
      assertThat(there.keys(prefix + "/")).containsExactly(prefix + "/f", prefix + "/large");
      assertThat(there.unfinishedUploads()).isEmpty();
    }
    try (Stream<String> lines = Files.lines(temp.resolve("state of here/s3-conditions"))) {
      assertThat(lines.map(line -> line.split(" ", -1)[1] + " " + line.split(" ", -1)[2]))
          .containsExactlyInAnyOrder("of_new honoured", "of_changed honoured", "of_parts ignored");
    }
  }
}
