package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Filters;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Kind;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Restores from a real bucket: through s3fs, past its mount, and directly. Also counts the
 * requests.
 */
@RequiresS3fs
class RestoreIT {
  private static S3fsFixture s3fs;
  private static S3Probe probe;

  @TempDir Path temp;
  private Path source;
  private Path target;
  private Path mounted;
  private String prefix;

  /** The ways to a backup. */
  enum Way {
    THROUGH_MOUNT,
    BEHIND_MOUNT,
    BUCKET
  }

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
    target = temp.resolve("target");
    // A parameterized test needs a place for each of its runs.
    prefix =
        test.getTestMethod().orElseThrow().getName() + "-" + Long.toHexString(System.nanoTime());
    mounted = s3fs.root().resolve(prefix);
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                    .withPasswdFile(temp.resolve("passwd")));
  }

  private S3Location location() {
    return new S3Location(s3fs.server().bucket(), prefix);
  }

  private void backUp() throws Exception {
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(location())
                .options(options().threads(64).build())
                .build());
    assertThat(report.failures()).isEmpty();
    s3fs.freshMount();
  }

  private RestoreJob.Builder job(Way way) {
    RestoreJob.Builder job = RestoreJob.builder().to(target);
    return switch (way) {
      case THROUGH_MOUNT ->
          job.from(mounted).options(options().connection(c -> c.withVia(Via.MOUNT)).build());
      case BEHIND_MOUNT ->
          job.from(mounted).options(options().connection(c -> c.withVia(Via.BUCKET)).build());
      case BUCKET -> job.from(location()).options(options().build());
    };
  }

  private static BackupReport run(RestoreJob.Builder job) {
    return Mtb.restore(job.build(), BackupListener.NONE);
  }

  /**
   * Compares all attributes. Mtimes that were written through a mount have milliseconds, so MTB has
   * written these directly.
   */
  private void assertSame(Object what) throws Exception {
    assertThat(Rsync.differences(source, target, "--delete")).as("%s", what).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void randomTree_comesBack_andRsyncSeesNoDifference(Way way) throws Exception {
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
    for (String odd : List.of("dir/", "a//b", "/etc/")) {
      Path link = source.resolve("link-to-" + odd.replace('/', '_'));
      run("ln", "-s", odd, link.toString());
    }
    Files.setAttribute(tree.files().get(0), "unix:uid", 1234);
    Files.setAttribute(tree.files().get(1), "unix:gid", 4321);
    Files.setAttribute(tree.files().get(2), "unix:mode", 04755);
    Files.setAttribute(tree.directories().get(0), "unix:uid", 99);
    RandomTree.write(
        source.resolve("large"),
        RandomTree.bytes(7, 34_000_000),
        Instant.ofEpochSecond(1_600_000_000));
    RandomTree.write(
        source.resolve("middle"),
        RandomTree.bytes(8, 5_000_000),
        Instant.ofEpochSecond(1_600_000_001));
    cutTimesToWhatIsKept();
    backUp();
    BackupReport report = run(job(way));
    assertThat(report.failures()).as("%s", tree).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertSame(tree);
    BackupReport again = run(job(way));
    assertThat(again.failures()).as("%s", tree).isEmpty();
    assertThat(again.totals().copied()).as("%s", tree).isZero();
    assertSame(tree);
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  /** The JDK sets the time of a link in microseconds. */
  private void cutTimesToWhatIsKept() throws Exception {
    try (Stream<Path> all = Files.walk(source)) {
      for (Path link : all.filter(Files::isSymbolicLink).toList()) {
        BasicFileAttributeView view =
            Files.getFileAttributeView(
                link, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        Instant time = Instant.ofEpochSecond(1_600_000_000 + link.getNameCount());
        view.setTimes(FileTime.from(time), null, null);
      }
    }
    for (Path directory : List.of(source)) {
      Files.setLastModifiedTime(directory, FileTime.from(Instant.ofEpochSecond(1_500_000_000)));
    }
  }

  @Thorough
  @ParameterizedTest
  @EnumSource
  void oneFileAmongTenThousand_costsFewRequests(Way way) throws Exception {
    RandomTree.smallFiles(source, 100, 100, 10);
    backUp();
    Counts counts =
        s3fs.counting(
            () -> {
              BackupReport report = run(job(way).path(Path.of("d42/f17")));
              assertThat(report.failures()).isEmpty();
              assertThat(report.totals().copied()).isEqualTo(1);
            });
    System.out.println(way + ": one file among 10,000: " + counts);
    assertThat(target.resolve("d42/f17")).hasBinaryContent(RandomTree.bytes(42_017, 10));
    assertThat(counts.total()).as("%s", counts).isEqualTo(ONE_FILE.get(way));
    assertThat(counts.total()).isLessThan(20);
  }

  /** The exact number of requests. */
  private static final Map<Way, Long> ONE_FILE =
      Map.of(Way.THROUGH_MOUNT, 5L, Way.BEHIND_MOUNT, 8L, Way.BUCKET, 5L);

  @Test
  void everything_costsOneRequestForEachSmallFile_andAListForAThousand() throws Exception {
    RandomTree.smallFiles(source, 10, 100, 4096);
    Files.createSymbolicLink(source.resolve("d0/link"), Path.of("f0"));
    RandomTree.write(source.resolve("d1/empty"), new byte[0], Instant.ofEpochSecond(9));
    RandomTree.write(source.resolve("d1/middle"), RandomTree.bytes(1, 100_000), Instant.EPOCH);
    cutTimesToWhatIsKept();
    backUp();
    Counts counts =
        s3fs.counting(() -> assertThat(run(job(Way.BUCKET)).totals().copied()).isEqualTo(1003));
    System.out.println("everything: " + counts);
    // A GET for each file and link, with its metadata. An empty file needs none, and a file that is
    // not small needs a HEAD, too. A HEAD for each directory and the backup's own.
    assertThat(counts.of(Kind.GET)).as("%s", counts).isEqualTo(1000 + 1 + 1);
    assertThat(counts.of(Kind.HEAD)).as("%s", counts).isEqualTo(10 + 1 + 1 + 1);
    assertThat(counts.of(Kind.LIST)).as("%s", counts).isLessThanOrEqualTo(4);
    Counts again = s3fs.counting(() -> assertThat(run(job(Way.BUCKET)).totals().copied()).isZero());
    System.out.println("again: " + again);
    assertThat(again.of(Kind.GET)).as("%s", again).isZero();
    assertThat(again.total()).as("%s", again).isLessThanOrEqualTo(1003 + 11 + 4);
  }

  @Test
  void excludedFiles_costNothing() throws Exception {
    RandomTree.smallFiles(source, 2, 50, 10);
    RandomTree.write(source.resolve("d1/wanted.txt"), "wanted");
    backUp();
    Filters filters = Filters.builder().include("*/").include("*.txt").exclude("*").build();
    RestoreJob.Builder job =
        RestoreJob.builder()
            .from(location())
            .to(target)
            .options(options().filters(filters).build());
    Counts counts = s3fs.counting(() -> assertThat(run(job).totals().copied()).isEqualTo(1));
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(8);
  }

  @Test
  void largeFile_isReadInParts_sideBySide() throws Exception {
    RandomTree.write(
        source.resolve("large"),
        RandomTree.bytes(3, 50_000_000),
        Instant.ofEpochSecond(1_600_000_000));
    cutTimesToWhatIsKept();
    backUp();
    Counts counts = s3fs.counting(() -> assertThat(run(job(Way.BUCKET)).failures()).isEmpty());
    assertThat(counts.of(Kind.GET)).as("%s", counts).isEqualTo(6);
    assertThat(counts.bytesDown()).as("%s", counts).isLessThan(50_100_000);
    assertSame("large");
  }

  @Thorough
  @Test
  void fileThatIsWrittenWhileItIsRead_isNeverAMixture() throws Exception {
    byte[] old = RandomTree.bytes(1, 60_000_000);
    byte[] young = RandomTree.bytes(2, 60_000_000);
    Instant time = Instant.ofEpochSecond(1_600_000_000);
    RandomTree.write(source.resolve("large"), old, time);
    backUp();
    AtomicBoolean isDone = new AtomicBoolean();
    BackupReport report =
        Mtb.restore(
            job(Way.BUCKET).build(),
            new BackupListener() {
              @Override
              public void bytesWritten(long count) {
                if (isDone.compareAndSet(false, true)) {
                  try {
                    RandomTree.write(source.resolve("large"), young, time.plusSeconds(10));
                    backUp();
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                }
              }
            });
    assertThat(report.failures()).isEmpty();
    assertThat(target.resolve("large")).hasBinaryContent(young);
  }

  @Test
  void hostileKeys_restoreNothingOutsideTheTarget() throws Exception {
    RandomTree.write(source.resolve("good"), "good");
    backUp();
    Map<String, String> file = Map.of("mode", "33188", "mtime", "1600000000");
    probe.put(prefix + "/folder_$folder$", "", file);
    // A link to a folder, and a key that looks like a file in this folder.
    Path outside = Files.createDirectory(temp.resolve("outside"));
    probe.put(prefix + "/evil", outside.toString(), Map.of("mode", "41471"));
    BackupReport report = run(job(Way.BUCKET));
    assertThat(target.resolve("good")).hasContent("good");
    assertThat(Files.isDirectory(target.resolve("folder"))).as("%s", report).isTrue();
    assertThat(Files.readSymbolicLink(target.resolve("evil"))).isEqualTo(outside);
    BackupReport through = run(job(Way.BUCKET).path(Path.of("evil/file")));
    assertThat(through.exitCode()).isEqualTo(23);
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void wrongPlace_isFatal() throws Exception {
    BackupReport nothing = run(job(Way.BUCKET));
    assertThat(nothing.exitCode()).isEqualTo(10);
    assertThat(nothing.fatal().orElseThrow()).contains("no backup");
    BackupReport noBucket = run(job(Way.BUCKET).from(new S3Location("no-such-bucket", "x")));
    assertThat(noBucket.exitCode()).isEqualTo(10);
    assertThat(noBucket.fatal().orElseThrow()).contains("no-such-bucket");
    assertThat(target).doesNotExist();
  }

  @Thorough
  @Test
  void deadMount_endsTheRun() throws Exception {
    RandomTree.smallFiles(source, 10, 30, 1000);
    backUp();
    try (S3fsFixture other = S3fsFixture.start()) {
      Path there = other.root().resolve("backup");
      run("cp", "-a", source.toString(), there.toString());
      other.freshMount();
      AtomicBoolean isKilled = new AtomicBoolean();
      BackupReport report =
          Mtb.restore(
              job(Way.THROUGH_MOUNT).from(there).build(),
              new BackupListener() {
                @Override
                public void copied(Path path, Metadata metadata) {
                  if (isKilled.compareAndSet(false, true)) {
                    try {
                      other.mount().kill();
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                  }
                }
              });
      assertThat(report.exitCode()).as("%s", report).isEqualTo(10);
      assertThat(report.fatal().orElseThrow()).contains(other.root().toString());
    }
  }

  @Thorough
  @ParameterizedTest
  @EnumSource
  void interruptedBySignal_thenAgain_isComplete(Way way) throws Exception {
    RandomTree.smallFiles(source, 10, 60, 2000);
    backUp();
    s3fs.proxy().setRoundTrip(Duration.ofMillis(20));
    List<String> args = new ArrayList<>(List.of("restore", "-t", "4", "--checkers", "4"));
    if (way == Way.BUCKET) {
      args.addAll(List.of("--endpoint-url", "http://127.0.0.1:" + s3fs.proxy().port()));
      args.addAll(List.of("--passwd-file", temp.resolve("passwd").toString()));
    }
    args.addAll(
        switch (way) {
          case THROUGH_MOUNT -> List.of("--via", "mount", mounted.toString());
          case BEHIND_MOUNT -> List.of("--via", "bucket", mounted.toString());
          case BUCKET -> List.of(location().toString());
        });
    args.add(target.toString());
    MtbProcess mtb = MtbProcess.start(temp, Map.of(), List.of(), args.toArray(String[]::new));
    while (mtb.isAlive() && count(target) < 50) {
      Thread.sleep(10);
    }
    mtb.signal("INT");
    assertThat(mtb.exitCode()).as(mtb.err()).isEqualTo(130);
    assertThat(count(target)).as(mtb.err()).isLessThan(600);
    s3fs.proxy().setRoundTrip(Duration.ZERO);
    MtbProcess again = MtbProcess.run(temp, args.toArray(String[]::new));
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.err()).contains("unchanged").doesNotContain("600 files restored");
    assertSame(way);
  }

  private static long count(Path folder) throws Exception {
    if (!Files.exists(folder)) {
      return 0;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).count();
    } catch (java.io.UncheckedIOException e) {
      // The folder changes while it is walked.
      return 0;
    }
  }
}
