package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.S3Location;
import dev.mtb.store.ContentTag;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.NullS3;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups to a bucket whose server fails. */
class BucketFaultIT {
  private static final String SECRET = "a-secret-that-nobody-may-see";

  @TempDir Path temp;
  private S3Server server;
  private CountingProxy proxy;
  private S3Probe probe;
  private Path source;
  private Path passwd;

  @BeforeEach
  void start() throws IOException {
    server = S3Server.start("bucket");
    proxy = CountingProxy.start(server.port());
    probe = S3Probe.of(server);
    source = Files.createDirectory(temp.resolve("source"));
    passwd = temp.resolve("passwd");
    Secrets.write(passwd, server.identity() + ":" + server.credential());
  }

  @AfterEach
  void stop() throws IOException {
    probe.close();
    proxy.close();
    server.close();
  }

  private BackupJob.Builder job(String bucket, int port) {
    return job(bucket, port, Deletion.NONE);
  }

  private BackupJob.Builder job(String bucket, int port, Deletion deletion) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(S3Location.parse("s3://" + bucket + "/backup"))
        .options(
            BackupOptions.builder()
                .threads(16)
                .deletion(deletion)
                .connection(
                    c ->
                        c.withEndpoint(URI.create("http://127.0.0.1:" + port))
                            .withPasswdFile(passwd))
                .build());
  }

  private BackupReport mirror() {
    return Mtb.backup(job("bucket", proxy.port(), Deletion.ALL).build());
  }

  private BackupReport backUp() {
    return Mtb.backup(job("bucket", proxy.port()).build());
  }

  private void assertVerified() {
    proxy.setFault(Fault.NONE);
    assertThat(Mtb.verify(job("bucket", server.port()).build(), BackupListener.NONE).failures())
        .isEmpty();
  }

  private void files(int count) throws IOException {
    for (int f = 0; f < count; f++) {
      RandomTree.write(
          source.resolve("d" + f % 10 + "/f" + f),
          RandomTree.bytes(f, 1000),
          Instant.ofEpochSecond(1_600_000_000L + f));
    }
  }

  private static void assertUnusable(BackupReport report, String... words) {
    assertThat(report.exitCode()).as("%s", report).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains(words).doesNotContain(SECRET);
  }

  /** Amazon's S3 names the encryption in each answer. */
  @Test
  void serverThatDoesNotSayThatItEncrypts_isNotTrustedToDoSo() throws Exception {
    files(20);
    try (NullS3 silent = NullS3.start()) {
      MtbProcess mtb =
          MtbProcess.run(
              temp,
              "backup",
              "--sse",
              "AES256",
              "--endpoint-url",
              "http://127.0.0.1:" + silent.port(),
              "--passwd-file",
              passwd.toString(),
              "-b",
              source.toString(),
              ".",
              "s3://bucket/backup");
      assertThat(mtb.exitCode()).as(mtb.err()).isZero();
      assertThat(mtb.err()).containsOnlyOnce("does not confirm that it encrypts");
    }
  }

  /** Ceph copies no encrypted object, and says that it does not know the request. */
  @Test
  void metadataThatTheServerDoesNotReplace_isStoredWithTheContent() throws IOException {
    files(20);
    Path large = source.resolve("large");
    RandomTree.write(large, RandomTree.bytes(1, 26 << 20), Instant.ofEpochSecond(1_600_000_000));
    assertThat(backUp().failures()).isEmpty();
    for (Path file : List.of(source.resolve("d3/f3"), source.resolve("d4/f4"), large)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
    }
    proxy.setFault(Fault.ofCopies(Fault.Action.answer(501)));
    proxy.reset();

    BackupReport report = backUp();

    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(3);
    assertThat(probe.metadata("backup/d3/f3")).containsEntry("mode", "33056");
    assertThat(probe.metadata("backup/large")).containsEntry("mode", "33056");
    assertVerified();
    assertThat(backUp().totals().copied()).isZero();
  }

  @Test
  void bucketThatIsNotThere_isNamed() throws IOException {
    files(1);
    assertUnusable(Mtb.backup(job("no-such-bucket", proxy.port()).build()), "no-such-bucket");
  }

  @Test
  void wrongSecret_isReported_andNotShown() throws IOException {
    files(1);
    Secrets.write(passwd, server.identity() + ":" + SECRET);
    assertUnusable(backUp(), "secret key");
    Secrets.write(passwd, "nobody:" + SECRET);
    assertUnusable(backUp(), "check the credentials");
  }

  @Test
  void passwordFile_thatCannotBeUsed_isNamed() throws IOException {
    files(1);
    Secrets.write(passwd, "# nothing here" + System.lineSeparator());
    assertUnusable(backUp(), passwd.toString(), "ACCESS_KEY:SECRET_KEY");
    Files.delete(passwd);
    assertUnusable(backUp(), passwd.toString());
  }

  @Test
  void noServer_isNamed() throws IOException {
    files(1);
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    assertUnusable(Mtb.backup(job("bucket", port).build()), "127.0.0.1:" + port, "network");
  }

  @Thorough
  @Test
  void serverThatGoesAway_endsTheRun() throws Exception {
    files(500);
    proxy.setRoundTrip(Duration.ofMillis(20));
    proxy.setFault(
        (method, path, sequence) -> sequence < 100 ? Fault.Action.pass() : Fault.Action.reset());
    long start = System.nanoTime();
    BackupReport report = backUp();
    assertUnusable(report, "cannot be reached");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
    assertThat(report.totals().copied()).isBetween(1L, 100L);
    proxy.setFault(Fault.NONE);
    assertThat(backUp().outcome()).isEqualTo(Outcome.OK);
    assertVerified();
  }

  @Test
  void randomErrors_areRetriedUntilTheyPass() throws Exception {
    files(300);
    long seed = new Random().nextLong();
    SplittableRandom random = new SplittableRandom(seed);
    proxy.setFault(
        (method, path, sequence) -> {
          int dice;
          synchronized (random) {
            dice = random.nextInt(100);
          }
          return switch (dice) {
            case 0, 1, 2 -> Fault.Action.answer(500);
            case 3, 4 -> Fault.Action.answer(503);
            case 5 -> Fault.Action.reset();
            case 6 -> Fault.Action.loseResponse();
            default -> Fault.Action.pass();
          };
        });
    BackupReport report = backUp();
    assertThat(report.failures()).as("seed %s", seed).isEmpty();
    assertThat(report.outcome()).as("seed %s", seed).isEqualTo(Outcome.OK);
    assertVerified();
  }

  /** S3Proxy computes the digest of the content, and refuses a signature of another digest. */
  @Test
  void signedContents_areThoseThatArrive() throws IOException {
    RandomTree.write(source.resolve("none"), new byte[0], Instant.ofEpochSecond(1_600_000_000L));
    for (int size : List.of(1000, 1_000_000, 12 << 20)) {
      RandomTree.write(
          source.resolve("f" + size),
          RandomTree.bytes(size, size),
          Instant.ofEpochSecond(1_600_000_000L));
    }
    BackupJob.Builder job = job("bucket", proxy.port());
    BackupOptions signing =
        job.build().options().toBuilder().connection(c -> c.withSignPayload(true)).build();

    BackupReport report = Mtb.backup(job.options(signing).build());

    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(4);
    assertVerified();
  }

  @Test
  void oneFileThatTheServerRefuses_failsAlone() throws Exception {
    files(30);
    proxy.setFault(
        (method, path, sequence) ->
            method.equals("PUT") && path.endsWith("/f7")
                ? Fault.Action.answer(403)
                : Fault.Action.pass());
    BackupReport report = backUp();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).path()).isEqualTo(Path.of("d7/f7"));
    assertThat(report.failures().get(0).error()).contains("s3:PutObject");
    assertThat(report.totals().copied()).isEqualTo(29);
    assertThat(probe.keys("backup/d7/")).doesNotContain("backup/d7/f7");
    proxy.setFault(Fault.NONE);
    assertThat(backUp().totals().copied()).isEqualTo(1);
    assertVerified();
  }

  /** The object has the size and the time of its source, and only its content may be another. */
  @Test
  void contentThatTheServerSaysIsAnother_isSentAgainByTheNextRun() throws Exception {
    files(3);
    proxy.setFault(
        (method, path, sequence) ->
            method.equals("PUT") && path.endsWith("/f1")
                ? Fault.Action.wrongTags()
                : Fault.Action.pass());
    BackupReport report = backUp();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).error()).contains("other content than was sent");
    proxy.setFault(Fault.NONE);

    assertThat(backUp().totals().copied()).isEqualTo(1);

    assertThat(backUp().totals().copied()).isZero();
    assertVerified();
  }

  @Test
  void directoryInAFilesPlace_staysUntilTheFileIsSafe() throws Exception {
    Path place = RandomTree.write(source.resolve("place/f"), "old").getParent();
    backUp();
    Files.delete(place.resolve("f"));
    Files.delete(place);
    RandomTree.write(place, "new");
    proxy.setFault(
        (method, path, sequence) ->
            method.equals("PUT") && !path.contains("place")
                ? Fault.Action.answer(403)
                : Fault.Action.pass());
    assertThat(mirror().exitCode()).isEqualTo(23);
    assertThat(probe.content("backup/place/f")).contains("old".getBytes(StandardCharsets.UTF_8));
    proxy.setFault(Fault.NONE);
    assertThat(mirror().totals().copied()).isEqualTo(1);
    assertThat(probe.keys("backup/place")).containsExactly("backup/place");
    assertVerified();
  }

  /**
   * Other servers list the directory's own object. This server does not, when the directory is
   * empty otherwise.
   */
  @Test
  void directoryThatBecomesAFile_interruptedAnywhere_isFinishedByTheNextRun() throws Exception {
    RandomTree.write(source.resolve("other"), "other");
    for (String fault : List.of("COPY", "DELETE place/", "DELETE place/f", "DELETE .mtb")) {
      Path place = RandomTree.write(source.resolve("place/f"), "old").getParent();
      assertThat(mirror().failures()).isEmpty();
      Files.delete(place.resolve("f"));
      Files.delete(place);
      RandomTree.write(place, "new");
      proxy.setFault(
          (method, path, sequence) -> {
            boolean isTemporary = path.contains(".mtb-tmp");
            boolean isHit =
                switch (fault) {
                  case "COPY" -> method.equals("PUT") && path.endsWith("/place");
                  case "DELETE place/" -> method.equals("DELETE") && path.endsWith("/place/");
                  case "DELETE place/f" -> method.equals("DELETE") && path.endsWith("/place/f");
                  default -> method.equals("DELETE") && isTemporary;
                };
            return isHit ? Fault.Action.answer(403) : Fault.Action.pass();
          });
      assertThat(mirror().exitCode()).as(fault).isEqualTo(23);
      proxy.setFault(Fault.NONE);
      assertThat(mirror().failures()).as(fault).isEmpty();
      assertThat(probe.keys("backup/place")).as(fault).containsExactly("backup/place");
      assertVerified();
      Files.delete(place);
      assertThat(mirror().failures()).isEmpty();
    }
  }

  @Test
  void part_thatTheServerRefuses_leavesTheOldFileAndNoUpload() throws Exception {
    Path large = RandomTree.write(source.resolve("large"), "old");
    backUp();
    Files.write(large, RandomTree.bytes(5, 45_000_000));
    proxy.setFault(
        (method, path, sequence) ->
            path.contains("partNumber=3") ? Fault.Action.answer(403) : Fault.Action.pass());
    BackupReport report = backUp();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(probe.unfinishedUploads()).isEmpty();
    assertThat(probe.size("backup/large")).isEqualTo(3);
    proxy.setFault(Fault.NONE);
    assertThat(backUp().totals().copied()).isEqualTo(1);
    assertVerified();
  }

  private List<String> command() {
    return new ArrayList<>(
        List.of(
            "backup",
            "--endpoint-url",
            "http://127.0.0.1:" + proxy.port(),
            "--passwd-file",
            passwd.toString(),
            "-b",
            source.toString(),
            ".",
            "s3://bucket/backup"));
  }

  /** The server has begun an upload, and MTB does not get its id. */
  @Thorough
  @Test
  void answerThatIsLost_leavesNoUploadBehind() throws Exception {
    assertNoFailure_whereTheFirstAnswerIsLostTo(path -> path.endsWith("?uploads"));
  }

  /** The upload is complete, so that the server does not know its id any more. */
  @Test
  void answerToTheEndOfAnUploadThatIsLost_isNoFailure() throws Exception {
    assertNoFailure_whereTheFirstAnswerIsLostTo(path -> path.contains("uploadId="));
  }

  private void assertNoFailure_whereTheFirstAnswerIsLostTo(Predicate<String> post)
      throws Exception {
    RandomTree.write(source.resolve("large"), RandomTree.bytes(1, 45_000_000), Instant.EPOCH);
    AtomicInteger lost = new AtomicInteger();
    proxy.setFault(
        (method, path, sequence) ->
            method.equals("POST") && post.test(path) && lost.getAndIncrement() == 0
                ? Fault.Action.loseResponse()
                : Fault.Action.pass());
    assertThat(backUp().failures()).isEmpty();
    // The server may answer the second request with a wrong error while it still handles the first.
    assertThat(lost.get()).isBetween(2, 3);
    assertThat(probe.unfinishedUploads()).isEmpty();
    assertVerified();
  }

  @Thorough
  @Test
  void killedDuringAnUpload_theNextRunIsWhole_andNothingIsLeft() throws Exception {
    files(50);
    assertThat(backUp().failures()).isEmpty();
    MtbProcess mtb = startUpload();
    mtb.signal("KILL");
    assertThat(mtb.exitCode()).isEqualTo(137);
    assertThat(probe.unfinishedUploads()).isNotEmpty();
    proxy.setFault(Fault.NONE);
    assertThat(MtbProcess.run(temp, command().toArray(String[]::new)).exitCode()).isZero();
    assertThat(probe.unfinishedUploads()).isEmpty();
    assertVerified();
  }

  /**
   * Starts a backup with a large file. Two of its six parts are on the server and not answered yet:
   * S3Proxy cannot abort an upload of which a part was cut off, since it keeps what it has of the
   * part under a name of its own.
   */
  private MtbProcess startUpload() throws Exception {
    int size = (int) (6 * ContentTag.PART_SIZE);
    RandomTree.write(source.resolve("large"), RandomTree.bytes(1, size), Instant.EPOCH);
    proxy.setFault(
        (method, path, sequence) ->
            path.contains("partNumber=")
                ? Fault.Action.stallResponse(Duration.ofSeconds(5))
                : Fault.Action.pass());
    proxy.reset();
    List<String> command = command();
    command.addAll(1, List.of("-t", "2"));
    MtbProcess mtb = MtbProcess.start(temp, Map.of(), List.of(), command.toArray(String[]::new));
    while (proxy.snapshot().bytesUp() < 2 * ContentTag.PART_SIZE) {
      Thread.sleep(20);
    }
    return mtb;
  }

  @Thorough
  @Test
  void interruptedDuringAnUpload_leavesItToTheNextRun() throws Exception {
    MtbProcess mtb = startUpload();
    long start = System.nanoTime();
    mtb.signal("INT");
    assertThat(mtb.exitCode()).as(mtb.err()).isEqualTo(130);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(40));
    assertThat(probe.unfinishedUploads()).containsExactly("backup/large");
    assertThat(probe.keys("backup/")).doesNotContain("backup/large");
    proxy.setFault(Fault.NONE);
    proxy.reset();
    assertThat(MtbProcess.run(temp, command().toArray(String[]::new)).exitCode()).isZero();
    // Two parts were on the server.
    assertThat(proxy.snapshot().bytesUp()).isLessThan(4 * ContentTag.PART_SIZE + 50_000);
    assertThat(probe.unfinishedUploads()).isEmpty();
    assertVerified();
  }

  @Thorough
  @Test
  void wrongUse_isRefusedBeforeAnythingIsDone() throws Exception {
    files(1);
    for (List<String> arguments :
        List.of(
            List.of("backup", ".", "s3://"),
            List.of("backup", ".", "s3:///prefix"),
            List.of("backup", "--via", "mount", ".", "s3://bucket/x"),
            List.of("backup", "--endpoint-url", "ftp://host", ".", "s3://bucket/x"),
            List.of("backup", "--endpoint-url", "no url", ".", "s3://bucket/x"))) {
      MtbProcess mtb = MtbProcess.run(temp, arguments.toArray(String[]::new));
      assertThat(mtb.exitCode()).as("%s: %s", arguments, mtb.err()).isEqualTo(2);
      assertThat(mtb.err()).doesNotContain("Exception").isNotBlank();
    }
  }
}
