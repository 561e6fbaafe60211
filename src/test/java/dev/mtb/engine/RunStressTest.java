package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.place.Destinations;
import dev.mtb.store.TemporaryNames;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.MemoryStore;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The engine under random faults: thousands of small jobs, each from a seed, with a destination
 * that fails, is slow or is lost, with a listener that throws and a caller that is interrupted.
 * After each run all guarantees are checked.
 *
 * <p>{@code -Dmtb.seed=N} repeats one seed a hundred times (with another thread schedule each
 * time), {@code -Dmtb.stress.runs=N} makes it longer.
 */
class RunStressTest {
  @TempDir Path temp;

  /** CI makes 2,000: enough that each rare kind of fault occurs with each kind of destination. */
  private static final int RUNS = Integer.getInteger("mtb.stress.runs", 500);

  /** The same jobs in each build; others with {@code -Dmtb.stress.first=N}. */
  private static final long FIRST = Long.getLong("mtb.stress.first", 1);

  private static final Long ONLY = Long.getLong("mtb.seed");

  /** A run takes milliseconds; one that hangs is shown with all its threads. */
  private static final int MOST_SECONDS = Integer.getInteger("mtb.stress.seconds", 60);

  @Test
  void smallJobs_withRandomFaults_keepEveryGuarantee() throws Exception {
    runs(RUNS, false);
  }

  @Test
  void largeJobs_withRandomFaults_keepEveryGuarantee() throws Exception {
    runs(RUNS / 20, true);
  }

  @Test
  void realFolders_withRandomFaults_leaveNothingOpenAndNothingHalfWritten() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    RandomTree.seeded(7).directories(5).files(30).links(3).sizes(0, 300_000).build(source);
    Path descriptors = Path.of("/proc/self/fd");
    assumeTrue(Files.isDirectory(descriptors));
    // The first run loads classes and opens files that stay open for all runs.
    realRun(source, -1);
    int before = count(descriptors);
    long start = ONLY != null ? ONLY : FIRST;
    System.out.printf("real jobs from seed %d on%n", start);
    for (int i = 0; i < RUNS / 20; i++) {
      realRun(source, start + i);
      try (Stream<Path> left = Files.walk(temp.resolve("backup"))) {
        assertThat(left.filter(path -> TemporaryNames.isTemporary(path.getFileName())))
            .as("half written, seed %d", start + i)
            .isEmpty();
      }
      if (i % 3 == 0) {
        MoreFiles.deleteRecursively(temp.resolve("backup"), RecursiveDeleteOption.ALLOW_INSECURE);
      }
    }
    // The count itself uses one descriptor. A leak would add one for each run.
    assertThat(count(descriptors)).as("open descriptors").isLessThanOrEqualTo(before + 5);
  }

  private static int count(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return (int) files.count();
    }
  }

  private void realRun(Path source, long seed) throws Exception {
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(temp.resolve("backup"))
            .options(
                BackupOptions.builder()
                    .threads(1 + (int) (seed & 15))
                    .compare(CompareMode.ALWAYS)
                    .waiting(w -> w.withRetries(0))
                    .stateDirectory(temp.resolve("state"))
                    .build())
            .build();
    StressFaults faults = seed < 0 ? StressFaults.none() : StressFaults.seeded(seed, null);
    run(job, readOnly -> Destinations.open(job, readOnly), faults);
  }

  private static void runs(int count, boolean isLarge) throws Exception {
    long start = ONLY != null ? ONLY : FIRST;
    System.out.printf("%s jobs from seed %d on%n", isLarge ? "large" : "small", start);
    for (int i = 0; i < (ONLY != null ? 100 : count); i++) {
      long seed = ONLY != null ? start : start + i;
      try (StressWorld world = new StressWorld(seed, isLarge)) {
        StressFaults faults = StressFaults.seeded(seed, world.someFile());
        try {
          once(world, faults);
          if (seed % 4 == 0 && !world.dryRun && !faults.mayVanish()) {
            converges(world);
          }
        } catch (Throwable e) {
          throw new AssertionError(
              "repeat with -Dmtb.seed=" + seed + ": " + faults + "; " + world, e);
        }
      }
    }
  }

  private static void once(StressWorld world, StressFaults faults) throws Exception {
    Set<Thread> before = workers();
    MemoryStore destination = open(world, world.isNew, world.dryRun);
    StressOutcome outcome = run(world.job(), readOnly -> destination, faults);
    new StressCheck(world, faults, destination, outcome).all();
    noneLeft(before);
  }

  /**
   * Checks that a run without faults completes the backup, and that a third run has nothing to do.
   */
  private static void converges(StressWorld world) throws Exception {
    BackupJob job =
        BackupJob.builder()
            .base(world.job().base())
            .filesFrom(world.job().lists().get(0).file())
            .destination(world.job().directory().orElseThrow())
            .options(world.options(CompareMode.CHECKSUM).build())
            .build();
    StressOutcome repair = run(job, readOnly -> open(world, false, false), StressFaults.none());
    assertThat(repair.crash()).isNull();
    StressCheck.onlyTheList(world, repair.report());
    MemoryStore destination = open(world, false, false);
    StressFaults seen = StressFaults.none();
    BackupReport again = run(job, readOnly -> destination, seen).report();
    StressCheck.onlyTheList(world, again);
    boolean isOnePlace = world.directories.values().stream().allMatch(from -> from.size() == 1);
    if (isOnePlace) {
      assertThat(again.totals().copied()).as("copied by the third run: %s", seen.copied).isZero();
      assertThat(destination.changes()).as("changes by the third run").isZero();
    }
  }

  private static MemoryStore open(StressWorld world, boolean isNew, boolean readOnly) {
    boolean obeysModes = world.features.keepsPermissions() && !world.features.keepsOwner();
    return new MemoryStore(world.nodes, world.features, isNew, readOnly, obeysModes, world.threads);
  }

  /** Runs a job in its own thread, which can be interrupted and abandoned. */
  private static StressOutcome run(BackupJob job, Run.Opener opener, StressFaults faults)
      throws Exception {
    StressOutcome[] outcome = new StressOutcome[1];
    Thread caller =
        new Thread(
            () -> {
              faults.start();
              BackupReport report = null;
              Throwable crash = null;
              try {
                report =
                    Run.backup(
                        job, readOnly -> new FaultyStore(opener.open(readOnly), faults), faults);
              } catch (Throwable e) {
                crash = e;
              }
              int interrupts = faults.end();
              outcome[0] = new StressOutcome(report, crash, interrupts, Thread.interrupted());
            },
            "caller");
    caller.start();
    caller.join(MOST_SECONDS * 1000L);
    if (caller.isAlive()) {
      String threads =
          Thread.getAllStackTraces().entrySet().stream()
              .map(e -> e.getKey() + stack(e.getValue()))
              .collect(Collectors.joining("\n"));
      fail("still running after %d s:%n%s", MOST_SECONDS, threads);
    }
    return outcome[0];
  }

  private static String stack(StackTraceElement[] frames) {
    StringBuilder text = new StringBuilder();
    for (StackTraceElement frame : frames) {
      text.append("\n    at ").append(frame);
    }
    return text.toString();
  }

  static Set<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("ForkJoinPool-"))
        .collect(Collectors.toSet());
  }

  /** A thread that has left its pool may need a moment to end, on a busy machine a long one. */
  static void noneLeft(Set<Thread> before) throws InterruptedException {
    for (int i = 0; i < 20_000; i++) {
      Set<Thread> left = new HashSet<>(workers());
      left.removeAll(before);
      if (left.isEmpty()) {
        return;
      }
      Thread.sleep(1);
    }
    fail("threads left behind: %s", workers());
  }

  /** The result of a run: a report or an exception. */
  record StressOutcome(BackupReport report, Throwable crash, int interrupts, boolean status) {
    boolean isComplete() {
      return report != null
          && (report.outcome() == Outcome.OK || report.outcome() == Outcome.PARTIAL);
    }
  }
}
