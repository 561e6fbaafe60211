package dev.mtb.benchmarks;

import static dev.mtb.benchmarks.Scenario.CHANGED;
import static dev.mtb.benchmarks.Scenario.DEEP;
import static dev.mtb.benchmarks.Scenario.FIRST;
import static dev.mtb.benchmarks.Scenario.LARGE;
import static dev.mtb.benchmarks.Scenario.RESTORE;
import static dev.mtb.benchmarks.Scenario.SOURCE;
import static dev.mtb.benchmarks.Scenario.UNCHANGED;
import static dev.mtb.benchmarks.Tool.Kind.AWS;
import static dev.mtb.benchmarks.Tool.Kind.CP;
import static dev.mtb.benchmarks.Tool.Kind.FPSYNC;
import static dev.mtb.benchmarks.Tool.Kind.JAVA_JAR;
import static dev.mtb.benchmarks.Tool.Kind.MTB;
import static dev.mtb.benchmarks.Tool.Kind.MTB_MOUNT;
import static dev.mtb.benchmarks.Tool.Kind.PARALLEL;
import static dev.mtb.benchmarks.Tool.Kind.RCLONE;
import static dev.mtb.benchmarks.Tool.Kind.RSYNC;
import static dev.mtb.benchmarks.Tool.Kind.RSYNC_INPLACE;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is measured, and in which order.
 *
 * <p>The default has every tool at 50 ms. Elsewhere it leaves out each tool that needs minutes to
 * show once more what 50 ms shows, so that all of it ends within a quarter of an hour.
 */
final class Plan {
  private static final Link NEAR = new Link(5, 0);
  private static final Link USUAL = new Link(50, 0);
  private static final Link FAR = new Link(200, 0);
  private static final Link NARROW = new Link(50, 20);

  private static final int LARGE_MEBIBYTES = 200;
  private static final int BUCKET_MEBIBYTES = 1024;
  private static final int NARROW_MEBIBYTES = 10;
  private static final int SMALL_KILOBYTES = 4;

  /** As a home directory is, where directories are many and have few files. */
  private static final int DEEP_FILES = 13_500;

  private static final int DEEP_DIRECTORIES = 3_600;

  private final Options options;
  private final List<Cell> cells = new ArrayList<>();

  private Plan(Options options) {
    this.options = options;
  }

  static List<Cell> of(Options options) throws IOException {
    Plan plan = new Plan(options);
    switch (options.mode) {
      case S3FS -> plan.s3fs();
      case BUCKET -> plan.bucket();
      case LOCAL -> plan.local();
    }
    if (plan.cells.isEmpty()) {
      throw new IllegalArgumentException("there is nothing to measure");
    }
    return plan.cells;
  }

  private void local() throws IOException {
    for (Scenario scenario : options.scenarios.orElse(List.of(FIRST, UNCHANGED, DEEP, SOURCE))) {
      Shape shape = shape(scenario, 50_000, 500, BUCKET_MEBIBYTES);
      add(Link.NONE, scenario, shape, List.of(MTB, JAVA_JAR, RSYNC, CP));
    }
  }

  private void bucket() throws IOException {
    for (Link link : options.links.orElse(List.of(USUAL))) {
      for (Scenario scenario :
          options.scenarios.orElse(List.of(FIRST, UNCHANGED, RESTORE, LARGE))) {
        Shape shape = shape(scenario, 10_000, 100, BUCKET_MEBIBYTES);
        add(link, scenario, shape, List.of(MTB, JAVA_JAR, RCLONE, AWS));
      }
    }
  }

  private void s3fs() throws IOException {
    for (Link link : options.links.orElse(List.of(USUAL, NEAR, FAR, NARROW))) {
      int mebibytes = link.equals(NARROW) ? NARROW_MEBIBYTES : LARGE_MEBIBYTES;
      for (Scenario scenario : options.scenarios.orElse(scenarios(link))) {
        Shape shape = shape(scenario, 200, 10, mebibytes);
        if (scenario.isRepeated()) {
          shape = shape(scenario, 1000, 20, mebibytes);
        } else if (link.equals(FAR)) {
          shape = shape(scenario, 16, 4, mebibytes);
        }
        add(link, scenario, shape, tools(link, scenario));
      }
    }
  }

  private void add(Link link, Scenario scenario, Shape shape, List<Tool.Kind> usual) {
    List<Tool> tools = new ArrayList<>(options.tools.orElse(Tool.of(usual)));
    tools.addAll(options.furtherJars);
    tools.removeIf(tool -> !tool.suits(options.mode, scenario));
    for (Tool tool : List.copyOf(tools)) {
      if (!tool.isInstalled()) {
        tools.remove(tool);
        options.missing.add(tool.id());
      }
    }
    if (!tools.isEmpty()) {
      cells.add(new Cell(link, scenario, shape, tools));
    }
  }

  /** The shape that a scenario has here if no option says otherwise. */
  private Shape shape(Scenario scenario, int files, int directories, int mebibytes)
      throws IOException {
    return switch (scenario) {
      case FIRST, UNCHANGED, CHANGED, RESTORE -> tree(files, directories, false);
      case LARGE -> Shape.oneFile(options.largeMebibytes.orElse(mebibytes));
      case DEEP -> tree(DEEP_FILES, DEEP_DIRECTORIES, true);
      case SOURCE -> Shape.of(options.source);
    };
  }

  private Shape tree(int files, int directories, boolean deep) {
    int number = options.files.orElse(files);
    return new Shape(
        number,
        Math.min(options.directories.orElse(directories), number),
        options.fileKilobytes.orElse(SMALL_KILOBYTES) * 1024L,
        deep,
        Optional.empty());
  }

  private static List<Scenario> scenarios(Link link) {
    if (link.equals(NARROW)) {
      return List.of(LARGE);
    }
    return link.equals(NEAR) || link.equals(FAR)
        ? List.of(FIRST, UNCHANGED)
        : List.of(FIRST, UNCHANGED, CHANGED, LARGE);
  }

  private static List<Tool.Kind> tools(Link link, Scenario scenario) {
    if (link.equals(NEAR)) {
      return List.of(MTB, RSYNC, CP, PARALLEL, RCLONE);
    }
    if (link.equals(FAR)) {
      return scenario == UNCHANGED ? List.of(MTB, RCLONE) : List.of(MTB, CP, RCLONE);
    }
    if (link.equals(NARROW)) {
      return List.of(MTB, CP, RCLONE);
    }
    List<Tool.Kind> tools =
        new ArrayList<>(
            List.of(MTB, MTB_MOUNT, RSYNC, RSYNC_INPLACE, CP, PARALLEL, FPSYNC, RCLONE));
    if (scenario == CHANGED) {
      tools.remove(FPSYNC);
    } else if (scenario == UNCHANGED) {
      // How it is started matters only where there is little else to do.
      tools.add(JAVA_JAR);
    }
    return tools;
  }

  /** The shape that all cells have, if it is one; otherwise each has to be named. */
  static Optional<Shape> commonShape(List<Cell> cells) {
    List<Shape> shapes = cells.stream().map(Cell::shape).distinct().toList();
    return shapes.size() == 1 ? Optional.of(shapes.get(0)) : Optional.empty();
  }
}
