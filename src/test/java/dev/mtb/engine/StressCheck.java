package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.engine.RunStressTest.StressOutcome;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.Kind;
import dev.mtb.testing.MemoryStore;
import dev.mtb.testing.MemoryStore.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** The guarantees that must hold after a run with any faults. */
final class StressCheck {
  private final StressWorld world;
  private final StressFaults faults;
  private final MemoryStore destination;
  private final StressOutcome outcome;
  private final Map<String, Integer> failed = new HashMap<>();
  private final Set<String> givenUp = new TreeSet<>();

  StressCheck(
      StressWorld world, StressFaults faults, MemoryStore destination, StressOutcome outcome) {
    this.world = world;
    this.faults = faults;
    this.destination = destination;
    this.outcome = outcome;
    if (outcome.report() != null) {
      for (Failure failure : outcome.report().failures()) {
        failed.merge(failure.path().toString(), 1, Integer::sum);
        if (failure.error().contains("was backed up")
            || failure.error().contains("it was not backed up")) {
          givenUp.add(failure.path().toString());
        }
      }
    }
  }

  void all() throws IOException {
    // The limit of writes at a time in one directory holds for each path of the source that lands
    // in it.
    assertThat(destination.violations())
        .filteredOn(
            what ->
                world.directories.entrySet().stream()
                    .filter(directory -> directory.getValue().size() > 1)
                    .noneMatch(d -> what.endsWith("at a time in '" + d.getKey() + "'")))
        .isEmpty();
    assertThat(destination.open()).as("left open").isZero();
    ending();
    if (world.dryRun) {
      assertThat(destination.changes()).isZero();
    }
    for (Map.Entry<String, Path> file : world.files.entrySet()) {
      file(file.getKey(), file.getValue());
    }
    for (Map.Entry<String, Set<Path>> directory : world.directories.entrySet()) {
      // A thread that fails with an Error has not looked, so the next thread looks again.
      int looks = faults.errors.get() > 0 ? 0 : count(faults.changing, directory.getKey());
      assertThat(looks)
          .as("decisions about directory '%s'", directory.getKey())
          .isLessThanOrEqualTo(directory.getValue().size());
    }
    if (outcome.report() != null) {
      counts(outcome.report());
      explained(outcome.report());
    }
    if (outcome.isComplete() && !world.dryRun) {
      for (Map.Entry<String, Set<Path>> directory : world.directories.entrySet()) {
        directory(directory.getKey(), directory.getValue());
      }
    }
  }

  /** The outcome of the run agrees with the faults. */
  private void ending() {
    assertThat(outcome.status())
        .as("interrupt status after %d interrupts", outcome.interrupts())
        .isEqualTo(outcome.interrupts() > 0);
    if (outcome.crash() != null) {
      assertThat(faults.errors.get()).as("crashed: %s", outcome.crash()).isPositive();
      assertThat(outcome.crash()).isInstanceOf(IllegalStateException.class);
      return;
    }
    BackupReport report = outcome.report();
    boolean hasFailures = !report.failures().isEmpty();
    switch (report.outcome()) {
      case OK -> {
        assertThat(faults.trouble.get() + faults.losses.get() + faults.errors.get()).isZero();
        assertThat(hasFailures).isFalse();
        assertThat(world.unusable).isEmpty();
        assertThat(report.exitCode()).isZero();
      }
      case PARTIAL -> {
        assertThat(faults.losses.get() + faults.errors.get()).isZero();
        assertThat(hasFailures).isTrue();
        boolean isMoved =
            report.failures().stream().allMatch(f -> f.cause() == Failure.Cause.SOURCE_MOVED);
        assertThat(report.exitCode()).isEqualTo(isMoved ? 24 : 23);
        if (faults.trouble.get() > 0 || !world.unusable.isEmpty()) {
          assertThat(report.exitCode()).isEqualTo(23);
        }
      }
      case FAILED -> {
        assertThat(faults.losses.get()).isPositive();
        assertThat(report.fatal()).isPresent();
        assertThat(report.exitCode()).isEqualTo(10);
      }
      case INTERRUPTED -> {
        assertThat(outcome.interrupts()).isPositive();
        assertThat(report.exitCode()).isEqualTo(130);
      }
    }
    // A file that vanishes before the list is read causes no conflict.
    if (outcome.isComplete() && !faults.mayVanish()) {
      for (String entry : world.unusable) {
        boolean isToldAbove = isGivenUp(entry);
        // The conflicting file may have vanished before the second reading of the list.
        String target = entry.startsWith("/") ? entry.substring(1) : entry;
        boolean isRivalGone = faults.mayVanish(world.base.resolve(target));
        assertThat(failed.containsKey(entry) || isToldAbove || isRivalGone)
            .as("told of %s", entry)
            .isTrue();
      }
    }
  }

  /** Every failure has an injected fault as its cause. */
  private void explained(BackupReport report) {
    List<Failure> unexplained =
        report.failures().stream()
            .filter(f -> !f.error().contains("injected"))
            .filter(f -> !world.unusable.contains(f.path().toString()))
            .filter(f -> f.cause() != Failure.Cause.SOURCE_MOVED && !faults.mayVanish())
            // A directory that could not be made writable cannot be written to, so its failures are
            // explained.
            .filter(f -> faults.metadataFailures.get() == 0)
            .filter(f -> !isReachedTwice(world, f.path().toString()))
            .toList();
    assertThat(unexplained).isEmpty();
  }

  /**
   * Whether two paths of the source land in one directory. Then each of the two makes the directory
   * writable and read-only again, and each replaces an entry of another kind while the other may
   * look at it.
   */
  private static boolean isReachedTwice(StressWorld world, String path) {
    String above = path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
    return world.directories.getOrDefault(above, Set.of()).size() > 1
        || world.directories.getOrDefault(path, Set.of()).size() > 1;
  }

  private static int count(Map<String, AtomicInteger> counts, String path) {
    AtomicInteger count = counts.get(path);
    return count == null ? 0 : count.get();
  }

  /** Whether it was reported that nothing in a directory above was backed up. */
  private boolean isGivenUp(String path) {
    for (String above : givenUp) {
      if (above.isEmpty() || path.startsWith(above + "/")) {
        return true;
      }
    }
    return false;
  }

  private void file(String path, Path source) throws IOException {
    boolean mayVanish = faults.mayVanish(source);
    int copied = count(faults.copied, path);
    int unchanged = count(faults.unchanged, path);
    int changing = count(faults.changing, path);
    int failures = failed.getOrDefault(path, 0);
    assertThat(changing + unchanged).as("decisions about %s", path).isLessThanOrEqualTo(1);
    int ends = (world.dryRun ? changing : copied) + unchanged + failures;
    if (outcome.isComplete() && !mayVanish && !isGivenUp(path)) {
      assertThat(ends).as("ends of %s", path).isEqualTo(1);
    } else {
      assertThat(ends).as("ends of %s", path).isLessThanOrEqualTo(1);
    }
    if (mayVanish) {
      return;
    }
    Node now = world.nodes.get(path);
    Node before = world.before.get(path);
    Node right = world.right(source);
    if (world.dryRun) {
      return;
    }
    if (copied + unchanged > 0) {
      assertThat(now).as(path).isNotNull();
      assertThat(isSame(now, right)).as("content of %s", path).isTrue();
      Duration apart = Duration.between(now.mtime, right.mtime).abs();
      assertThat(apart).as("mtime of %s", path).isLessThanOrEqualTo(Duration.ofSeconds(1));
      if (world.features.keepsPermissions() && right.kind != Kind.LINK) {
        assertThat(now.mode).as("mode of %s", path).isEqualTo(right.mode);
      }
    } else if (now == null) {
      assertThat(before).as("was there before: %s", path).isNull();
    } else if (!isSame(now, right)) {
      assertThat(before).as(path).isNotNull();
      assertThat(isSame(now, before)).as("old content of %s", path).isTrue();
    }
  }

  private static boolean isSame(Node one, Node other) {
    return one.kind == other.kind && Arrays.equals(one.content, other.content);
  }

  private void counts(BackupReport report) {
    long copied = sum(world.dryRun ? filesOnly(faults.changing) : faults.copied);
    assertThat(report.totals().copied()).isEqualTo(copied);
    assertThat(report.totals().unchanged()).isEqualTo(sum(faults.unchanged));
    long ofTheRun =
        report.failures().stream().filter(f -> f.cause() == Failure.Cause.GIVEN_UP).count();
    assertThat(report.totals().failed()).isEqualTo(report.failures().size() - ofTheRun);
    assertThat(report.totals().skipped()).isLessThanOrEqualTo(world.skipped);
    if (outcome.isComplete()) {
      long failedFiles =
          report.failures().stream()
              .filter(f -> f.stage() == Failure.Stage.COPY)
              .filter(f -> world.files.containsKey(f.path().toString()))
              .count();
      assertThat(report.totals().scanned())
          .as("scanned")
          .isEqualTo(
              copied + report.totals().unchanged() + report.totals().skipped() + failedFiles);
      if (givenUp.isEmpty()) {
        assertThat(report.totals().skipped()).isEqualTo(world.skipped);
      }
    }
  }

  private Map<String, AtomicInteger> filesOnly(Map<String, AtomicInteger> counts) {
    return counts.entrySet().stream()
        .filter(e -> world.files.containsKey(e.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static long sum(Map<String, AtomicInteger> counts) {
    return counts.values().stream().mapToLong(AtomicInteger::get).sum();
  }

  /** Checks that a directory's own metadata is correct after all changes in it. */
  private void directory(String path, Set<Path> sources) throws IOException {
    boolean isRoot = path.isEmpty();
    if (failed.containsKey(path)
        || isGivenUp(path)
        || sources.size() > 1
        || sources.stream().anyMatch(faults::mayMove)
        || (isRoot && !world.features.keepsRootMetadata())) {
      return;
    }
    Node now = world.nodes.get(path);
    Node right = world.right(sources.iterator().next());
    assertThat(now).as("directory %s", path).isNotNull();
    assertThat(now.kind).as("directory %s", path).isEqualTo(Kind.DIRECTORY);
    assertThat(now.mtime).as("mtime of directory '%s'", path).isEqualTo(right.mtime);
    if (world.features.keepsPermissions()) {
      assertThat(now.mode).as("mode of directory '%s'", path).isEqualTo(right.mode);
    }
  }

  /** Checks that a run without faults reports only the invalid entries of the list. */
  static void onlyTheList(StressWorld world, BackupReport report) {
    List<String> others =
        report.failures().stream()
            .filter(f -> !world.unusable.contains(f.path().toString()))
            .filter(f -> !isReachedTwice(world, f.path().toString()))
            .map(f -> f.path() + ": " + f.error())
            .toList();
    assertThat(others).isEmpty();
    assertThat(report.outcome()).isIn(Outcome.OK, Outcome.PARTIAL);
  }
}
