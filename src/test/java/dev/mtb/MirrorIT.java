package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.OldVersions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mirrors and old versions through a real mount and in a real bucket, with exact numbers of
 * requests.
 */
@RequiresS3fs
class MirrorIT {
  private enum Way {
    MOUNT,
    BUCKET
  }

  private static final int LARGE = 200 << 20;

  private static final Instant OLD = Instant.parse("2024-01-01T00:00:00Z");

  @TempDir Path temp;
  private S3fsFixture s3fs;
  private Path source;

  @BeforeEach
  void start() throws Exception {
    s3fs = S3fsFixture.start();
    source = Files.createDirectory(temp.resolve("source"));
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  @AfterEach
  void stop() throws Exception {
    s3fs.close();
  }

  private BackupReport run(Way way, Deletion deletion, OldVersions old) {
    return Mtb.backup(job(way, deletion, old));
  }

  private BackupJob job(Way way, Deletion deletion, OldVersions old) {
    BackupOptions.Builder options =
        BackupOptions.builder()
            .stateDirectory(temp.resolve("state"))
            .deletion(deletion)
            .oldVersions(old);
    BackupJob.Builder job = BackupJob.builder().base(source).source(Path.of("."));
    if (way == Way.MOUNT) {
      job.destination(s3fs.root().resolve("backup"))
          .options(options.connection(c -> c.withVia(Via.MOUNT)).build());
    } else {
      job.destination(new S3Location(s3fs.server().bucket(), "backup"))
          .options(
              options
                  .connection(
                      c ->
                          c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                              .withPasswdFile(temp.resolve("passwd")))
                  .build());
    }
    return job.build();
  }

  private static OldVersions in(String directory) {
    return new OldVersions(Optional.of(Path.of(directory)), "");
  }

  private void assertSame() throws Exception {
    s3fs.freshMount();
    assertThat(Rsync.differences(source, s3fs.root().resolve("backup"), "--delete")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void randomTree_afterDeletions_isTheSourceAgain(Way way) throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(15)
            .emptyDirectories(4)
            .files(60)
            .links(10)
            .awkwardNames()
            .build(source.resolve("tree"));
    tree.deleteLinksThatS3fsCannotKeep();
    assertThat(run(way, Deletion.NONE, OldVersions.NONE).failures()).as("%s", tree).isEmpty();
    SplittableRandom random = new SplittableRandom(tree.toString().hashCode());
    for (Path file : tree.files()) {
      if (random.nextInt(3) == 0) {
        Files.deleteIfExists(file);
      }
    }
    for (Path link : tree.links()) {
      if (random.nextInt(3) == 0) {
        Files.deleteIfExists(link);
      }
    }
    for (Path directory : tree.directories()) {
      if (random.nextInt(4) == 0 && Files.exists(directory)) {
        MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
      }
    }
    Files.createDirectories(source.resolve("tree"));
    RandomTree.write(source.resolve("tree/kept"), new byte[10], OLD);
    s3fs.freshMount();

    BackupReport report = run(way, Deletion.ALL, OldVersions.NONE);

    assertThat(report.failures()).as("%s", tree).isEmpty();
    assertThat(report.totals().deleted()).as("%s", tree).isPositive();
    assertSame();
    assertThat(run(way, Deletion.ALL, OldVersions.NONE).totals().deleted()).isZero();
  }

  @Test
  void deletingFromTheBucket_isDoneForManyObjectsAtOnce() throws Exception {
    // Four directories, and few other requests.
    assertThat(requestsToDelete240Files()).isBetween(1L, 8L);
  }

  @Thorough
  @Test
  void deletingFromTheBucket_costsARequestEachWhereTheServerKnowsNoOther() throws Exception {
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("POST") && path.contains("?delete")
                    ? Fault.Action.answer(501)
                    : Fault.Action.pass());
    try {
      // The request for many objects is tried once by each of some threads.
      assertThat(requestsToDelete240Files() - 240 - 4).isBetween(1L, 8L);
    } finally {
      s3fs.proxy().setFault(Fault.NONE);
    }
  }

  /** The number of requests beyond those of a run without changes. */
  private long requestsToDelete240Files() throws Exception {
    RandomTree.smallFiles(source, 5, 60, 100);
    assertThat(run(Way.BUCKET, Deletion.NONE, OldVersions.NONE).failures()).isEmpty();
    CountingProxy.Counts nothing =
        s3fs.counting(() -> run(Way.BUCKET, Deletion.ALL, OldVersions.NONE));
    for (int d = 1; d < 5; d++) {
      MoreFiles.deleteRecursively(source.resolve("d" + d), RecursiveDeleteOption.ALLOW_INSECURE);
    }
    CountingProxy.Counts counts =
        s3fs.counting(
            () -> {
              BackupReport report = run(Way.BUCKET, Deletion.ALL, OldVersions.NONE);
              assertThat(report.failures()).isEmpty();
              assertThat(report.totals().deleted()).isEqualTo(240);
            });
    assertSame();
    return counts.total() - nothing.total();
  }

  @Test
  void deletingThroughTheMount_costsADeleteAndWhatComesWithIt() throws Exception {
    RandomTree.smallFiles(source, 2, 40, 100);
    assertThat(run(Way.MOUNT, Deletion.NONE, OldVersions.NONE).failures()).isEmpty();
    s3fs.freshMount();
    CountingProxy.Counts nothing =
        s3fs.counting(() -> run(Way.MOUNT, Deletion.ALL, OldVersions.NONE));
    FileTime before = Files.getLastModifiedTime(source.resolve("d0"));
    try (var files = Files.list(source.resolve("d0"))) {
      for (Path file : files.limit(10).toList()) {
        Files.delete(file);
      }
    }
    // The directory's mtime is reset, since setting it would cost two more requests.
    Files.setLastModifiedTime(source.resolve("d0"), before);
    s3fs.freshMount();
    CountingProxy.Counts counts =
        s3fs.counting(
            () ->
                assertThat(run(Way.MOUNT, Deletion.ALL, OldVersions.NONE).totals().deleted())
                    .isEqualTo(10));
    System.out.printf("nothing to delete %s, ten files %s%n", nothing, counts);
    assertThat(counts.total() - nothing.total()).isEqualTo(10);
    assertSame();
  }

  private CountingProxy.Counts verifying(Way way, int extra) throws Exception {
    s3fs.freshMount();
    return s3fs.counting(
        () -> {
          BackupReport report =
              Mtb.verify(job(way, Deletion.NONE, OldVersions.NONE), BackupListener.NONE);
          assertThat(report.failures()).isEmpty();
          assertThat(report.totals().extra()).isEqualTo(extra);
        });
  }

  @ParameterizedTest
  @EnumSource
  void extraFiles_costVerifyOnlyTheirOwnListing(Way way) throws Exception {
    RandomTree.smallFiles(source, 4, 10, 100);
    assertThat(run(way, Deletion.NONE, OldVersions.NONE).failures()).isEmpty();
    CountingProxy.Counts nothing = verifying(way, 0);
    Path backup = s3fs.root().resolve("backup");
    RandomTree.smallFiles(Files.createDirectory(backup.resolve("gone")), 2, 5, 100);
    for (int i = 0; i < 7; i++) {
      RandomTree.write(backup.resolve("d1/extra" + i), new byte[10], OLD);
    }

    CountingProxy.Counts counts = verifying(way, 17);

    // s3fs looks at each name that it lists. The lists of the bucket show the extra files at no
    // cost.
    int listing = way == Way.MOUNT ? 17 + 3 + 3 : 0;
    assertThat(counts.total() - nothing.total())
        .as("%s, before %s", counts, nothing)
        .isEqualTo(listing);
    // A list and a look for each directory and file, and (through the mount) a read for each file.
    int known = way == Way.MOUNT ? 130 : 46;
    assertThat(nothing.total()).as("%s", nothing).isLessThanOrEqualTo(known);
  }

  @ParameterizedTest
  @EnumSource
  void scanFails_nothingIsDeleted(Way way) throws Exception {
    RandomTree.smallFiles(source, 2, 5, 100);
    assertThat(run(way, Deletion.NONE, OldVersions.NONE).failures()).isEmpty();
    try (var files = Files.list(source)) {
      for (Path directory : files.toList()) {
        MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
      }
    }
    s3fs.freshMount();
    BackupReport report = run(way, Deletion.ALL, OldVersions.NONE);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().deleted()).isZero();
    try (S3Probe probe = S3Probe.of(s3fs.server())) {
      assertThat(probe.keys("backup/").stream().filter(key -> !key.endsWith("/"))).hasSize(10);
    }
    Deletion limited = new Deletion(true, Optional.of(new Deletion.Limit(5, false)), true);
    assertThat(run(way, limited, OldVersions.NONE).exitCode()).isEqualTo(25);
    try (S3Probe probe = S3Probe.of(s3fs.server())) {
      assertThat(probe.keys("backup/").stream().filter(key -> !key.endsWith("/"))).hasSize(10);
    }
  }

  @Thorough
  @ParameterizedTest
  @EnumSource
  void oldVersionsOf200Megabytes_moveOnTheServer(Way way) throws Exception {
    Path changed = source.resolve("d/changed");
    Path gone = source.resolve("d/gone");
    byte[] content = RandomTree.bytes(1, LARGE);
    RandomTree.write(changed, content, OLD);
    RandomTree.write(gone, content, OLD);
    assertThat(run(way, Deletion.NONE, OldVersions.NONE).failures()).isEmpty();
    RandomTree.write(changed, new byte[9], OLD);
    Files.delete(gone);
    s3fs.freshMount();

    CountingProxy.Counts counts =
        s3fs.counting(
            () -> {
              BackupReport report = run(way, Deletion.ALL, in("../old/today"));
              assertThat(report.failures()).isEmpty();
              assertThat(report.totals().deleted()).isEqualTo(1);
            });

    System.out.printf("%s, two files of 200 MB put aside: %s%n", way, counts);
    assertThat(counts.bytesUp() + counts.bytesDown()).as("%s", counts).isLessThan(1_000_000);
    assertSame();
    Path old = s3fs.root().resolve("old/today/d");
    for (String name : List.of("changed", "gone")) {
      assertThat(old.resolve(name)).as(name).hasBinaryContent(content);
      assertThat(Files.getLastModifiedTime(old.resolve(name)).toInstant()).isEqualTo(OLD);
    }
  }
}
