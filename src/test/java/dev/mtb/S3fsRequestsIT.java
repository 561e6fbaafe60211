package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The exact number of requests for each kind of change. The table in {@code s3fs.md} shows the
 * same; if a figure here must change, change it there.
 *
 * <p>To measure what other tools need for the same, run {@code mvn verify -Dtests.excluded=none};
 * it then prints the rows of that table.
 */
@RequiresS3fs
class S3fsRequestsIT {
  /**
   * The number of changes of each kind in one directory: enough to see costs that all of them
   * share.
   */
  private static final int EACH = 10;

  private static final Instant OLD = Instant.ofEpochSecond(1_600_000_000);

  enum Mount {
    DEFAULT(""),
    FRUGAL("enable_noobj_cache,notsup_compat_dir"),
    CACHED("use_cache=%s,del_cache");

    private final String options;

    Mount(String options) {
      this.options = options;
    }

    S3fsFixture start(Path cache) throws IOException, InterruptedException {
      return options.isEmpty() ? S3fsFixture.start() : S3fsFixture.start(options.formatted(cache));
    }
  }

  /** A change to the source, and the number of requests to back it up on each kind of mount. */
  enum Change {
    NEW_FILE(9, 3, 9) {
      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 4096), OLD);
      }
    },
    NEW_EMPTY_FILE(9, 3, 9) {
      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, new byte[0], OLD);
      }
    },
    NEW_DIRECTORY(14, 7, 14) {
      @Override
      void make(Path path) throws IOException {
        Files.createDirectory(path);
        Files.setLastModifiedTime(path, FileTime.from(OLD));
      }
    },
    NEW_LINK(12, 6, 12) {
      @Override
      void make(Path path) throws IOException {
        link(path, "target");
      }
    },
    GREW(2, 2, 2) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 4096), OLD);
      }

      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(2, 5000), OLD.plusSeconds(9));
      }
    },
    KEPT_ITS_SIZE(2, 2, 2) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 4096), OLD);
      }

      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(2, 4096), OLD.plusSeconds(9));
      }
    },
    FITS_INTO_ONE_WRITE(2, 2, 2) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 128 << 10), OLD);
      }

      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(2, 128 << 10), OLD.plusSeconds(9));
      }
    },
    /**
     * Between two writes the process may die: the old object has to stay until the new is whole.
     */
    NEEDS_TWO_WRITES(13, 7, 13) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, (128 << 10) + 1), OLD);
      }

      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(2, (128 << 10) + 1), OLD.plusSeconds(9));
      }
    },
    SHRANK(13, 7, 13) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 4096), OLD);
      }

      @Override
      void make(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(2, 3000), OLD.plusSeconds(9));
      }
    },
    MTIME_ONLY(2, 2, 2) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, new byte[0], OLD);
      }

      @Override
      void make(Path path) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(OLD.plusSeconds(9)));
      }
    },
    MODE_ONLY(2, 2, 2) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 4096), OLD);
      }

      @Override
      void make(Path path) throws IOException {
        Files.setAttribute(path, "unix:mode", 0600);
      }
    },
    LINK_CHANGED(13, 7, 13) {
      @Override
      void prepare(Path path) throws IOException {
        link(path, "target");
      }

      @Override
      void make(Path path) throws IOException {
        Files.delete(path);
        link(path, "another target");
      }
    },
    UNCHANGED(0, 0, 0) {
      @Override
      void prepare(Path path) throws IOException {
        RandomTree.write(path, RandomTree.bytes(1, 4096), OLD);
      }

      @Override
      void make(Path path) {}
    };

    private final ImmutableMap<Mount, Integer> costs;

    Change(int costByDefault, int costIfFrugal, int costIfCached) {
      costs =
          ImmutableMap.of(
              Mount.DEFAULT, costByDefault,
              Mount.FRUGAL, costIfFrugal,
              Mount.CACHED, costIfCached);
    }

    /** Makes the files that exist before the change. */
    void prepare(Path path) throws IOException {}

    abstract void make(Path path) throws IOException;

    private static void link(Path path, String target) throws IOException {
      Files.createSymbolicLink(path, Path.of(target));
      Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setTimes(FileTime.from(OLD), null, null);
    }
  }

  private interface Tool {
    void bringOver(Path source, Path destination) throws Exception;
  }

  @TempDir Path temp;

  private void mtb(Path source, Path destination) {
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(destination)
                .options(
                    BackupOptions.builder()
                        .connection(c -> c.withVia(Via.MOUNT))
                        .stateDirectory(temp.resolve("state"))
                        .build())
                .build());
    assertThat(report.outcome()).as("%s", report.failures()).isEqualTo(Outcome.OK);
  }

  @Test
  void everyChange_costsExactlyThis() throws Exception {
    check(Mount.DEFAULT);
  }

  @Thorough
  @ParameterizedTest
  @EnumSource(
      value = Mount.class,
      names = {"FRUGAL", "CACHED"})
  void everyChange_onAMountWithOptions_costsExactlyThis(Mount mount) throws Exception {
    check(mount);
  }

  private void check(Mount mount) throws Exception {
    try (S3fsFixture s3fs = mount.start(temp.resolve("cache"))) {
      costs(
          s3fs,
          this::mtb,
          (change, cost) ->
              assertThat(cost)
                  .as("%s on %s: %s", change, mount, s3fs.proxy().recentRequests())
                  .isEqualTo(change.costs.get(mount) * EACH));
    }
  }

  /** Takes the number of requests that ten changes add to a run. */
  private interface Costs {
    void take(Change change, long cost);
  }

  /** Makes the changes in trees of their own, of which a new mount has nothing in its caches. */
  private void costs(S3fsFixture s3fs, Tool tool, Costs costs) throws Exception {
    Map<Change, Path> sources = new EnumMap<>(Change.class);
    for (Change change : Change.values()) {
      Path source = Files.createTempDirectory(temp, change.name());
      sources.put(change, source);
      Path directory = Files.createDirectory(source.resolve("directory"));
      for (int i = 0; i < EACH; i++) {
        change.prepare(directory.resolve("x" + i));
      }
      settle(source, directory);
      mtb(source, s3fs.root().resolve(source.getFileName()));
    }
    s3fs.freshMount();
    Map<Change, Long> before = new EnumMap<>(Change.class);
    for (Map.Entry<Change, Path> changed : sources.entrySet()) {
      before.put(changed.getKey(), requests(s3fs, tool, changed.getValue()));
    }
    for (Map.Entry<Change, Path> changed : sources.entrySet()) {
      Path directory = changed.getValue().resolve("directory");
      for (int i = 0; i < EACH; i++) {
        changed.getKey().make(directory.resolve("x" + i));
      }
      settle(changed.getValue(), directory);
    }
    s3fs.freshMount();
    for (Map.Entry<Change, Path> changed : sources.entrySet()) {
      Change change = changed.getKey();
      costs.take(change, requests(s3fs, tool, changed.getValue()) - before.get(change));
    }
  }

  private static long requests(S3fsFixture s3fs, Tool tool, Path source) throws Exception {
    Path destination = s3fs.root().resolve(source.getFileName());
    return s3fs.counting(() -> tool.bringOver(source, destination)).total();
  }

  /** Sets the mtimes of the directories, which are not measured here. */
  private static void settle(Path... directories) throws IOException {
    for (Path directory : directories) {
      Files.setLastModifiedTime(directory, FileTime.from(OLD));
    }
  }

  @Thorough
  @Test
  void deepChain_costsWhatItsDirectoriesCost() throws Exception {
    Path source = Files.createDirectory(temp.resolve("chain"));
    Path directory = source;
    for (int level = 0; level < 100; level++) {
      directory = Files.createDirectory(directory.resolve("d"));
    }
    RandomTree.write(directory.resolve("file"), RandomTree.bytes(1, 100), OLD);
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      Path destination = s3fs.root().resolve("chain");
      Counts counts = s3fs.counting(() -> mtb(source, destination));
      // On a busy machine, the kernel may look a second time, since its cache has expired.
      assertThat(counts.total()).as("%s", counts).isLessThanOrEqualTo(100 * 14 + 9 + 60);
      s3fs.freshMount();
      Counts again = s3fs.counting(() -> mtb(source, destination));
      assertThat(again.total()).as("%s", again).isLessThanOrEqualTo(100 * 2 + 10);
    }
  }

  @Test
  @Tag("by-hand")
  void peers_forTheTable() throws Exception {
    Map<String, Tool> tools =
        Map.of(
            "rsync -a", (s, d) -> run("rsync", "-a", s + "/", d.toString()),
            "rsync -a --inplace -W",
                (s, d) -> run("rsync", "-a", "--inplace", "-W", s + "/", d.toString()),
            "cp -a", (s, d) -> run("cp", "-a", "-T", s.toString(), d.toString()),
            "rclone sync", (s, d) -> run("rclone", "sync", "--links", s.toString(), d.toString()));
    for (Mount mount : Mount.values()) {
      try (S3fsFixture s3fs = mount.start(temp.resolve("cache"))) {
        for (Map.Entry<String, Tool> tool : tools.entrySet()) {
          costs(
              s3fs,
              tool.getValue(),
              (change, cost) ->
                  System.out.printf(
                      "%s | %s | %s | %s%n", mount, change, tool.getKey(), cost / (double) EACH));
        }
      }
    }
  }

  private static void run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(List.of(command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.waitFor();
  }
}
