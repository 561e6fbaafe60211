package dev.mtb.cli;

import com.google.common.base.Splitter;
import dev.mtb.model.PathBytes;
import dev.mtb.options.S3Location;
import dev.mtb.place.Destinations;
import dev.mtb.store.bucket.BucketStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
      names(
          "dev.mtb.engine: Run Pipeline Checkers DirectoryWalk Admission EntryComparison Workers"
              + " WorkQueue ListFeed DirectoryResolver CopySink",
          "dev.mtb.scan: SourceList PathSet",
          "dev.mtb.store.folder: FolderTree Folders",
          "dev.mtb.place: Destinations RunLock S3fsProcesses",
          "dev.mtb.store: TemporaryNames",
          "dev.mtb.store.mount: MountStore",
          "dev.mtb.compare: Comparison",
          "dev.mtb.copy: Copier SourceFile",
          "com.google.common.collect: ImmutableSet",
          "com.google.common.hash: Hashing",
          "java.util.concurrent: ForkJoinPool");

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
      BucketStore.warmUp();
    } catch (RuntimeException | LinkageError e) {
      // The run will fail with the same error, and report it.
      return;
    }
  }

  /** The full names of classes. Other packages do not let this one name the classes themselves. */
  static List<String> names(String... packages) {
    List<String> names = new ArrayList<>();
    for (String line : packages) {
      List<String> words = Splitter.onPattern(":? ").splitToList(line);
      words.stream().skip(1).forEach(word -> names.add(words.get(0) + "." + word));
    }
    return names;
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
