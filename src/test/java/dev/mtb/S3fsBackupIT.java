package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3fsFixture;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Backups to a real s3fs mount with default options: the result, and the number of requests. */
@RequiresS3fs
class S3fsBackupIT {
  private static S3fsFixture s3fs;

  @TempDir Path temp;
  private Path source;
  private Path destination;

  @BeforeAll
  static void mount() throws Exception {
    s3fs = S3fsFixture.start();
  }

  @AfterAll
  static void unmount() throws Exception {
    s3fs.close();
  }

  @BeforeEach
  void freshTree(TestInfo test) throws Exception {
    s3fs.freshMount();
    source = Files.createDirectory(temp.resolve("source"));
    destination = s3fs.root().resolve(test.getTestMethod().orElseThrow().getName());
  }

  private BackupJob.Builder job() {
    return BackupJob.builder()
        .base(source)
        .destination(destination)
        .options(
            BackupOptions.builder()
                .connection(c -> c.withVia(Via.MOUNT))
                .stateDirectory(temp.resolve("state"))
                .build());
  }

  private BackupReport backUpAll() {
    return Mtb.backup(job().source(Path.of(".")).build());
  }

  @Test
  void randomTree_firstBackup_rsyncSeesNoDifference() throws Exception {
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
    BackupReport first = backUpAll();
    assertThat(first.failures()).as("%s", tree).isEmpty();
    s3fs.freshMount();
    assertThat(Rsync.differences(source, destination)).as("%s", tree).isEmpty();
    BackupReport second = backUpAll();
    assertThat(second.totals().copied()).as("%s", tree).isZero();
    assertThat(second.totals().unchanged()).isEqualTo(first.totals().copied());
    assertThat(Mtb.verify(job().source(Path.of(".")).build(), BackupListener.NONE).outcome())
        .as("%s", tree)
        .isEqualTo(Outcome.OK);
  }

  @Test
  void newFiles_cost() throws Exception {
    RandomTree.smallFiles(source, 10, 20, 4096);
    Counts counts = s3fs.counting(() -> assertThat(backUpAll().outcome()).isEqualTo(Outcome.OK));
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(2040);
    s3fs.freshMount();
    assertThat(Rsync.differences(source, destination)).isEmpty();
  }

  @Test
  void unchangedFiles_cost() throws Exception {
    RandomTree.smallFiles(source, 10, 20, 4096);
    backUpAll();
    s3fs.freshMount();
    Counts counts =
        s3fs.counting(() -> assertThat(backUpAll().totals().unchanged()).isEqualTo(200));
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(240);
  }

  @Test
  void changedFiles_cost() throws Exception {
    RandomTree.smallFiles(source, 10, 20, 4096);
    backUpAll();
    s3fs.freshMount();
    Counts unchanged = s3fs.counting(this::backUpAll);
    for (int d = 0; d < 10; d++) {
      for (int f = 0; f < 2; f++) {
        Files.write(
            source.resolve("d" + d).resolve("f" + f),
            RandomTree.bytes(7 + d, 100),
            f == 0 ? StandardOpenOption.APPEND : StandardOpenOption.WRITE);
      }
    }
    s3fs.freshMount();
    Counts changed = s3fs.counting(() -> assertThat(backUpAll().totals().copied()).isEqualTo(20));
    assertThat(changed.minus(unchanged).total())
        .as("%s after %s", changed, unchanged)
        .isLessThanOrEqualTo(4 * 20);
    s3fs.freshMount();
    assertThat(Rsync.differences(source, destination)).isEmpty();
  }

  @Test
  void shrunkFile_neverUploadsAnEmptyOneNorDownloadsTheOld() throws Exception {
    Path file =
        RandomTree.write(source.resolve("file"), RandomTree.bytes(1, 50_000), Instant.EPOCH);
    backUpAll();
    RandomTree.write(file, RandomTree.bytes(2, 20_000), Instant.ofEpochSecond(1_700_000_000));
    s3fs.freshMount();
    Counts counts = s3fs.counting(() -> assertThat(backUpAll().totals().copied()).isEqualTo(1));
    assertThat(counts.bytesUp()).as("%s", counts).isEqualTo(20_000);
    assertThat(s3fs.proxy().recentRequests()).noneMatch(r -> r.startsWith("GET") && isObject(r));
    s3fs.freshMount();
    assertThat(Rsync.differences(source, destination)).isEmpty();
    assertThat(names(destination)).containsExactly("file");
  }

  private static boolean isObject(String request) {
    return !request.contains("prefix=") && !request.contains("max-keys");
  }

  private static List<String> names(Path directory) throws Exception {
    try (var children = Files.list(directory)) {
      return children.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void largeFile_growsAndShrinks_andTypesChange() throws Exception {
    Path large = source.resolve("large");
    RandomTree.write(large, RandomTree.bytes(1, 30_000_000), Instant.ofEpochSecond(1_600_000_000));
    Files.createDirectory(source.resolve("becomes-file"));
    RandomTree.write(source.resolve("becomes-file/x"), "x");
    RandomTree.write(source.resolve("becomes-directory"), "x");
    Files.createSymbolicLink(source.resolve("link"), Path.of("large"));
    assertThat(backUpAll().failures()).isEmpty();

    RandomTree.write(large, RandomTree.bytes(2, 26_000_000), Instant.ofEpochSecond(1_600_000_010));
    Files.delete(source.resolve("becomes-file/x"));
    Files.delete(source.resolve("becomes-file"));
    RandomTree.write(source.resolve("becomes-file"), "now a file");
    Files.delete(source.resolve("becomes-directory"));
    Files.createDirectory(source.resolve("becomes-directory"));
    RandomTree.write(source.resolve("becomes-directory/y"), "y");
    Files.delete(source.resolve("link"));
    Files.createSymbolicLink(source.resolve("link"), Path.of("elsewhere entirely"));
    s3fs.freshMount();
    // A file replaces a directory only if deletion is allowed.
    BackupJob allowed = job().source(Path.of(".")).build();
    BackupOptions mirror =
        BackupOptions.builder()
            .stateDirectory(allowed.options().stateDirectory().orElseThrow())
            .connection(c -> c.withVia(allowed.options().connection().via()))
            .threads(allowed.options().concurrency().threads())
            .deletion(Deletion.ALL)
            .build();
    assertThat(Mtb.backup(job().source(Path.of(".")).options(mirror).build()).failures()).isEmpty();
    s3fs.freshMount();
    assertThat(Rsync.differences(source, destination)).isEmpty();
    assertThat(names(destination))
        .containsExactly("becomes-directory", "becomes-file", "large", "link");
  }

  @Test
  void foreignOwnersAndSpecialBits_areKept() throws Exception {
    for (int mode : new int[] {0644, 0600, 0664, 04755, 06755, 0444}) {
      Path file = RandomTree.write(source.resolve("mode-" + Integer.toOctalString(mode)), "x");
      Files.setAttribute(file, "unix:uid", 1000);
      Files.setAttribute(file, "unix:gid", 1001);
      Files.setAttribute(file, "unix:mode", mode);
    }
    Path directory = Files.createDirectory(source.resolve("sticky"));
    Files.setAttribute(directory, "unix:uid", 1000);
    Files.setAttribute(directory, "unix:gid", 1001);
    Files.setAttribute(directory, "unix:mode", 01777);
    Files.setAttribute(RandomTree.write(source.resolve("group only"), "x"), "unix:gid", 1001);
    // Enough files that s3fs is still closing some when their group is set.
    for (int f = 0; f < 300; f++) {
      Path file = RandomTree.write(source.resolve("many" + f % 20 + "/f" + f), "x");
      Files.setAttribute(file, "unix:uid", 1000);
      Files.setAttribute(file, "unix:gid", 1001);
    }
    assertThat(backUpAll().failures()).isEmpty();
    s3fs.freshMount();
    assertThat(Rsync.differences(source, destination)).isEmpty();
    assertThat(backUpAll().totals().copied()).isZero();
  }

  @Test
  void namesThatS3CannotHold_failOneByOne() throws Exception {
    RandomTree.write(RandomTree.child(source, new byte[] {'b', 'a', 'd', (byte) 0xFF}), "x");
    RandomTree.write(source.resolve("control\u0001"), "x");
    RandomTree.write(source.resolve("good"), "x");
    Files.createSymbolicLink(source.resolve("blank"), Path.of("target "));
    BackupReport report = backUpAll();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().failed()).isEqualTo(3);
    assertThat(report.totals().copied()).isEqualTo(1);
    s3fs.freshMount();
    assertThat(names(destination)).containsExactly("good");
  }

  @Test
  void list_mixesFilesDirectoriesCommentsAndAbsoluteEntries() throws Exception {
    RandomTree.write(source.resolve("docs/deep/a.txt"), "a");
    RandomTree.write(source.resolve("docs/deep/b.txt"), "b");
    RandomTree.write(source.resolve("docs/not-listed.txt"), "c");
    RandomTree.write(source.resolve("photos/2024/one.jpg"), "1");
    RandomTree.write(source.resolve("photos/2025/two.jpg"), "2");
    Path outside = RandomTree.write(temp.resolve("outside/hosts"), "127.0.0.1");
    Path list = temp.resolve("list.txt");
    Files.writeString(
        list,
        "# what to keep\n\ndocs/deep/a.txt\n"
            + source.resolve("photos")
            + "/\n; and\n"
            + outside
            + "\nphotos/2024/one.jpg\n",
        StandardCharsets.UTF_8);
    assertThat(Mtb.backup(job().filesFrom(list).build()).failures()).isEmpty();
    s3fs.freshMount();
    assertThat(Rsync.differences(source.resolve("photos"), destination.resolve("photos")))
        .isEmpty();
    assertThat(names(destination.resolve("docs/deep"))).containsExactly("a.txt");
    assertThat(names(destination.resolve("docs"))).containsExactly("deep");
    String target = outside.toString().substring(1);
    assertThat(destination.resolve(target)).hasContent("127.0.0.1");
    assertThat(Metadata.of(destination.resolve("docs/deep")).mtime())
        .isCloseTo(Metadata.of(source.resolve("docs/deep")).mtime(), within(1, ChronoUnit.MILLIS));
    s3fs.freshMount();
    BackupReport second = Mtb.backup(job().filesFrom(list).build());
    assertThat(second.totals().copied()).isZero();
    assertThat(second.totals().unchanged()).isEqualTo(4);
  }

  @Test
  void fewFilesOfALargeDirectory_areNotPaidForByAll() throws Exception {
    for (int f = 0; f < 300; f++) {
      RandomTree.write(source.resolve("f" + f), "content");
    }
    backUpAll();
    Path list = Files.writeString(temp.resolve("list"), "f1\nf2\nf3\n");
    s3fs.freshMount();
    Counts counts =
        s3fs.counting(
            () ->
                assertThat(Mtb.backup(job().filesFrom(list).build()).totals().unchanged())
                    .isEqualTo(3));
    assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(8);
  }
}
