package dev.mtb.benchmarks;

import static dev.mtb.benchmarks.Scenario.CHANGED;
import static dev.mtb.benchmarks.Scenario.FIRST;
import static dev.mtb.benchmarks.Scenario.LARGE;
import static dev.mtb.benchmarks.Scenario.UNCHANGED;
import static dev.mtb.benchmarks.Tool.AWS;
import static dev.mtb.benchmarks.Tool.CP;
import static dev.mtb.benchmarks.Tool.JAVA_JAR;
import static dev.mtb.benchmarks.Tool.MTB;
import static dev.mtb.benchmarks.Tool.MTB_MOUNT;
import static dev.mtb.benchmarks.Tool.PARALLEL;
import static dev.mtb.benchmarks.Tool.RCLONE;
import static dev.mtb.benchmarks.Tool.RCLONE_S3;
import static dev.mtb.benchmarks.Tool.RSYNC;
import static dev.mtb.benchmarks.Tool.RSYNC_INPLACE;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * What is measured, and in which order.
 *
 * <p>The default has every tool at 50 ms. Elsewhere it leaves out whoever needs minutes to show
 * once more what 50 ms shows, so that all of it ends within a quarter of an hour.
 */
final class Plan {
  private static final Link NEAR = new Link(5, 0);
  private static final Link USUAL = new Link(50, 0);
  private static final Link FAR = new Link(200, 0);
  private static final Link NARROW = new Link(50, 20);

  private static final int LARGE_MEGABYTES = 200;
  private static final int BUCKET_MEGABYTES = 1024;
  private static final int NARROW_MEGABYTES = 10;
  private static final int SMALL_KILOBYTES = 4;

  private Plan() {}

  static List<Cell> of(Options options) {
    List<Cell> cells = new ArrayList<>();
    if (options.local) {
      for (Scenario scenario : options.scenarios.orElse(List.of(FIRST, UNCHANGED))) {
        Shape shape = shape(options, scenario, 50_000, 500);
        add(cells, options, Link.LOCAL_DISK, scenario, shape, List.of(MTB, RSYNC, CP));
      }
      return cells;
    }
    if (options.bucket) {
      for (Scenario scenario : options.scenarios.orElse(List.of(FIRST, UNCHANGED, LARGE))) {
        Shape shape =
            scenario == LARGE
                ? Shape.oneFile(options.largeMegabytes.orElse(BUCKET_MEGABYTES))
                : shape(options, scenario, 10_000, 100);
        Link link = options.links.orElse(List.of(USUAL)).get(0);
        // S3Proxy tells no dates of directories' objects, and aws s3 sync stops there.
        List<Tool> tools =
            scenario == UNCHANGED ? List.of(MTB, RCLONE_S3) : List.of(MTB, RCLONE_S3, AWS);
        add(cells, options, link, scenario, shape, tools);
      }
      return cells;
    }
    for (Link link : options.links.orElse(List.of(USUAL, NEAR, FAR, NARROW))) {
      for (Scenario scenario : options.scenarios.orElse(scenarios(link))) {
        Shape shape = shape(options, scenario, 200, 10);
        if (scenario.isRepeated()) {
          shape = shape(options, scenario, 1000, 20);
        } else if (link.equals(FAR)) {
          shape = shape(options, scenario, 16, 4);
        }
        if (scenario == LARGE) {
          int usual = link.equals(NARROW) ? NARROW_MEGABYTES : LARGE_MEGABYTES;
          shape = Shape.oneFile(options.largeMegabytes.orElse(usual));
        }
        add(cells, options, link, scenario, shape, tools(link, scenario));
      }
    }
    return cells;
  }

  private static void add(
      List<Cell> cells,
      Options options,
      Link link,
      Scenario scenario,
      Shape shape,
      List<Tool> usual) {
    List<Tool> suitable =
        options.tools.orElse(usual).stream().filter(tool -> tool.suits(scenario)).toList();
    if (!suitable.isEmpty()) {
      cells.add(new Cell(link, scenario, shape, suitable));
    }
  }

  private static Shape shape(Options options, Scenario scenario, int files, int directories) {
    if (scenario == LARGE) {
      return Shape.oneFile(options.largeMegabytes.orElse(LARGE_MEGABYTES));
    }
    int number = options.files.orElse(files);
    return new Shape(
        number,
        Math.min(options.directories.orElse(directories), number),
        options.fileKilobytes.orElse(SMALL_KILOBYTES) * 1024L);
  }

  private static List<Scenario> scenarios(Link link) {
    if (link.equals(NARROW)) {
      return List.of(LARGE);
    }
    return link.equals(NEAR) || link.equals(FAR)
        ? List.of(FIRST, UNCHANGED)
        : List.of(FIRST, UNCHANGED, CHANGED, LARGE);
  }

  private static List<Tool> tools(Link link, Scenario scenario) {
    if (link.equals(NEAR)) {
      return List.of(MTB, RSYNC, CP, PARALLEL, RCLONE);
    }
    if (link.equals(FAR)) {
      return scenario == UNCHANGED ? List.of(MTB, RCLONE) : List.of(MTB, CP, RCLONE);
    }
    if (link.equals(NARROW)) {
      return List.of(MTB, CP, RCLONE);
    }
    if (scenario == CHANGED) {
      return List.of(MTB, MTB_MOUNT, RSYNC, RSYNC_INPLACE, CP, PARALLEL, RCLONE);
    }
    EnumSet<Tool> tools = EnumSet.complementOf(EnumSet.of(RCLONE_S3, AWS));
    if (scenario != UNCHANGED) {
      // How it is started matters only where there is little else to do.
      tools.remove(JAVA_JAR);
    }
    return List.copyOf(tools);
  }

  /** The shape that all cells have, if it is one; otherwise each has to be named. */
  static Optional<Shape> commonShape(List<Cell> cells) {
    List<Shape> shapes = cells.stream().map(Cell::shape).distinct().toList();
    return shapes.size() == 1 ? Optional.of(shapes.get(0)) : Optional.empty();
  }
}
