package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.Totals;
import dev.mtb.model.Action;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.Shard;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several shards of one job in one process; ShardIT has several processes. */
class ShardRunTest {
  @TempDir Path temp;
  private Path source;
  private Path destination;

  @BeforeEach
  void folders() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
  }

  /** The shard that copied each file. */
  private final Map<Path, String> copied = new ConcurrentHashMap<>();

  private final TreeSet<String> twice = new TreeSet<>();

  private BackupListener noting(String shardName) {
    return new BackupListener() {
      @Override
      public void copied(Path target, Metadata metadata) {
        String other = copied.putIfAbsent(target, shardName);
        if (other != null) {
          synchronized (twice) {
            twice.add(target + " by " + other + " and " + shardName);
          }
        }
      }
    };
  }

  private BackupOptions.Builder options(Shard shard) {
    return BackupOptions.builder()
        .threads(3)
        .checkers(3)
        .stateDirectory(temp.resolve("state"))
        .shard(shard);
  }

  private BackupJob.Builder job(BackupOptions options) {
    return BackupJob.builder().base(source).destination(destination).options(options);
  }

  private BackupJob whole(Shard shard) {
    return job(options(shard).build()).source(Path.of(".")).build();
  }

  private List<BackupReport> runAtOnce(List<BackupJob> jobs) {
    List<CompletableFuture<BackupReport>> runs = new ArrayList<>();
    for (BackupJob job : jobs) {
      runs.add(
          CompletableFuture.supplyAsync(
              () -> Mtb.backup(job, noting(job.options().shard().toString()))));
    }
    return runs.stream().map(CompletableFuture::join).toList();
  }

  private List<BackupReport> runAtOnce(int count) {
    List<BackupJob> jobs = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      jobs.add(whole(Shard.of(i, count)));
    }
    return runAtOnce(jobs);
  }

  private static void assertOk(List<BackupReport> reports) {
    for (BackupReport report : reports) {
      assertThat(report.failures()).isEmpty();
      assertThat(report.exitCode()).as("%s", report.fatal()).isZero();
    }
  }

  private static long sum(List<BackupReport> reports, ToLongFunction<Totals> what) {
    return reports.stream().mapToLong(r -> what.applyAsLong(r.totals())).sum();
  }

  @Test
  void partsAtOnce_makeTheWhole_andNothingTwice() throws Exception {
    Random random = new Random(Seed.of("ShardRunTest"));
    for (int round = 0; round < 6; round++) {
      source = Files.createDirectory(temp.resolve("source" + round));
      destination = temp.resolve("backup" + round);
      copied.clear();
      RandomTree tree =
          RandomTree.seeded(random.nextInt(1 << 20)).files(150).awkwardNames().build(source);
      int count = 2 + random.nextInt(5);
      List<BackupReport> first = runAtOnce(count);
      assertOk(first);
      assertThat(twice).isEmpty();
      assertThat(copied).hasSize(tree.files().size() + tree.links().size());
      assertThat(sum(first, Totals::scanned)).isEqualTo(copied.size());
      assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();

      List<BackupReport> again = runAtOnce(count);
      assertOk(again);
      assertThat(sum(again, Totals::copied)).isZero();
      assertThat(sum(again, Totals::directoriesCreated)).isZero();
      assertThat(sum(again, Totals::unchanged)).isEqualTo(copied.size());
      assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();

      List<BackupReport> verified = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        verified.add(Mtb.verify(whole(Shard.of(i, count)), BackupListener.NONE));
      }
      assertOk(verified);
      assertThat(sum(verified, Totals::scanned)).isEqualTo(copied.size());
    }
  }

  /** All shards begin by making the same directories, which are empty at first. */
  @Test
  void directoriesThatAllShardsNeed_areMadeOnce_andNotReplaced() throws Exception {
    for (int d = 0; d < 40; d++) {
      for (int s = 0; s < 8; s++) {
        RandomTree.write(source.resolve("a/b" + d + "/c" + s + "/file"), "x");
      }
    }
    for (int round = 0; round < 8; round++) {
      destination = temp.resolve("backup" + round);
      copied.clear();
      assertOk(runAtOnce(8));
      assertThat(copied).hasSize(320);
      assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
    }
  }

  @Test
  void oneAfterTheOther_inAnyOrder_makesTheWhole() throws Exception {
    Random random = new Random(Seed.of("ShardRunTest"));
    RandomTree tree =
        RandomTree.seeded(random.nextInt(1 << 20)).directories(40).files(100).build(source);
    List<Integer> order = new ArrayList<>(List.of(1, 2, 3, 4, 5));
    Collections.shuffle(order, random);
    for (int i : order) {
      assertOk(List.of(Mtb.backup(whole(Shard.of(i, 5)), noting(i + "/5"))));
    }
    assertThat(twice).isEmpty();
    assertThat(copied).hasSize(tree.files().size() + tree.links().size());
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
  }

  @Test
  void entryOfAnotherKind_isReplaced_thoughSeveralShardsNeedIt() throws Exception {
    Files.createDirectory(destination);
    for (int d = 0; d < 10; d++) {
      RandomTree.write(source.resolve("d" + d + "/x/y/file"), "content");
      RandomTree.write(destination.resolve("d" + d), "was a file");
      RandomTree.write(source.resolve("e" + d), "is a file");
      RandomTree.write(destination.resolve("e" + d + "/x/file"), "was in a directory");
    }
    for (int i : List.of(3, 1, 2)) {
      BackupOptions mirror = options(Shard.of(i, 3)).deletion(Deletion.ALL).build();
      assertOk(List.of(Mtb.backup(job(mirror).source(Path.of(".")).build())));
    }
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
  }

  @Test
  void directoryMovedByAnotherShard_hasItsTimeInTheEnd() throws Exception {
    Instant time = Instant.parse("2020-01-02T03:04:05.678Z");
    for (int d = 0; d < 20; d++) {
      RandomTree.write(source.resolve("top/d" + d + "/file"), "x");
    }
    Files.setLastModifiedTime(source.resolve("top"), FileTime.from(time));
    Files.setLastModifiedTime(source, FileTime.from(time));
    Path top = Path.of("top");
    int owner = Shard.of(1, 2).owns(top) ? 1 : 2;
    // The shard that sets the metadata ends before the other shard makes directories in it.
    for (int i : List.of(owner, 3 - owner)) {
      assertOk(List.of(Mtb.backup(whole(Shard.of(i, 2)))));
      assertThat(Files.getLastModifiedTime(destination.resolve("top")).toInstant()).isEqualTo(time);
    }
    assertThat(Files.getLastModifiedTime(destination).toInstant()).isEqualTo(time);
  }

  @Test
  void listedFiles_areDealtOutByTheSameRule() throws Exception {
    Path outside = Files.createDirectory(temp.resolve("outside"));
    List<String> lines = new ArrayList<>();
    for (int d = 0; d < 12; d++) {
      for (int f = 0; f < 3; f++) {
        RandomTree.write(source.resolve("d" + d + "/e/f" + f), "content");
        lines.add("d" + d + "/e/f" + f);
      }
      RandomTree.write(outside.resolve("o" + d + "/file"), "content");
      lines.add(outside.resolve("o" + d).toString());
      RandomTree.write(source.resolve("d" + d + "/not-listed"), "content");
    }
    lines.add("d0/e/missing");
    Path list = Files.write(temp.resolve("list"), lines);
    List<BackupJob> jobs = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      jobs.add(job(options(Shard.of(i, 4)).build()).filesFrom(list).build());
    }
    List<BackupReport> reports = runAtOnce(jobs);
    assertThat(twice).isEmpty();
    assertThat(copied).hasSize(48);
    List<Failure> failures = reports.stream().flatMap(r -> r.failures().stream()).toList();
    assertThat(failures).extracting(Failure::path).containsExactly(Path.of("d0/e/missing"));

    // The result is the same as that of one run, including the directories above the entries.
    Path byOne = temp.resolve("by-one");
    Mtb.backup(
        BackupJob.builder()
            .base(source)
            .filesFrom(list)
            .destination(byOne)
            .options(options(Shard.WHOLE).build())
            .build());
    // The mtime of the destination itself is not defined here.
    Files.setLastModifiedTime(byOne, Files.getLastModifiedTime(destination));
    assertThat(Rsync.differences(byOne, destination, "--delete", "--omit-dir-times")).isEmpty();
    // The mtime of the temporary folder itself changes.
    String moving = "--exclude=/" + temp.getName(0);
    assertThat(Rsync.differences(byOne, destination, "--delete", moving)).isEmpty();
  }

  @Test
  void fileOfKnownSize_isItsOwnersAlone_andDirectoriesFollow() throws Exception {
    for (int f = 0; f < 20; f++) {
      RandomTree.write(source.resolve("flat/f" + f), "x".repeat(f));
      RandomTree.write(source.resolve("other/d" + f + "/f"), "x");
    }
    List<BackupJob> jobs = new ArrayList<>();
    List<Shard> shards = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      Shard.Builder builder = Shard.builder(i, 3);
      for (int f = 0; f < 20; f++) {
        builder.known(Path.of("flat/f" + f), 1_000_000_000L + f);
      }
      shards.add(builder.build());
      jobs.add(whole(shards.get(i - 1)));
    }
    assertOk(runAtOnce(jobs));
    assertThat(twice).isEmpty();
    assertThat(copied).hasSize(40);
    for (Shard shard : shards) {
      long own =
          copied.entrySet().stream()
              .filter(e -> e.getKey().startsWith("flat") && e.getValue().equals(shard.toString()))
              .count();
      assertThat(own).isBetween(6L, 7L);
    }
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
    copied.clear();
    assertOk(runAtOnce(jobs));
    assertThat(copied).isEmpty();
  }

  @Test
  void dryRunAndVerify_tellOfTheirOwnPartOnly() throws Exception {
    for (int d = 0; d < 30; d++) {
      RandomTree.write(source.resolve("a/d" + d + "/file"), "content");
    }
    List<BackupReport> dry = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      dry.add(
          Mtb.backup(
              job(options(Shard.of(i, 3)).dryRun(true).build()).source(Path.of(".")).build()));
    }
    assertOk(dry);
    assertThat(destination).doesNotExist();
    assertThat(sum(dry, Totals::copied)).isEqualTo(30);
    assertThat(sum(dry, Totals::directoriesCreated)).isEqualTo(31);

    Files.createDirectory(destination);
    List<BackupReport> verified = new ArrayList<>();
    TreeSet<Path> missing = new TreeSet<>();
    for (int i = 1; i <= 3; i++) {
      BackupReport report = Mtb.verify(whole(Shard.of(i, 3)), BackupListener.NONE);
      verified.add(report);
      report.failures().forEach(f -> missing.add(f.path()));
    }
    // 30 files, 31 directories, and the destination's own time.
    assertThat(missing).hasSize(62);
    assertThat(sum(verified, Totals::failed)).isEqualTo(62);
  }

  @Test
  void manifests_togetherListEverythingOnce() throws Exception {
    RandomTree tree = RandomTree.seeded(7).files(80).build(source);
    List<BackupJob> jobs = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      BackupOptions options =
          options(Shard.of(i, 3)).manifest(temp.resolve("manifest" + i)).build();
      jobs.add(job(options).source(Path.of(".")).build());
    }
    assertOk(runAtOnce(jobs));
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      lines.addAll(Files.readAllLines(temp.resolve("manifest" + i)));
    }
    assertThat(lines.stream().filter(l -> !l.startsWith("#"))).hasSize(tree.files().size());
    assertThat(lines.stream().filter(l -> l.startsWith("# directory: ")))
        .doesNotHaveDuplicates()
        .hasSize(tree.directories().size());
  }

  @Test
  void sameShardTwice_orWithTheWhole_isRefused() throws Exception {
    RandomTree.write(source.resolve("a"), "aaa");
    List<BackupReport> others = new ArrayList<>();
    BackupListener listener =
        new BackupListener() {
          @Override
          public void decided(Path target, Metadata metadata, Action action, Reason reason) {
            if (others.isEmpty()) {
              others.add(Mtb.backup(whole(Shard.of(1, 2))));
              others.add(Mtb.backup(whole(Shard.of(2, 2))));
              others.add(Mtb.backup(whole(Shard.of(1, 3))));
              others.add(Mtb.backup(whole(Shard.of(3, 3))));
              others.add(Mtb.backup(whole(Shard.WHOLE)));
            }
          }
        };
    int owner = Shard.of(1, 2).owns(Path.of("")) ? 1 : 2;
    assertThat(Mtb.backup(whole(Shard.of(owner, 2)), listener).exitCode()).isZero();
    assertThat(others)
        .extracting(BackupReport::exitCode)
        .containsExactly(owner == 1 ? 10 : 0, owner == 2 ? 10 : 0, 10, 10, 10);
    assertThat(others.get(4).fatal().orElseThrow()).contains("shard " + owner + " of 2");
  }
}
