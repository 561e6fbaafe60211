package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.mtb.job.BackupItem;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.ListJob;
import dev.mtb.job.ListListener;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.store.FileVersion;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.S3fsMount;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Seed;
import dev.mtb.testing.TestBucket;
import dev.mtb.testing.Thorough;
import dev.mtb.testing.VersionedS3;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Restores of an earlier moment, from a bucket with versioning. They run on the user's own server
 * if there is one ({@link TestBucket#ofOwnServer}).
 */
class AsOfIT {
  /** The number of runs; {@code -Dmtb.runs=30} makes more. */
  private static final int RUNS = Integer.getInteger("mtb.runs", 8);

  private static final String BUCKET = "versions";
  private static Optional<TestBucket> own;
  private static VersionedS3 server;
  private static TestBucket bucket;
  private static S3Probe probe;
  private static CountingProxy proxy;

  @TempDir Path temp;
  private Path source;
  private String prefix;
  private BackupOptions options;

  @BeforeAll
  static void start() throws Exception {
    own = TestBucket.ofOwnServer();
    server = VersionedS3.start();
    bucket = own.orElseGet(() -> TestBucket.at(server.port(), BUCKET, "any", "any"));
    probe = bucket.probe();
    proxy = bucket.proxy();
  }

  @AfterAll
  static void stop() throws Exception {
    proxy.close();
    if (own.isPresent()) {
      probe.deleteBucket();
    }
    probe.close();
    server.close();
  }

  @BeforeEach
  void fresh(TestInfo test) throws Exception {
    server.setVersioning("Enabled");
    server.setPageSize(1000);
    if (own.isPresent()) {
      probe.setVersioning("Enabled");
    }
    source = Files.createDirectory(temp.resolve("source"));
    prefix = test.getTestMethod().orElseThrow().getName();
    Path keys = bucket.writeKeys(temp.resolve("keys"));
    options =
        BackupOptions.builder()
            .connection(c -> c.withEndpoint(proxy.endpoint()).withPasswdFile(keys))
            .stateDirectory(temp.resolve("state"))
            .build();
  }

  private S3Location location() {
    return new S3Location(bucket.name(), prefix);
  }

  /**
   * Mirrors the source.
   *
   * @return a time right after the run; what later runs store has a later time, in whole seconds,
   *     too
   */
  private Instant backUp() {
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(location())
                .options(options.toBuilder().deletion(Deletion.ALL).build())
                .build());
    assertThat(report.failures()).isEmpty();
    // The clock of the server, which may have been set meanwhile; startedAt and elapsed have
    // another.
    Instant end = Instant.now();
    while (Instant.now().getEpochSecond() <= end.getEpochSecond()) {
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
    return end;
  }

  private RestoreJob.Builder restoring(Instant moment, Path target) {
    return RestoreJob.builder().from(location()).asOf(moment).to(target).options(options);
  }

  private static BackupReport run(RestoreJob.Builder job) {
    return Mtb.restore(job.build(), BackupListener.NONE);
  }

  private Path snapshot(String name) throws Exception {
    Path copy = temp.resolve("then-" + name);
    Process cp =
        new ProcessBuilder("cp", "-a", source.toString(), copy.toString()).inheritIO().start();
    assertThat(cp.waitFor()).isZero();
    return copy;
  }

  @Thorough
  @Test
  void endOfEachRun_canBeRestored() throws Exception {
    long seed = Seed.of("trees that change");
    RandomTree tree =
        RandomTree.seeded(seed)
            .directories(10)
            .emptyDirectories(3)
            .files(60)
            .links(9)
            .awkwardNames()
            .build(source);
    tree.deleteLinksThatS3fsCannotKeep();
    ChangingTree changing = new ChangingTree(source, new Random(seed));
    List<Instant> ends = new ArrayList<>();
    List<Path> snapshots = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      if (i > 0) {
        changing.change();
      }
      snapshots.add(snapshot("run-" + i));
      ends.add(backUp());
    }
    changing.rewriteAllFiles();
    snapshots.add(snapshot("rewritten"));
    ends.add(backUp());
    changing.deleteEverything();
    RandomTree.write(source.resolve("left"), "so that the source is not taken for an empty mount");
    snapshots.add(snapshot("deleted"));
    ends.add(backUp());
    assertThat(probe.keys(prefix + "/")).containsExactly(prefix + "/", prefix + "/left");

    for (int i = 0; i < ends.size(); i++) {
      // Versions of one key on several pages, and directories that are listed one by one.
      server.setPageSize(i % 2 == 0 ? 7 : 1000);
      Path target = temp.resolve("target-" + i);
      BackupReport report = run(restoring(ends.get(i), target));
      assertThat(report.failures()).as("run %s, seed %s", i, seed).isEmpty();
      assertThat(Rsync.differences(snapshots.get(i), target, "--delete"))
          .as("run %s as of %s, seed %s", i, ends.get(i), seed)
          .isEmpty();
      assertThat(listed(ends.get(i))).isEqualTo(names(snapshots.get(i)));
    }
  }

  private List<String> listed(Instant moment) {
    List<String> found = new ArrayList<>();
    BackupReport report =
        Mtb.list(
            ListJob.builder()
                .from(location())
                .asOf(moment)
                .recursive(true)
                .options(options)
                .build(),
            item -> found.add(item.path().toString()));
    assertThat(report.failures()).isEmpty();
    return found.stream().sorted().toList();
  }

  private static List<String> names(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(f -> !f.equals(root))
          .map(f -> root.relativize(f).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void dryRun_showsWhatWouldComeBack_andNothingElseIsTouched() throws Exception {
    RandomTree.write(source.resolve("d/lost"), "lost");
    RandomTree.write(source.resolve("same"), "same");
    Instant then = backUp();
    Files.delete(source.resolve("d/lost"));
    Files.delete(source.resolve("d"));
    backUp();
    Mtb.restore(restoring(then, temp.resolve("target")).path(Path.of("same")).build());

    BackupReport report =
        run(
            restoring(then, temp.resolve("target"))
                .options(options.toBuilder().dryRun(true).build()));

    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(1);
    assertThat(report.totals().unchanged()).isEqualTo(1);
    assertThat(temp.resolve("target/d")).doesNotExist();
    assertThat(run(restoring(then.minusSeconds(3600), temp.resolve("x"))).fatal().orElseThrow())
        .contains("there is no backup at", "as of " + then.minusSeconds(3600));
  }

  /** As in each restore, newer files are kept, unless the user asks to overwrite them. */
  @Test
  void newerFilesInTheTarget_stay_unlessOverwritten() throws Exception {
    RandomTree.write(
        source.resolve("f"), "old!".getBytes(UTF_8), Instant.ofEpochSecond(1_000_000_000));
    Instant then = backUp();
    RandomTree.write(source.resolve("f"), "encrypted");
    backUp();

    BackupReport careful = run(restoring(then, source));
    assertThat(careful.totals().skipped()).isEqualTo(1);
    assertThat(source.resolve("f")).hasContent("encrypted");
    BackupReport report = run(restoring(then, source).overwrite(true));
    assertThat(report.failures()).isEmpty();
    assertThat(source.resolve("f")).hasContent("old!");
  }

  @Test
  void restoreOfAMoment_costsOnlyMoreLists() throws Exception {
    RandomTree.smallFiles(source, 10, 50, 10);
    Instant then = backUp();
    RandomTree.write(source.resolve("d3/f7"), "changed");
    backUp();
    proxy.reset();
    assertThat(listed(then)).hasSize(510);
    Counts list = proxy.snapshot();
    // One request for the versioning of the bucket, and one for the page with 513 versions.
    assertThat(list.total()).as("%s", list).isEqualTo(2);

    proxy.reset();
    assertThat(run(restoring(then, temp.resolve("target"))).totals().copied()).isEqualTo(500);
    Counts restore = proxy.snapshot();
    assertThat(restore.of(CountingProxy.Kind.GET)).as("%s", restore).isEqualTo(500);
    assertThat(restore.of(CountingProxy.Kind.HEAD)).as("%s", restore).isEqualTo(11);
    assertThat(restore.of(CountingProxy.Kind.LIST)).as("%s", restore).isEqualTo(2);
  }

  @Test
  void versions_areListed_newestFirst_andEachTimeCanBeRestored() throws Exception {
    RandomTree.write(source.resolve("d/f"), "one");
    RandomTree.write(source.resolve("d/f2"), "another");
    backUp();
    RandomTree.write(source.resolve("d/f"), "second");
    backUp();
    Files.delete(source.resolve("d/f"));
    backUp();
    server.setPageSize(2);

    List<FileVersion> versions = versions(Path.of("d/f"));

    assertThat(versions).hasSize(3);
    assertThat(versions).extracting(FileVersion::path).containsOnly(Path.of("d/f"));
    assertThat(versions).extracting(FileVersion::isDeletion).containsExactly(true, false, false);
    assertThat(versions).extracting(FileVersion::isLatest).containsExactly(true, false, false);
    assertThat(versions).extracting(FileVersion::size).containsExactly(0L, 6L, 3L);
    for (FileVersion version : versions.subList(1, 3)) {
      Path target = temp.resolve(version.id());
      assertThat(run(restoring(version.storedAt(), target)).failures()).isEmpty();
      assertThat(Files.size(target.resolve("d/f"))).isEqualTo(version.size());
    }
    assertThat(versions(Path.of("d"))).extracting(FileVersion::path).contains(Path.of("d/f2"));
    assertThat(versions(Path.of("gone"))).isEmpty();
  }

  /** The page after one that ends in a directory may still begin in it, if such names sort late. */
  @ParameterizedTest
  @ValueSource(strings = {"ordinary ", "\uD83D\uDCC1 photos/", "\uD83D\uDE00", "\uFFFD", "\uFFFD/"})
  void directoryOfManyPages_isRestored_whateverItsNamesBeginWith(String name) throws Exception {
    prefix += Long.toString(System.nanoTime());
    RandomTree.write(source.resolve("a"), "before");
    for (int i = 0; i < 50; i++) {
      RandomTree.write(source.resolve("d/" + name + i), "content " + i);
    }
    RandomTree.write(source.resolve("e/last"), "behind");
    Instant moment = backUp();
    server.setPageSize(10);
    BackupReport report = run(restoring(moment, temp.resolve("past")));
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(52);
    assertThat(Rsync.differences(source, temp.resolve("past"), "--delete")).isEmpty();
  }

  private List<FileVersion> versions(Path path) {
    List<FileVersion> versions = new ArrayList<>();
    BackupReport report =
        Mtb.list(
            ListJob.builder().from(location()).path(path).versions(true).options(options).build(),
            new ListListener() {
              @Override
              public void found(BackupItem item) {
                throw new AssertionError(item);
              }

              @Override
              public void version(FileVersion version) {
                versions.add(version);
              }
            });
    assertThat(report.exitCode()).isEqualTo(versions.isEmpty() ? 23 : 0);
    return versions;
  }

  @Test
  void withoutVersioning_theFailureNamesTheAlternatives() throws Exception {
    assumeThat(own.isPresent()).as("versioning was on in this bucket").isFalse();
    RandomTree.write(source.resolve("f"), "content");
    server.setVersioning("");
    Instant then = backUp();

    BackupReport report = run(restoring(then, temp.resolve("target")));

    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow())
        .contains("versioning is not turned on", "mtb doctor", "OldVersions.directory");
    assertThat(temp.resolve("target")).doesNotExist();
    assertThatThrownBy(
            () -> run(restoring(then, temp.resolve("target")).from(temp.resolve("state"))))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("is in no bucket");
  }

  /** S3Proxy keeps no versions, and answers with an error of its own. */
  @Test
  void serverWithoutVersions_isReportedAsWithoutVersioning() throws Exception {
    try (S3Server plain = S3Server.start("plain")) {
      Path keys = Secrets.write(temp.resolve("own"), plain.identity() + ":" + plain.credential());
      BackupReport report =
          run(
              RestoreJob.builder()
                  .from(new S3Location("plain", "p"))
                  .asOf(Instant.now())
                  .to(temp.resolve("target"))
                  .options(
                      options.toBuilder()
                          .connection(
                              c ->
                                  c.withEndpoint(URI.create("http://127.0.0.1:" + plain.port()))
                                      .withPasswdFile(keys))
                          .build()));
      assertThat(report.exitCode()).isEqualTo(10);
      assertThat(report.fatal().orElseThrow()).contains("versioning is not turned on");
    }
  }

  /** The mount shows the present, which is empty here. */
  @Test
  @RequiresS3fs
  void backupNamedByItsMount_isReadFromTheBucket() throws Exception {
    RandomTree.write(source.resolve("d/f"), "content");
    Files.createSymbolicLink(source.resolve("link"), Path.of("d/f"));
    Path snapshot = snapshot("mounted");
    Instant then = backUp();
    for (String key : probe.keys(prefix + "/")) {
      probe.delete(key);
    }
    try (S3fsMount mount = S3fsMount.mount(bucket.name(), bucket.keys(), proxy.port(), List.of())) {
      Path mounted = mount.mountPoint().resolve(prefix);
      assertThat(mounted).doesNotExist();
      RestoreJob.Builder job =
          RestoreJob.builder().from(mounted).asOf(then).to(temp.resolve("target"));

      assertThat(run(job.options(options)).failures()).isEmpty();

      assertThat(Rsync.differences(snapshot, temp.resolve("target"), "--delete")).isEmpty();
      BackupOptions throughMount =
          options.toBuilder().connection(c -> c.withVia(Via.MOUNT)).build();
      assertThatThrownBy(() -> run(job.options(throughMount)))
          .isInstanceOf(InvalidJobException.class)
          .hasMessageContaining("a mount shows no old versions");
    }
  }

  /** Makes the changes of a day. */
  private static final class ChangingTree {
    private final Path root;
    private final Random random;
    private int made;

    ChangingTree(Path root, Random random) {
      this.root = root;
      this.random = random;
    }

    private List<Path> all() throws IOException {
      try (Stream<Path> files = Files.walk(root)) {
        return files.filter(f -> !f.equals(root)).sorted().toList();
      }
    }

    void change() throws IOException {
      for (int i = 0; i < 12; i++) {
        List<Path> all = all();
        Path one = all.get(random.nextInt(all.size()));
        Path directory = Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS) ? one : one.getParent();
        Path fresh = directory.resolve("new-" + made++);
        switch (random.nextInt(8)) {
          case 0 -> delete(one);
          case 1 -> Files.createDirectory(fresh);
          case 2 -> Files.createSymbolicLink(fresh, Path.of("target-" + made));
          case 3 -> {
            delete(one);
            Files.createSymbolicLink(one, Path.of("instead-" + made));
          }
          case 4 -> {
            if (Files.isRegularFile(one, LinkOption.NOFOLLOW_LINKS)) {
              Files.setAttribute(one, "unix:mode", 0600 + random.nextInt(0100));
            }
          }
          case 5 -> {
            if (Files.isRegularFile(one, LinkOption.NOFOLLOW_LINKS)) {
              write(one);
            }
          }
          default -> write(fresh);
        }
      }
    }

    private void write(Path file) throws IOException {
      byte[] content = new byte[random.nextInt(5000)];
      random.nextBytes(content);
      Files.write(file, content);
      Files.setLastModifiedTime(
          file, FileTime.from(Instant.ofEpochSecond(1_000_000_000 + random.nextInt(600_000_000))));
    }

    private static void delete(Path path) throws IOException {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
      } else {
        Files.delete(path);
      }
    }

    void rewriteAllFiles() throws IOException {
      for (Path path : all()) {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          write(path);
        }
      }
    }

    void deleteEverything() throws IOException {
      for (Path path : all()) {
        if (path.getParent().equals(root)) {
          delete(path);
        }
      }
    }
  }
}
