package dev.mtb.cli;

import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import dev.mtb.place.Destinations;
import dev.mtb.store.bucket.BucketDestination;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Does on a second processor, while the first one reads the command line, what each run waits for:
 * the first look at the destination, and loading classes, which takes a third of MTB's start. (On
 * S3FS the look is a round trip, but no additional request: s3fs remembers the answer.)
 */
final class Preload {
  /** One of each group that a run needs at once; the JVM loads what they refer to. */
  static final List<String> CLASSES =
      List.of(
          "dev.mtb.engine.Run",
          "dev.mtb.scan.SourceList",
          "dev.mtb.scan.PathSet",
          "dev.mtb.scan.DirectoryScan",
          "dev.mtb.files.Folders",
          "com.google.common.hash.Hashing",
          "com.google.common.base.Splitter",
          "com.google.common.collect.ImmutableSet",
          "dev.mtb.model.PathBytes",
          "dev.mtb.place.Destinations",
          "dev.mtb.place.RunLock",
          "dev.mtb.store.mount.S3fsDestination",
          "dev.mtb.place.S3fsProcesses",
          "dev.mtb.store.TemporaryNames",
          "java.util.concurrent.ForkJoinPool",
          "dev.mtb.engine.Pipeline",
          "dev.mtb.engine.Checkers",
          "dev.mtb.engine.DirectoryWalk",
          "dev.mtb.engine.Admission",
          "dev.mtb.engine.EntryComparison",
          "dev.mtb.engine.Workers",
          "dev.mtb.engine.WorkQueue",
          "dev.mtb.engine.ListFeed",
          "dev.mtb.engine.DirectoryResolver",
          "dev.mtb.engine.CopySink",
          "dev.mtb.compare.Comparison",
          "dev.mtb.copy.Copier",
          "dev.mtb.copy.SourceFile");

  private Preload() {}

  /**
   * Starts for a command that copies or compares.
   *
   * @param args of the process, more than one
   */
  static void start(String[] args) {
    start(Preload::load);
    String last = args[args.length - 1];
    List<String> words = Arrays.asList(args);
    if (words.stream().skip(1).anyMatch(S3Location::isLocation)) {
      start(Preload::warmUp);
    } else if (!last.isEmpty() && !last.startsWith("-")) {
      boolean isThroughMount =
          words.contains("--via=mount")
              || Collections.indexOfSubList(words, List.of("--via", "mount")) >= 0;
      start(() -> look(last, !isThroughMount));
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "mtb-preload");
    // It may hang on a dead mount; the process can end all the same.
    thread.setDaemon(true);
    thread.start();
  }

  private static void look(String destination, boolean mayUseBucket) {
    Path path = PathBytes.parse(destination);
    if (mayUseBucket && Destinations.isOnS3fs(path.toAbsolutePath().normalize())) {
      start(Preload::warmUp);
    }
    boolean unused = Files.exists(path);
  }

  private static void warmUp() {
    try {
      BucketDestination.warmUp();
    } catch (RuntimeException | LinkageError e) {
      // The run will fail with the same error, and report it.
      return;
    }
  }

  private static void load() {
    for (String name : CLASSES) {
      try {
        Class.forName(name);
      } catch (ClassNotFoundException | LinkageError e) {
        // The run will fail with the same error, and report it.
        return;
      }
    }
  }
}
