package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.options.Shard;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.RunLocks;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Seed;
import dev.mtb.testing.Thorough;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four processes at once, each a shard, as a scheduler would start them. */
class ShardIT {
  private static final int SHARDS = 4;
  private static final Instant TIME = Instant.ofEpochSecond(1_600_000_000L);

  @TempDir Path temp;
  private Path source;

  @BeforeEach
  void folder() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
  }

  /**
   * Runs all shards. Returns the number of reported files, and checks that none is reported twice.
   */
  private int runAll(Path destination, String... options) throws Exception {
    List<MtbProcess> shards = new ArrayList<>();
    for (int i = 0; i < SHARDS; i++) {
      List<String> args = new ArrayList<>(List.of("backup", "-i", "--shard", "aws-batch"));
      args.addAll(List.of(options));
      args.addAll(List.of("-b", source.toString(), ".", destination.toString()));
      Map<String, String> environment =
          Map.of("AWS_BATCH_JOB_ARRAY_INDEX", "" + i, "AWS_BATCH_JOB_ARRAY_SIZE", "" + SHARDS);
      shards.add(MtbProcess.start(temp, environment, List.of(), args.toArray(String[]::new)));
    }
    Set<String> changed = new HashSet<>();
    for (MtbProcess shard : shards) {
      assertThat(shard.exitCode()).as(shard.err()).isZero();
      for (String line : shard.out().lines().filter(l -> !l.endsWith("/")).toList()) {
        assertThat(changed.add(line)).as(line).isTrue();
      }
    }
    return changed.size();
  }

  @Thorough
  @Test
  void onAFolder_unionIsComplete_intersectionIsEmpty() throws Exception {
    RandomTree tree =
        RandomTree.seeded(Seed.of("ShardIT") & 0xfffff)
            .directories(30)
            .files(300)
            .awkwardNames()
            .build(source);
    Path destination = temp.resolve("backup");
    assertThat(runAll(destination)).isEqualTo(tree.files().size() + tree.links().size());
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
    assertThat(runAll(destination)).isZero();
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
  }

  @Thorough
  @Test
  @RequiresS3fs
  void throughAMount_andStraightToTheBucket_theyMakeTheWhole_withFewMoreRequests()
      throws Exception {
    Random random = new Random(Seed.of("ShardIT"));
    for (int d = 0; d < 24; d++) {
      for (int f = 0; f < 10; f++) {
        byte[] content = new byte[random.nextInt(3000)];
        random.nextBytes(content);
        RandomTree.write(source.resolve("a" + d % 4 + "/b" + d + "/f" + f), content, TIME);
      }
    }
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      for (String via : List.of("mount", "bucket")) {
        Path byOne = s3fs.root().resolve("one-" + via);
        Path byAll = s3fs.root().resolve("all-" + via);
        List<Long> requests = new ArrayList<>();
        for (int copied : List.of(240, 0)) {
          s3fs.freshMount();
          Counts one =
              s3fs.counting(
                  () -> {
                    MtbProcess run =
                        MtbProcess.run(
                            temp,
                            "backup",
                            "--via",
                            via,
                            "-b",
                            source.toString(),
                            ".",
                            byOne.toString());
                    assertThat(run.exitCode()).as(run.err()).isZero();
                  });
          s3fs.freshMount();
          Counts all =
              s3fs.counting(
                  () -> assertThat(runAll(byAll, "--via", via)).as(via).isEqualTo(copied));
          requests.add(one.total());
          requests.add(all.total());
          s3fs.freshMount();
          assertThat(Rsync.differences(source, byAll, "--delete")).as(via).isEmpty();
        }
        System.out.println(
            via + ": requests of one run and of four shards, new and unchanged: " + requests);
        // Each shard looks at the destination. What it needs of the 29 directories may be there
        // already, made by another shard: it depends on their pace, and costs a LIST and a HEAD.
        long shared = (SHARDS - 1) * (10 + 2 * 29);
        assertThat(requests.get(1)).as(via).isLessThan(requests.get(0) + shared);
        assertThat(requests.get(3)).as(via).isLessThan(requests.get(2) + 50);
      }
    }
  }

  @Thorough
  @Test
  void sameShardTwice_isRefused_otherShardsAreNot_andDoubtIsWrongUsage() throws Exception {
    RandomTree.smallFiles(source, 20, 200, 1000);
    Path destination = temp.resolve("backup");
    int owner = Shard.of(1, 2).owns(Path.of("")) ? 1 : 2;
    MtbProcess doubtful =
        MtbProcess.start(
            temp,
            Map.of("SLURM_ARRAY_TASK_ID", "3"),
            List.of(),
            "backup",
            "--shard",
            "slurm",
            source.toString(),
            destination.toString());
    assertThat(doubtful.exitCode()).as(doubtful.err()).isEqualTo(2);
    assertThat(doubtful.err()).contains("SLURM_ARRAY_TASK_COUNT is not set");
    assertThat(destination).doesNotExist();

    MtbProcess running = shard(owner, destination);
    RunLocks.stop(running, temp.resolve("state"));
    try {
      MtbProcess same = shard(owner, destination);
      assertThat(same.exitCode()).as(same.err()).isEqualTo(10);
      assertThat(same.err()).contains("shard " + owner + " of 2");
      MtbProcess other = shard(3 - owner, destination);
      assertThat(other.exitCode()).as(other.err()).isZero();
    } finally {
      running.signal("CONT");
    }
    assertThat(running.exitCode()).as(running.err()).isZero();
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
  }

  private MtbProcess shard(int index, Path destination) throws Exception {
    List<String> args = new ArrayList<>(List.of("backup", "--shard", index + "/2"));
    args.addAll(List.of("-b", source.toString(), ".", destination.toString()));
    return MtbProcess.start(temp, Map.of(), List.of(), args.toArray(String[]::new));
  }
}
