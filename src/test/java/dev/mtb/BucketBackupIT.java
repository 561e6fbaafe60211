package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
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
import dev.mtb.testing.WriteConditionsAnswer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Backups directly to the bucket of a real s3fs mount: what s3fs shows afterwards, and how many
 * requests are sent.
 */
@RequiresS3fs
class BucketBackupIT {
  private static S3fsFixture s3fs;
  private static S3Probe probe;

  @TempDir Path temp;
  private Path source;
  private Path mounted;
  private String prefix;

  @BeforeAll
  static void mount() throws Exception {
    s3fs = S3fsFixture.start();
    probe = S3Probe.of(s3fs.server());
  }

  @AfterAll
  static void unmount() throws Exception {
    probe.close();
    s3fs.close();
  }

  @BeforeEach
  void freshTree(TestInfo test) throws Exception {
    s3fs.freshMount();
    source = Files.createDirectory(temp.resolve("source"));
    prefix = test.getTestMethod().orElseThrow().getName();
    mounted = s3fs.root().resolve(prefix);
    WriteConditionsAnswer.remember(
        temp.resolve("state"), "http://127.0.0.1:" + s3fs.proxy().port());
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .threads(64)
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                    .withPasswdFile(temp.resolve("passwd")));
  }

  private BackupJob.Builder toBucket(BackupOptions.Builder options) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(new S3Location(s3fs.server().bucket(), prefix))
        .options(options.build());
  }

  private BackupReport backUp() {
    return Mtb.backup(toBucket(options()).build());
  }

  private BackupReport verify(boolean readData) {
    return Mtb.verify(
        toBucket(options().checks(c -> c.withReadData(readData))).build(), BackupListener.NONE);
  }

  private BackupReport backUpThroughMount() {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(mounted)
            .options(options().connection(c -> c.withVia(Via.MOUNT)).build())
            .build());
  }

  private void assertSame() throws Exception {
    s3fs.freshMount();
    assertThat(Rsync.differences(source, mounted, "--delete")).isEmpty();
  }

  private RandomTree randomTree() throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(12)
            .emptyDirectories(3)
            .files(80)
            .sizes(0, 300_000)
            .links(15)
            .awkwardNames()
            .build(source.resolve("tree"));
    tree.deleteLinksThatS3fsCannotKeep();
    return tree;
  }

  @Test
  void randomTree_rsyncSeesNoDifference_andBothWaysAgree() throws Exception {
    RandomTree tree = randomTree();
    BackupReport first = backUp();
    assertThat(first.failures()).as("%s", tree).isEmpty();
    assertSame();
    assertThat(backUp().totals().copied()).as("again, %s", tree).isZero();
    s3fs.freshMount();
    BackupReport mount = backUpThroughMount();
    assertThat(mount.failures()).as("%s", tree).isEmpty();
    assertThat(mount.totals().copied()).as("through the mount, %s", tree).isZero();
    assertThat(verify(false).failures()).as("%s", tree).isEmpty();
    assertThat(verify(true).failures()).as("%s", tree).isEmpty();
  }

  @Test
  void madeThroughTheMount_isUnchangedForTheBucket() throws Exception {
    RandomTree tree = randomTree();
    assertThat(backUpThroughMount().failures()).as("%s", tree).isEmpty();
    BackupReport bucket = backUp();
    assertThat(bucket.failures()).as("%s", tree).isEmpty();
    assertThat(bucket.totals().copied()).as("%s", tree).isZero();
    assertThat(verify(false).failures()).as("%s", tree).isEmpty();
  }

  @Test
  void newFiles_cost() throws Exception {
    RandomTree.smallFiles(source, 10, 20, 4096);
    Counts counts = s3fs.counting(() -> assertThat(backUp().totals().copied()).isEqualTo(200));
    // Besides the files: one list, and the destination's own directory.
    assertThat(counts.of(Kind.PUT)).as("%s", counts).isEqualTo(200 + 10 + 2);
    assertThat(counts.total()).as("%s", counts).isEqualTo(213);
    assertSame();
  }

  @Test
  void smallUnchangedFiles_cost() throws Exception {
    RandomTree.smallFiles(source, 20, 60, 4096);
    backUp();
    Counts counts = s3fs.counting(() -> assertThat(backUp().totals().unchanged()).isEqualTo(1200));
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(6);
  }

  @Test
  void unchangedFiles_withoutTheCatalog_costAHeadOnce() throws Exception {
    RandomTree.smallFiles(source, 4, 50, 4096);
    backUp();
    BackupOptions.Builder elsewhere = options().stateDirectory(temp.resolve("other state"));
    for (int limit : new int[] {210, 4}) {
      Counts counts =
          s3fs.counting(
              () ->
                  assertThat(Mtb.backup(toBucket(elsewhere).build()).totals().unchanged())
                      .isEqualTo(200));
      assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(limit);
    }
  }

  @Test
  void metadataThatAnotherClientChanged_isCorrected() throws Exception {
    RandomTree.smallFiles(source, 1, 5, 100);
    backUp();
    // The content is the same, and in a list only the date differs.
    Thread.sleep(3000);
    String key = prefix + "/d0/f1";
    probe.copyOntoItself(key, Map.of("mode", "33279", "mtime", "1.000000000"));
    assertThat(backUp().totals().copied()).isEqualTo(1);
    assertSame();
  }

  @Test
  void whatOnlyAWideWindowMadeEqual_isNotRemembered() throws Exception {
    Path file =
        RandomTree.write(
            source.resolve("f"),
            "one".getBytes(StandardCharsets.UTF_8),
            Instant.ofEpochSecond(1_600_000_000));
    backUp();
    RandomTree.write(
        file, "two".getBytes(StandardCharsets.UTF_8), Instant.ofEpochSecond(1_600_000_100));
    BackupOptions.Builder wide = options().comparison(c -> c.withModifyWindow(Duration.ofHours(1)));
    assertThat(Mtb.backup(toBucket(wide).build()).totals().copied()).isZero();
    assertThat(backUp().totals().copied()).isEqualTo(1);
    assertSame();
  }

  @Test
  void copyWithoutTimes_isGivenThem() throws Exception {
    RandomTree.smallFiles(source, 2, 5, 100);
    Process cp =
        new ProcessBuilder("cp", "-r", source.toString(), mounted.toString()).inheritIO().start();
    assertThat(cp.waitFor()).isZero();
    assertThat(backUp().totals().copied()).isEqualTo(10);
    assertSame();
  }

  @Test
  void largeUnchangedFiles_cost() throws Exception {
    RandomTree.smallFiles(source, 2, 10, 5_000_000);
    backUp();
    Counts counts = s3fs.counting(() -> assertThat(backUp().totals().unchanged()).isEqualTo(20));
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(2);
  }

  @Test
  void everyChange_isSeenAndCostsLittle() throws Exception {
    RandomTree.smallFiles(source, 5, 20, 4096);
    RandomTree.write(source.resolve("d0/large"), RandomTree.bytes(1, 6_000_000), Instant.EPOCH);
    Files.createSymbolicLink(source.resolve("d0/link"), Path.of("one"));
    Path gone = Files.createDirectory(source.resolve("becomes-file"));
    RandomTree.write(gone.resolve("x/y"), "y");
    backUp();

    // Same size, same mtime set back; only the ctime tells.
    FileTime mtime = Files.getLastModifiedTime(source.resolve("d1/f1"));
    Files.write(source.resolve("d1/f1"), RandomTree.bytes(77, 4096));
    Files.setLastModifiedTime(source.resolve("d1/f1"), mtime);
    Files.setAttribute(source.resolve("d1/f2"), "unix:mode", 0751);
    Files.setAttribute(source.resolve("d1/f3"), "unix:uid", 1234);
    Files.setLastModifiedTime(source.resolve("d1/f4"), FileTime.from(Instant.ofEpochSecond(99)));
    Files.setLastModifiedTime(source.resolve("d0/large"), FileTime.from(Instant.ofEpochSecond(9)));
    Files.setAttribute(source.resolve("d2"), "unix:mode", 0700);
    Files.write(source.resolve("d3/f5"), RandomTree.bytes(78, 10));
    Files.delete(source.resolve("d0/link"));
    Files.createSymbolicLink(source.resolve("d0/link"), Path.of("two"));
    Files.delete(source.resolve("becomes-file/x/y"));
    Files.delete(source.resolve("becomes-file/x"));
    Files.delete(source.resolve("becomes-file"));
    RandomTree.write(source.resolve("becomes-file"), "now a file");
    Files.delete(source.resolve("d4/f6"));
    Files.createDirectory(source.resolve("d4/f6"));
    RandomTree.write(source.resolve("d4/f6/in"), "in");

    // A file replaces a directory only if deletion is allowed.
    Counts counts =
        s3fs.counting(
            () ->
                assertThat(
                        Mtb.backup(toBucket(options().deletion(Deletion.ALL)).build()).failures())
                    .as("%s", source)
                    .isEmpty());
    assertThat(counts.bytesUp()).as("%s", counts).isLessThan(40_000);
    s3fs.freshMount();
    assertThat(Rsync.differences(source, mounted, "--delete")).isEmpty();
    assertThat(backUp().totals().copied()).isZero();
  }

  @Test
  void multipart_isWhole_andProvedWithoutDownload() throws Exception {
    Path large = source.resolve("large");
    RandomTree.write(large, RandomTree.bytes(1, 34_000_000), Instant.ofEpochSecond(1_600_000_000));
    assertThat(backUp().failures()).isEmpty();
    assertSame();
    Counts counts = s3fs.counting(() -> assertThat(verify(false).failures()).isEmpty());
    assertThat(counts.bytesDown()).as("%s", counts).isLessThan(10_000);
    assertThat(counts.of(Kind.HEAD)).as("%s", counts).isEqualTo(2);
    assertThat(verify(true).failures()).isEmpty();
    assertThat(probe.unfinishedUploads()).isEmpty();

    // Through the mount, s3fs chooses the parts.
    Files.write(large, RandomTree.bytes(2, 36_000_000));
    assertThat(backUpThroughMount().failures()).isEmpty();
    counts = s3fs.counting(() -> assertThat(verify(false).failures()).isEmpty());
    assertThat(counts.bytesDown()).as("%s", counts).isLessThan(10_000);
  }

  @Test
  void verify_findsWhatWasTamperedWith() throws Exception {
    RandomTree.smallFiles(source, 1, 5, 1000);
    backUp();
    probe.put(prefix + "/d0/f1", "other", probe.metadata(prefix + "/d0/f1"));
    probe.delete(prefix + "/d0/f2");
    BackupReport report = verify(false);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.failures().stream().map(f -> f.path().toString()).toList())
        .containsExactlyInAnyOrder("d0/f1", "d0/f2");
  }

  @Test
  void objectsOfOtherTools_areGivenTheirMetadata() throws Exception {
    RandomTree.smallFiles(source, 1, 5, 4);
    RandomTree.write(source.resolve("d0/text"), "text");
    probe.put(prefix + "/d0/text", "text", Map.of());
    assertThat(backUp().failures()).isEmpty();
    assertSame();
  }

  @Test
  void directoryMovedOverAnother_isNotTakenForTheOldOne() throws Exception {
    for (String name : List.of("current", "new")) {
      RandomTree.write(
          source.resolve(name).resolve("same"),
          "same content".getBytes(StandardCharsets.UTF_8),
          Instant.ofEpochSecond(name.equals("new") ? 1_600_000_000 : 1_500_000_000));
      Files.setLastModifiedTime(
          source.resolve(name),
          FileTime.from(Instant.ofEpochSecond(1_400_000_000L + name.length())));
    }
    backUp();
    Files.move(source.resolve("current"), source.resolve("old"));
    Files.move(source.resolve("new"), source.resolve("current"));
    assertThat(backUp().failures()).isEmpty();
    s3fs.freshMount();
    assertThat(Rsync.differences(source, mounted)).isEmpty();
  }

  private BackupReport throughMountPoint(Via via, boolean dryRun) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(mounted)
            .options(options().connection(c -> c.withVia(via)).dryRun(dryRun).build())
            .build());
  }

  @Test
  void auto_findsTheBucketBehindTheMount() throws Exception {
    RandomTree.smallFiles(source, 10, 20, 4096);
    Counts counts =
        s3fs.counting(
            () -> assertThat(throughMountPoint(Via.AUTO, false).outcome()).isEqualTo(Outcome.OK));
    // Besides the PUTs of the files: the destination's directory, a list, a probe.
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(213 + 25);
    assertSame();
    counts =
        s3fs.counting(
            () -> assertThat(throughMountPoint(Via.AUTO, false).totals().copied()).isZero());
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(10);
    assertThat(throughMountPoint(Via.MOUNT, false).totals().copied()).isZero();
    assertThat(throughMountPoint(Via.AUTO, true).totals().unchanged()).isEqualTo(200);
    assertThat(probe.keys(prefix + "/")).noneMatch(key -> key.contains(".mtb-tmp"));
  }

  @Test
  void auto_onAMountWithAnUnknownOption_goesThroughTheMountAndSaysSo() throws Exception {
    RandomTree.smallFiles(source, 1, 3, 10);
    try (S3fsFixture other = S3fsFixture.start("use_xattr")) {
      MtbProcess mtb =
          MtbProcess.start(
              temp,
              Map.of("MTB_STATE_DIR", temp.resolve("state").toString()),
              List.of(),
              "backup",
              "-b",
              source.toString(),
              ".",
              other.root().resolve("backup").toString());
      assertThat(mtb.exitCode()).as(mtb.err()).isZero();
      assertThat(mtb.err()).contains("through the mount").contains("use_xattr");
      other.freshMount();
      assertThat(Rsync.differences(source, other.root().resolve("backup"), "--delete")).isEmpty();
    }
  }

  @Test
  void viaBucket_whereThereIsNone_isRefused() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("folder"));
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(folder)
                .options(options().connection(c -> c.withVia(Via.BUCKET)).build())
                .build());
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("not on a mounted S3FS");
  }

  @Test
  void dryRun_changesNothing() throws Exception {
    RandomTree.smallFiles(source, 2, 5, 100);
    BackupReport dry = Mtb.backup(toBucket(options().dryRun(true)).build());
    assertThat(dry.totals().copied()).isEqualTo(10);
    assertThat(probe.keys(prefix + "/")).isEmpty();
  }

  /** The dry run reports the failures that the run then has. */
  @Test
  void dryRun_failsForNamesThatTheBucketCannotKeep() throws Exception {
    RandomTree.write(source.resolve("good"), "good");
    backUp();
    RandomTree.write(source.resolve("a\u0001b/inside"), "a control character");
    RandomTree.write(source.resolve("c\u0002"), "a control character");
    Path deep = source;
    for (int i = 0; i < 6; i++) {
      deep = deep.resolve("d".repeat(200));
    }
    RandomTree.write(deep.resolve("f"), "too long");
    for (Via via : List.of(Via.BUCKET, Via.MOUNT)) {
      List<String> expected = failures(throughMountPoint(via, true));
      assertThat(expected).as("%s", via).hasSize(3);
      assertThat(failures(throughMountPoint(via, false))).as("%s", via).isEqualTo(expected);
    }
  }

  private static List<String> failures(BackupReport report) {
    assertThat(report.exitCode()).as("%s", report.fatal()).isEqualTo(23);
    return report.failures().stream().map(f -> f.path() + ": " + f.error()).sorted().toList();
  }

  @Test
  void mtimeAfter2262_isCopiedOnce_alsoThroughTheMount() throws Exception {
    Path late = Files.writeString(source.resolve("late"), "from the year 2300");
    assertThat(late.toFile().setLastModified(Instant.parse("2300-01-01T00:00:00Z").toEpochMilli()))
        .isTrue();
    assertThat(backUp().totals().copied()).isEqualTo(1);
    assertThat(backUp().totals().unchanged()).isEqualTo(1);
    assertThat(backUpThroughMount().totals().unchanged()).isEqualTo(1);
    Files.writeString(late, "and changed through the mount");
    assertThat(late.toFile().setLastModified(Instant.parse("2301-01-01T00:00:00Z").toEpochMilli()))
        .isTrue();
    BackupReport changed = backUpThroughMount();
    assertThat(changed.failures()).isEmpty();
    assertThat(changed.totals().copied()).isEqualTo(1);
    // The kernel shows the old time of a file that was overwritten for a second.
    s3fs.freshMount();
    assertThat(backUpThroughMount().totals().unchanged()).isEqualTo(1);
  }

  /**
   * OpenStack Swift refuses a copy of an object that was uploaded in parts, even if the condition
   * has its current tag.
   */
  @Test
  void serverThatRefusesTheCurrentTag_stillGetsTheMode() throws Exception {
    Path file = Files.writeString(source.resolve("file"), "content");
    assertThat(backUp().outcome()).isEqualTo(Outcome.OK);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    AtomicInteger refused = new AtomicInteger();
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT") && path.contains("/file") && refused.getAndIncrement() == 0
                    ? Fault.Action.answer(412)
                    : Fault.Action.pass());
    BackupReport report;
    try {
      report = backUp();
    } finally {
      s3fs.proxy().setFault((method, path, sequence) -> Fault.Action.pass());
    }
    assertThat(report.failures()).isEmpty();
    assertThat(refused.get()).isEqualTo(2);
    assertThat(Integer.parseInt(probe.metadata(prefix + "/file").get("mode")))
        .isEqualTo(0100000 | 0700);
    assertThat(probe.content(prefix + "/file").map(String::new)).contains("content");
    assertSame();
  }

  /** Keys of other clients that s3fs cannot show as files. */
  @Test
  void foreignKeys_stay_andKeepNothingElseFromBeingDeleted() throws Exception {
    Files.writeString(source.resolve("old"), "old");
    assertThat(backUp().outcome()).isEqualTo(Outcome.OK);
    Files.delete(source.resolve("old"));
    Files.writeString(source.resolve("new"), "new");
    List<String> foreign =
        List.of("sub_$folder$", "control\u0001key", "gone/deep_$folder$", "gone/\u0002");
    for (String key : foreign) {
      probe.put(prefix + "/" + key, "theirs", Map.of());
    }
    probe.put(prefix + "/gone/ordinary", "extraneous", Map.of());
    for (int run = 1; run <= 2; run++) {
      List<String> skipped = Collections.synchronizedList(new ArrayList<>());
      BackupReport report =
          Mtb.backup(
              toBucket(options().deletion(Deletion.ALL)).build(),
              new BackupListener() {
                @Override
                public void kept(Path path, String why) {
                  skipped.add(path.toString());
                }
              });
      assertThat(report.failures()).as("run %s", run).isEmpty();
      assertThat(skipped).containsExactlyInAnyOrderElementsOf(foreign);
    }
    // The probe cannot list these keys, since they make the XML invalid.
    assertThat(probe.content(prefix + "/old")).isEmpty();
    assertThat(probe.content(prefix + "/gone/ordinary")).isEmpty();
    assertThat(probe.content(prefix + "/new")).isPresent();
    for (String key : foreign) {
      assertThat(probe.content(prefix + "/" + key)).as(key).isPresent();
    }
  }
}
