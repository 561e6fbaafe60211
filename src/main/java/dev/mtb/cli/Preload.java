package dev.mtb.cli;

import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import dev.mtb.place.Destinations;
import dev.mtb.store.bucket.BucketStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Does on the second processor, while the first reads the command line, what a run waits for in any
 * case: the first look at the destination (a round trip, if it is on S3FS; s3fs remembers the
 * answer, so it is no request more), and loading classes, which takes a third of MTB's start.
 */
final class Preload {
  /** One of each group that a run needs at once; what they refer to comes along. */
  private static final String[] CLASSES = {
    "dev.mtb.engine.Run",
    "dev.mtb.scan.SourceList",
    "dev.mtb.scan.PathSet",
    "dev.mtb.scan.DirectoryScan",
    "dev.mtb.store.folder.Folders",
    "com.google.common.hash.Hashing",
    "com.google.common.base.Splitter",
    "com.google.common.collect.ImmutableSet",
    "dev.mtb.model.PathBytes",
    "dev.mtb.place.Destinations",
    "dev.mtb.place.RunLock",
    "dev.mtb.store.mount.MountStore",
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
    "dev.mtb.copy.SourceFile",
  };

  /**
   * Commands that copy nothing. The doctor is not to touch a mount before it knows that somebody
   * answers: the kernel lets no process end that waits for one.
   */
  private static final List<String> NO_RUN =
      List.of("doctor", "completion", "man", "help", "version");

  private Preload() {}

  static void start(String[] args) {
    if (args.length < 2 || NO_RUN.contains(args[0])) {
      return;
    }
    start(Preload::load);
    String last = args.length < 2 ? "-" : args[args.length - 1];
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
    // A dead mount may hold it up; it must not hold up the end of the process.
    Thread thread = new Thread(task, "mtb-preload");
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
      BucketStore.warmUp();
    } catch (RuntimeException | LinkageError e) {
      // It will fail where it is needed, and be reported there.
      return;
    }
  }

  private static void load() {
    for (String name : CLASSES) {
      try {
        Class.forName(name);
      } catch (ClassNotFoundException | LinkageError e) {
        // It will be missed where it is needed, and reported there.
        return;
      }
    }
  }
}
