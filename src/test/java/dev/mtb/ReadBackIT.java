package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.CountingProxy.Kind;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies that are read back, from a real bucket: through a real mount, and straight. */
@RequiresS3fs
class ReadBackIT {
  private static final String FRUGAL = "enable_noobj_cache,notsup_compat_dir";

  /**
   * On a busy machine, s3fs may learn of a close later than MTB waits. Then one file in hundreds is
   * read from the local disk and not from the bucket, and the test tries again. Without the wait,
   * dozens would be in each attempt.
   */
  private static final int ATTEMPTS = 3;

  @TempDir Path temp;
  private Path source;
  private S3fsFixture s3fs;
  private S3Probe probe;
  private String place = "backup";
  private Path state;

  private void mount(String options) throws Exception {
    s3fs = S3fsFixture.start(options);
    probe = S3Probe.of(s3fs.server());
    source = Files.createDirectory(temp.resolve("source"));
    state = temp.resolve("state");
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  @AfterEach
  void unmount() throws Exception {
    if (s3fs != null) {
      probe.close();
      s3fs.close();
    }
  }

  private BackupReport backUp(Via via, boolean verifyAfter) {
    return backUp(via, BackupOptions.builder().checks(c -> c.withVerifyAfter(verifyAfter)));
  }

  private BackupReport backUp(Via via, BackupOptions.Builder options) {
    BackupJob.Builder job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .options(
                options
                    .stateDirectory(state)
                    .connection(
                        c ->
                            c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                                .withPasswdFile(temp.resolve("passwd"))
                                .withVia(via == Via.MOUNT ? Via.MOUNT : Via.AUTO))
                    .build());
    return Mtb.backup(
        (via == Via.MOUNT
                ? job.destination(s3fs.root().resolve(place))
                : job.destination(new S3Location(s3fs.server().bucket(), place)))
            .build());
  }

  private void assertSame() throws Exception {
    s3fs.freshMount();
    assertThat(Rsync.differences(source, s3fs.root().resolve("backup"), "--delete")).isEmpty();
  }

  private long objectsRead() {
    return s3fs.proxy().recentRequests().stream()
        .filter(request -> request.startsWith("GET ") && request.contains("/backup/d"))
        .map(request -> request.split(" ", -1)[1])
        .distinct()
        .count();
  }

  @Thorough
  @ParameterizedTest
  @EnumSource(
      value = Via.class,
      names = {"MOUNT", "BUCKET"})
  void everyCopy_isReadFromTheBucket_howeverManyThreads(Via via) throws Exception {
    mount(FRUGAL);
    RandomTree.smallFiles(source, 10, 30, 4096);
    // Without a delay, uploads would take no time, and s3fs would learn of each close at once.
    s3fs.proxy().setRoundTrip(Duration.ofMillis(5));
    Counts plain = s3fs.counting(() -> backUp(via, false));
    assertThat(plain.of(Kind.GET)).as("%s", plain).isZero();
    Counts counts = readBackAll(via, 1);
    int attempts = via == Via.MOUNT ? ATTEMPTS : 1;
    for (int attempt = 2; counts.of(Kind.GET) != 300 && attempt <= attempts; attempt++) {
      counts = readBackAll(via, attempt);
    }
    assertThat(objectsRead()).as("%s", counts).isEqualTo(300);
    assertThat(counts.of(Kind.GET)).as("%s", counts).isEqualTo(300);
    s3fs.proxy().setRoundTrip(Duration.ZERO);
    assertSame();
  }

  /** Changes all files, backs them up and reads them back. */
  private Counts readBackAll(Via via, int attempt) throws Exception {
    for (int d = 0; d < 10; d++) {
      for (int f = 0; f < 30; f++) {
        int size = f % 3 == 0 ? 4096 : f % 3 == 1 ? 5000 : 3000;
        RandomTree.write(
            source.resolve("d" + d).resolve("f" + f),
            RandomTree.bytes(attempt * 1000 + d * 100 + f, size),
            Instant.ofEpochSecond(1_650_000_000 + attempt));
      }
    }
    return s3fs.counting(
        () -> {
          BackupReport report = backUp(via, true);
          assertThat(report.failures()).isEmpty();
          assertThat(report.totals().copied()).isEqualTo(300);
        });
  }

  @Thorough
  @Test
  void newFiles_throughTheMount_costTwoOrThreeRequestsMore() throws Exception {
    mount(FRUGAL);
    RandomTree.smallFiles(source, 10, 20, 4096);
    Counts plain = s3fs.counting(() -> backUp(Via.MOUNT, false));
    Counts proven = readBackTo("other");
    for (int attempt = 2; proven.of(Kind.GET) != 200 && attempt <= ATTEMPTS; attempt++) {
      proven = readBackTo("other" + attempt);
    }
    Counts more = proven.minus(plain);
    assertThat(more.of(Kind.GET)).as("%s, %s", plain, proven).isEqualTo(200);
    // The kernel sends one more request if it has last seen the name more than a second ago.
    assertThat(more.total()).as("%s, %s", plain, proven).isBetween(400L, 600L);
  }

  private Counts readBackTo(String destination) throws Exception {
    place = destination;
    return s3fs.counting(() -> assertThat(backUp(Via.MOUNT, true).outcome()).isEqualTo(Outcome.OK));
  }

  /**
   * Replaces the content of an object with other content of the same length, and keeps everything
   * else.
   */
  private void damage(String key) {
    Map<String, String> metadata = probe.metadata(key);
    probe.put(key, "x".repeat((int) probe.size(key)), metadata);
  }

  /** Damages an object just before it is read, the first so many times. */
  private Fault damaging(String key, int times, AtomicInteger count) {
    String path = "/" + s3fs.server().bucket() + "/" + key;
    return (method, target, sequence) -> {
      boolean isReading =
          method.equals("GET") && (target.equals(path) || target.startsWith(path + "?"));
      if (isReading && count.incrementAndGet() <= times) {
        damage(key);
      }
      return Fault.Action.pass();
    };
  }

  @ParameterizedTest
  @EnumSource(
      value = Via.class,
      names = {"MOUNT", "BUCKET"})
  void objectThatIsDamagedAfterItsUpload_isFound_andTheNextRunRepairsIt(Via via) throws Exception {
    mount(FRUGAL);
    RandomTree.smallFiles(source, 2, 10, 3000);
    AtomicInteger reads = new AtomicInteger();
    s3fs.proxy().setFault(damaging("backup/d1/f3", Integer.MAX_VALUE, reads));
    BackupReport report = backUp(via, true);
    s3fs.proxy().setFault(Fault.NONE);

    assertThat(reads.get()).isEqualTo(2);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().copied()).isEqualTo(19);
    assertThat(report.failures()).hasSize(1);
    Failure failure = report.failures().get(0);
    assertThat(failure.path()).isEqualTo(Path.of("d1/f3"));
    assertThat(failure.stage()).isEqualTo(Failure.Stage.VERIFY);
    assertThat(failure.error()).contains("the copy in the backup is wrong", "next run");
    s3fs.freshMount();
    assertThat(s3fs.root().resolve("backup/d1/f3")).hasContent("x".repeat(3000));

    BackupReport next = backUp(via, false);
    assertThat(next.failures()).isEmpty();
    assertThat(next.totals().copied()).isEqualTo(1);
    assertSame();
    assertThat(backUp(via, false).totals().copied()).isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = Via.class,
      names = {"MOUNT", "BUCKET"})
  void objectThatIsDamagedOnce_isCopiedAgainAtOnce(Via via) throws Exception {
    mount(FRUGAL);
    RandomTree.smallFiles(source, 2, 10, 3000);
    AtomicInteger reads = new AtomicInteger();
    s3fs.proxy().setFault(damaging("backup/d1/f3", 1, reads));
    BackupReport report = backUp(via, true);
    s3fs.proxy().setFault(Fault.NONE);

    assertThat(reads.get()).isEqualTo(2);
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(20);
    assertSame();
    assertThat(backUp(via, false).totals().copied()).isZero();
  }

  @Test
  void mark_worksWithoutTheCatalog_andWithATagThatMatches() throws Exception {
    mount(FRUGAL);
    RandomTree.smallFiles(source, 1, 3, 3000);
    assertThat(backUp(Via.BUCKET, false).failures()).isEmpty();
    // The server's tag matches, and the catalog is empty.
    Map<String, String> metadata = probe.metadata("backup/d0/f1");
    Map<String, String> marked = new HashMap<>(metadata);
    marked.put("mtime", Instant.parse("1980-01-02T03:04:06Z").getEpochSecond() + ".000000000");
    probe.copyOntoItself("backup/d0/f1", marked);

    state = temp.resolve("nothing");
    for (CompareMode mode :
        new CompareMode[] {CompareMode.SIZE, CompareMode.CHECKSUM, CompareMode.SIZE_MTIME}) {
      // The last one stays damaged.
      BackupReport report =
          backUp(
              Via.BUCKET,
              BackupOptions.builder().compare(mode).dryRun(mode != CompareMode.SIZE_MTIME));
      assertThat(report.totals().copied()).as("%s", mode).isEqualTo(1);
      assertThat(report.totals().bytesCopied()).as("%s", mode).isEqualTo(3000);
    }
    assertSame();
  }

  @Thorough
  @ParameterizedTest
  @ValueSource(ints = {300_000, (10 << 20) + 1, (25 << 20) - 1, 25 << 20, (30 << 20) + 7})
  void largeFiles_whoseDestinationReadsThemItself_areProvenAndListed(int size) throws Exception {
    mount(FRUGAL);
    RandomTree.write(
        source.resolve("d/large"),
        RandomTree.bytes(size, size),
        Instant.ofEpochSecond(1_600_000_000));
    Path manifest = temp.resolve("manifest");
    for (Via via : new Via[] {Via.BUCKET, Via.MOUNT}) {
      BackupReport report =
          backUp(
              via,
              BackupOptions.builder()
                  .checks(c -> c.withVerifyAfter(true))
                  .manifest(manifest)
                  .compare(CompareMode.ALWAYS)
                  .comparison(c -> c.withDigest(DigestAlgorithm.SHA256)));
      assertThat(report.failures()).as("%s", via).isEmpty();
      assertThat(report.totals().copied()).as("%s", via).isEqualTo(1);
      assertThat(objectsRead()).as("%s", via).isEqualTo(1);
      s3fs.freshMount();
      Process check =
          new ProcessBuilder("sha256sum", "--strict", "-c", manifest.toString())
              .directory(s3fs.root().resolve("backup").toFile())
              .redirectErrorStream(true)
              .start();
      assertThat(new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("d/large: OK\n");
      s3fs.proxy().reset();
    }
  }

  @Test
  void randomTree_isProven_throughADefaultMount_withItsMetadata() throws Exception {
    mount("nonempty");
    RandomTree tree =
        RandomTree.random()
            .directories(8)
            .files(40)
            .sizes(0, 300_000)
            .links(8)
            .awkwardNames()
            .build(source.resolve("tree"));
    tree.deleteLinksThatS3fsCannotKeep();
    Files.setAttribute(tree.files().get(0), "unix:uid", 1000);
    Files.setAttribute(tree.files().get(0), "unix:gid", 1001);
    for (int round = 0; round < 2; round++) {
      for (Path file : tree.files()) {
        // Files are halved in the second round, so that all ways to overwrite are used.
        int size = (int) (Files.size(file) * (2 - round) / 2) + round;
        RandomTree.write(
            file,
            RandomTree.bytes(round, size),
            Instant.ofEpochSecond(1_600_000_000L + 100L * round, 123_000_000));
      }
      BackupReport report = backUp(Via.MOUNT, true);
      assertThat(report.failures()).as("round %d, %s", round, tree).isEmpty();
    }
    assertSame();
    assertThat(backUp(Via.MOUNT, false).totals().copied()).as("%s", tree).isZero();
  }

  @Test
  void mountThatKeepsContents_isWarnedOf() throws Exception {
    Path cache = temp.resolve("cache");
    mount("use_cache=" + cache);
    RandomTree.write(source.resolve("f"), "content");

    BackupReport report = backUp(Via.MOUNT, true);

    assertThat(report.outcome()).isEqualTo(Outcome.OK);
    assertThat(report.advice())
        .anySatisfy(text -> assertThat(text).contains("use_cache", "proves nothing"));
    assertThat(backUp(Via.MOUNT, false).advice()).noneMatch(text -> text.contains("use_cache"));
  }

  @Thorough
  @Test
  void command_provesAndLists() throws Exception {
    mount(FRUGAL);
    RandomTree.smallFiles(source, 1, 3, 100);
    Path manifest = temp.resolve("manifest");
    String backup = s3fs.root().resolve("backup").toString();

    MtbProcess run =
        MtbProcess.run(
            temp,
            "backup",
            "--verify-after",
            "--manifest",
            manifest.toString(),
            "-b",
            source.toString(),
            ".",
            backup);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(objects(manifest)).isEqualTo(3);
    MtbProcess wrong =
        MtbProcess.run(
            temp,
            "backup",
            "--manifest",
            temp.resolve("no/manifest").toString(),
            "-b",
            source.toString(),
            ".",
            backup);
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err()).contains("there is no directory");
  }

  private static long objects(Path manifest) throws IOException {
    try (var lines = Files.lines(manifest, StandardCharsets.UTF_8)) {
      return lines.filter(line -> !line.startsWith("#")).count();
    }
  }
}
