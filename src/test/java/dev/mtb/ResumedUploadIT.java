package dev.mtb;

import static dev.mtb.LargeFileFixture.DOCUMENTS;
import static dev.mtb.LargeFileFixture.PART;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupReport;
import dev.mtb.options.BackupOptions;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Seed;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Unfinished uploads of large files: the next run does not send again what an interrupted run has
 * sent.
 */
class ResumedUploadIT {
  private static final int SIZE = 60_000_000;

  /** Each of the run's threads may be sending a part when the run is cut off. */
  private static final int THREADS = 2;

  private static LargeFileFixture.Servers servers;

  @TempDir Path temp;
  private LargeFileFixture large;

  @BeforeAll
  static void start() throws Exception {
    servers = LargeFileFixture.Servers.start();
  }

  @AfterAll
  static void stop() throws IOException {
    servers.close();
  }

  @AfterEach
  void close() {
    if (large != null) {
      large.close();
    }
  }

  private void open(String name) throws IOException {
    large = servers.open(name, temp);
  }

  /** Backs up, and interrupts the run when the fourth part is about to be sent. */
  private void interrupted(UnaryOperator<BackupOptions.Builder> change) {
    Thread runner = Thread.currentThread();
    large.proxy.setFault(
        (method, path, sequence) -> {
          if (path.contains("partNumber=4")) {
            runner.interrupt();
          }
          return Fault.Action.pass();
        });
    BackupReport report = Mtb.backup(large.job(o -> change.apply(o.threads(THREADS))));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.exitCode()).as("%s", report).isEqualTo(130);
    large.proxy.setFault(Fault.NONE);
  }

  @Thorough
  @Test
  void interruptedRun_isContinued_onS3Mock() throws Exception {
    interruptedRun_isContinued("S3Mock");
  }

  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "own"})
  void interruptedRun_isContinued(String name) throws Exception {
    open(name);
    byte[] content = large.write(RandomTree.bytes(1, SIZE));
    interrupted(o -> o);
    assertThat(large.probe.unfinishedUploads()).contains(large.key);
    assertThat(large.probe.content(large.key)).isEmpty();

    Counts counts = large.counting();

    // The first three parts were stored, except for those that were under way.
    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(SIZE - PART);
    large.assertIs(content, name);
    assertThat(large.backUp().totals().copied()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "own"})
  void sourceThatHasChangedMeanwhile_isStoredInItsNewVersion(String name) throws Exception {
    open(name);
    large.write(RandomTree.bytes(1, SIZE));
    interrupted(o -> o);
    byte[] content = large.overwrite(10, RandomTree.bytes(2, 10));
    Instant time = Instant.ofEpochSecond(1_600_000_001);
    Files.setLastModifiedTime(large.file, FileTime.from(time));

    assertThat(large.backUp().failures()).isEmpty();

    large.assertIs(content, "changed");
    assertThat(large.probe.metadata(large.key)).containsEntry("mtime", "1600000001.000000000");
  }

  /** The server may lose an upload, or a rule of the bucket may end it. */
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "own"})
  void uploadThatIsGone_isStartedAnew(String name) throws Exception {
    open(name);
    byte[] content = large.write(RandomTree.bytes(1, SIZE));
    interrupted(o -> o);
    large.probe.abortUploads(large.key);

    assertThat(large.backUp().failures()).isEmpty();

    large.assertIs(content, "anew");
  }

  /** Another client has sent something else to the upload. */
  @Thorough
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "S3Mock", "own"})
  void partsOfAnotherContent_areSentAgain(String name) throws Exception {
    open(name);
    byte[] content = large.write(RandomTree.bytes(1, SIZE));
    interrupted(o -> o);
    large.probe.replacePart(large.key, 1, RandomTree.bytes(9, PART));
    large.probe.replacePart(large.key, 2, RandomTree.bytes(9, PART - 1));

    assertThat(large.backUp().failures()).isEmpty();

    large.assertIs(content, name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "own"})
  void serverThatFailsForAWhile_doesNotCostWhatWasSent(String name) throws Exception {
    open(name);
    byte[] content = large.write(RandomTree.bytes(1, SIZE));
    large.proxy.setFault(
        (method, path, sequence) ->
            path.contains("partNumber=4") ? Fault.Action.answer(500) : Fault.Action.pass());
    BackupReport report =
        Mtb.backup(large.job(o -> o.threads(THREADS).waiting(w -> w.withRetries(0))));
    assertThat(report.exitCode()).isEqualTo(23);
    large.proxy.setFault(Fault.NONE);

    Counts counts = large.counting();

    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(SIZE - PART);
    large.assertIs(content, "continued");
  }

  /** S3Proxy cannot abort an upload of which a part is being cut off. */
  @Thorough
  @ParameterizedTest
  @ValueSource(strings = {"S3Mock", "own"})
  void nothingIsKept_whereThatIsNotWanted(String name) throws Exception {
    open(name);
    large.write(RandomTree.bytes(1, SIZE));

    interrupted(o -> o.uploads(u -> u.withKeep(Duration.ZERO)));

    assertThat(large.probe.unfinishedUploads()).doesNotContain(large.key);
  }

  /** Also for a file that does not exist any more. Uploads of other programs are not aborted. */
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "own"})
  void uploadThatNoRunContinues_isAborted_andOnlyThat(String name) throws Exception {
    open(name);
    large.write(RandomTree.bytes(1, SIZE));
    interrupted(o -> o);
    String foreign = large.key + "-of-another";
    String unused = large.probe.startUpload(foreign);
    Files.delete(large.file);
    RandomTree.write(large.source.resolve("small"), "small");
    assertThat(large.backUp().failures()).isEmpty();
    assertThat(large.probe.unfinishedUploads()).contains(large.key, foreign);

    Duration moment = Duration.ofNanos(1);
    assertThat(
            Mtb.backup(large.job(o -> o.dryRun(true).uploads(u -> u.withKeep(moment)))).exitCode())
        .isZero();
    assertThat(large.probe.unfinishedUploads()).contains(large.key, foreign);
    assertThat(Mtb.backup(large.job(o -> o.uploads(u -> u.withKeep(moment)))).exitCode()).isZero();

    assertThat(large.probe.unfinishedUploads()).contains(foreign).doesNotContain(large.key);
    large.proxy.reset();
    assertThat(large.backUp().failures()).isEmpty();
    assertThat(large.proxy.recentRequests()).noneMatch(request -> request.startsWith("DELETE"));
    large.probe.abortUploads(foreign);
  }

  @Thorough
  @ParameterizedTest
  @ValueSource(strings = {"S3Proxy", "own"})
  void killedAgainAndAgain_sendsOnlyWhatWasOnItsWayAgain(String name) throws Exception {
    int kills = 5;
    int size = 120_000_000;
    open(name);
    long seed = Seed.of("kills of an upload");
    SplittableRandom random = new SplittableRandom(seed);
    byte[] content = large.write(RandomTree.bytes(1, size));
    String[] command = {
      "backup",
      "-t",
      Integer.toString(THREADS),
      "--endpoint-url",
      large.proxy.endpoint().toString(),
      "--passwd-file",
      temp.resolve("passwd").toString(),
      "-b",
      large.source.toString(),
      ".",
      "s3://" + large.bucket + "/" + temp.getFileName()
    };
    // 20 MB/s: a part takes long enough to be met by a kill.
    large.proxy.setUpstreamBandwidth(160_000_000);
    large.proxy.reset();
    int killed = 0;
    for (int kill = 1; kill <= kills; kill++) {
      long limit = large.proxy.snapshot().bytesUp() + PART + random.nextInt(3 * PART);
      MtbProcess mtb = MtbProcess.start(temp, Map.of(), List.of(), command);
      while (mtb.isAlive() && large.proxy.snapshot().bytesUp() < limit) {
        Thread.sleep(5);
      }
      mtb.signal("KILL");
      killed += mtb.exitCode() == 137 ? 1 : 0;
      // The proxy must be quiet, so that requests of the killed run are not counted for the next
      // run.
      large.proxy.awaitQuiet(Duration.ofMillis(200), Duration.ofSeconds(60));
    }
    large.proxy.setUpstreamBandwidth(0);
    MtbProcess last = MtbProcess.run(temp, command);
    String description = "seed " + seed + ", " + killed + " kills, " + large.proxy.snapshot();
    System.out.println(description);

    assertThat(last.exitCode()).as("%s%n%s", description, last.err()).isZero();
    assertThat(large.proxy.snapshot().bytesUp())
        .as(description)
        .isLessThan(size + (long) killed * THREADS * PART + kills * DOCUMENTS);
    large.assertIs(content, description);
    assertThat(large.probe.unfinishedUploads()).as(description).doesNotContain(large.key);
  }
}
