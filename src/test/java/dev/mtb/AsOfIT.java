package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.mtb.testing.S3fsMount;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Seed;
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
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Back to a moment, in a bucket with versioning. */
class AsOfIT {
  /** More than these with {@code -Dmtb.runs=30}. */
  private static final int RUNS = Integer.getInteger("mtb.runs", 8);

  private static final String BUCKET = "versions";
  private static VersionedS3 server;
  private static CountingProxy proxy;

  @TempDir Path temp;
  private Path source;
  private String prefix;
  private BackupOptions options;

  @BeforeAll
  static void start() throws Exception {
    server = VersionedS3.start();
    proxy = CountingProxy.start(server.port());
  }

  @AfterAll
  static void stop() throws Exception {
    proxy.close();
    server.close();
  }

  @BeforeEach
  void fresh(TestInfo test) throws Exception {
    server.setVersioning("Enabled");
    server.setPageSize(1000);
    source = Files.createDirectory(temp.resolve("source"));
    prefix = test.getTestMethod().orElseThrow().getName();
    Path keys = Secrets.write(temp.resolve("keys"), "any:any");
    options =
        BackupOptions.builder()
            .connection(
                c ->
                    c.withEndpoint(URI.create("http://127.0.0.1:" + proxy.port()))
                        .withPasswdFile(keys))
            .stateDirectory(temp.resolve("state"))
            .build();
  }

  private S3Location location() {
    return new S3Location(BUCKET, prefix);
  }

  /**
   * Mirrors the source.
   *
   * @return the end of the run; what later runs store has a later time, in whole seconds, too
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
    Instant end = report.startedAt().plus(report.elapsed());
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

  @Test
  void endOfEachRun_isAPointToGoBackTo() throws Exception {
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
    assertThat(server.keys(prefix + "/")).containsExactly(prefix + "/", prefix + "/left");

    for (int i = 0; i < ends.size(); i++) {
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
