package dev.mtb.benchmarks;

import dev.mtb.testing.CountingProxy.Counts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Carries a plan out. */
final class Bench implements AutoCloseable {
  /** A destination, and the tree that it has a backup of. Each is used by one run at a time. */
  private record Lane(Ground ground, SourceTree tree) {}

  /** After some thousand requests the server is hardly any faster. */
  private static final Shape WARM_UP = new Shape(5_000, 50, 4 * 1024);

  private final Options options;
  private final Meter meter = new Meter();
  private final long start = System.nanoTime();
  private final AtomicInteger sequence = new AtomicInteger();
  private final List<Measurement> measurements = Collections.synchronizedList(new ArrayList<>());
  // Guarded by this. By shape and by who works on it: what has a backup stays for further runs.
  private final Map<String, Lane> lanes = new HashMap<>();
  // Guarded by this. Trees that nothing changes.
  private final Map<Shape, SourceTree> trees = new HashMap<>();

  Bench(Options options) {
    this.options = options;
  }

  List<Measurement> run(List<Cell> plan) throws Exception {
    if (options.mode == Mode.BUCKET) {
      // The server's code is compiled before the first tool meets it.
      try (Ground ground = newGround(Tool.MTB)) {
        ground.populate(tree(WARM_UP));
      }
    }
    int total = plan.stream().mapToInt(cell -> cell.tools().size()).sum() * options.repeat;
    for (int repetition = 0; repetition < options.repeat; repetition++) {
      for (Cell cell : plan) {
        run(cell, repetition, total);
      }
    }
    return List.copyOf(measurements);
  }

  /** The tools take turns, and begin with another one in each repetition. */
  private void run(Cell cell, int repetition, int total) throws Exception {
    List<Tool> together = new ArrayList<>();
    if (!options.alone && cell.link().leavesProcessorIdle() && cell.scenario() != Scenario.LARGE) {
      cell.tools().stream().filter(Tool::isOneByOne).forEach(together::add);
    }
    if (together.size() < 2) {
      together.clear();
    }
    List<Tool> single = new ArrayList<>(cell.tools());
    single.removeAll(together);
    Collections.rotate(single, -repetition);
    if (repetition % 2 == 0) {
      runTogether(cell, together, repetition, total);
    }
    for (Tool tool : single) {
      measure(cell, tool, false, repetition, total);
    }
    if (repetition % 2 != 0) {
      runTogether(cell, together, repetition, total);
    }
  }

  private void runTogether(Cell cell, List<Tool> tools, int repetition, int total)
      throws Exception {
    if (tools.isEmpty()) {
      return;
    }
    // Before any clock runs, as that takes all of the processor.
    if (cell.scenario().isRepeated()) {
      for (Tool tool : tools) {
        lane(cell, tool, true);
      }
    }
    ExecutorService pool = Executors.newFixedThreadPool(tools.size());
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Tool tool : tools) {
        running.add(
            pool.submit(
                () -> {
                  measure(cell, tool, true, repetition, total);
                  return null;
                }));
      }
      for (Future<?> future : running) {
        future.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private void measure(Cell cell, Tool tool, boolean sideBySide, int repetition, int total)
      throws Exception {
    if (cell.scenario().isRepeated()) {
      Lane lane = lane(cell, tool, sideBySide);
      if (cell.scenario() == Scenario.CHANGED) {
        lane.tree().changeOnePercent();
      }
      Measurement measurement = measure(cell, tool, sideBySide, repetition, lane);
      record(measurement, total);
      if (measurement.timedOut() || !measurement.isResult() || measurement.wrongTimes() > 0) {
        lane.ground().populate(lane.tree());
      }
    } else {
      try (Ground ground = newGround(tool)) {
        Lane lane = new Lane(ground, tree(cell.shape()));
        record(measure(cell, tool, sideBySide, repetition, lane), total);
      }
    }
  }

  private Measurement measure(Cell cell, Tool tool, boolean sideBySide, int repetition, Lane lane)
      throws Exception {
    Path scratch = newFolder("run");
    Path target = newFolder("target");
    lane.ground().open(cell.link());
    Tool.Job job =
        new Tool.Job(
            options.jar,
            options.threads,
            cell.scenario(),
            cell.shape(),
            lane.tree().root(),
            lane.ground().destination(),
            lane.ground().bucket(),
            scratch,
            target,
            lane.ground().state());
    Meter.Outcome outcome =
        meter.run(
            tool.command(job),
            tool.environment(job),
            scratch.resolveSibling(scratch.getFileName() + ".log"),
            options.limit);
    Optional<Counts> traffic = lane.ground().finish();
    trace(cell, tool, lane.ground());
    SourceTree.Verdict verdict = new SourceTree.Verdict(Optional.empty(), 0);
    if (outcome.exitCode() != 0 && !outcome.timedOut()) {
      verdict =
          SourceTree.Verdict.wrong("exit code " + outcome.exitCode() + ": " + outcome.lastOutput());
    } else if (!outcome.timedOut()) {
      verdict =
          cell.scenario() == Scenario.RESTORE
              ? lane.tree().compareWith(target)
              : lane.ground().judge(lane.tree());
    }
    return new Measurement(
        cell,
        tool,
        tool.label(cell.scenario(), options.threads),
        repetition,
        sideBySide,
        outcome.seconds(),
        outcome.timedOut(),
        outcome.usage(),
        traffic,
        verdict.problem(),
        verdict.wrongTimes());
  }

  private void record(Measurement measurement, int total) {
    measurements.add(measurement);
    Cell cell = measurement.cell();
    String traffic =
        measurement
            .traffic()
            .map(
                counts ->
                    String.format(
                        Locale.ROOT,
                        ", %.2f requests per file",
                        counts.total() / (double) cell.shape().files()))
            .orElse("");
    System.err.printf(
        Locale.ROOT,
        "[%d/%d, %d s] %s, %s, %s: %s%.2f s%s%s%s%s%n",
        measurements.size(),
        total,
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start),
        cell.link().label(),
        cell.scenario().title(),
        measurement.label(),
        measurement.timedOut() ? "stopped after " : "",
        measurement.seconds(),
        measurement.usage().map(Bench::text).orElse(""),
        traffic,
        measurement.wrongTimes() > 0 ? "; " + measurement.wrongTimes() + " wrong mtimes" : "",
        measurement.problem().map(problem -> "; NO RESULT: " + problem).orElse(""));
  }

  private static String text(Usage usage) {
    return String.format(
        Locale.ROOT,
        ", processor %.2f s, %d MB",
        usage.processorSeconds(),
        usage.peakBytes() / 1_000_000);
  }

  private void trace(Cell cell, Tool tool, Ground ground) throws IOException {
    if (options.trace.isPresent() && ground instanceof S3Ground s3) {
      Files.createDirectories(options.trace.get());
      String name =
          String.join("-", cell.link().label(), cell.scenario().id(), tool.id())
                  .replaceAll("\\W+", "-")
              + ".txt";
      Files.write(options.trace.get().resolve(name), s3.recentRequests());
    }
  }

  private synchronized Lane lane(Cell cell, Tool tool, boolean sideBySide) throws Exception {
    // Another version of MTB may remember things in another form, so it has a place of its own too.
    boolean own = sideBySide || tool.jar().isPresent();
    String key = cell.shape() + " " + (own ? tool.id() : "");
    Lane lane = lanes.get(key);
    if (lane == null) {
      lane = new Lane(newGround(tool), SourceTree.create(newFolder("tree"), cell.shape()));
      lanes.put(key, lane);
      lane.ground().populate(lane.tree());
      SourceTree.Verdict verdict = lane.ground().judge(lane.tree());
      if (verdict.problem().isPresent() || verdict.wrongTimes() > 0) {
        throw new IOException("cannot prepare a backup: " + verdict);
      }
    }
    return lane;
  }

  private synchronized SourceTree tree(Shape shape) throws IOException {
    SourceTree tree = trees.get(shape);
    if (tree == null) {
      tree = SourceTree.create(newFolder("tree"), shape);
      trees.put(shape, tree);
    }
    return tree;
  }

  private Ground newGround(Tool tool) throws Exception {
    // By a jar that is measured: it is there, and a wrong copy would be noticed.
    Tool mtb = tool.jar().isPresent() ? tool : Tool.MTB;
    Path state = newFolder("state");
    Copyist copyist = (from, to, bucket) -> copy(mtb, from, to, bucket, state);
    return options.mode == Mode.LOCAL
        ? LocalGround.create(copyist, newFolder("copy"), state)
        : S3Ground.start(copyist, options, state);
  }

  private void copy(Tool mtb, Path source, String destination, Optional<Bucket> bucket, Path state)
      throws Exception {
    Path scratch = newFolder("populate");
    Shape any = new Shape(1, 1, 1);
    Tool.Job job =
        new Tool.Job(
            options.jar,
            16,
            Scenario.FIRST,
            any,
            source,
            destination,
            bucket,
            scratch,
            scratch,
            state);
    Meter.Outcome outcome =
        meter.run(
            mtb.command(job),
            mtb.environment(job),
            scratch.resolveSibling(scratch.getFileName() + ".log"),
            options.limit);
    if (outcome.timedOut() || outcome.exitCode() != 0) {
      throw new IOException("cannot prepare a backup: " + outcome.lastOutput());
    }
  }

  private Path newFolder(String name) throws IOException {
    return Files.createDirectories(options.work.resolve(name + "-" + sequence.incrementAndGet()));
  }

  @Override
  public synchronized void close() throws IOException {
    for (Lane lane : lanes.values()) {
      lane.ground().close();
    }
  }
}
