package dev.mtb.cli.startup;

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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Does on a second processor, while the first one reads the command line, what each run waits for:
 * the first look at the destination, and loading classes, which takes a third of MTB's start. (On
 * S3FS the look is a round trip, but no additional request: s3fs remembers the answer.)
 */
public final class Preload {
  /** One of each group that a run needs at once; the JVM loads what they refer to. */
  public static final List<String> CLASSES =
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

  /** A run does not wait longer for what only makes it faster. */
  private static final long LONGEST_WAIT_SECONDS = 5;

  /** Done when it is known whether the run needs a bucket, and what it needs then is loaded. */
  private static volatile CompletableFuture<Void> bucket = CompletableFuture.completedFuture(null);

  private Preload() {}

  /**
   * Starts for a command that copies or compares.
   *
   * @param args of the process, more than one
   */
  public static void start(String[] args) {
    start(Preload::load);
    String last = args[args.length - 1];
    List<String> words = Arrays.asList(args);
    CompletableFuture<Void> ready = new CompletableFuture<>();
    if (words.stream().skip(1).anyMatch(S3Location::isLocation)) {
      bucket = ready;
      start(() -> warmUp(ready));
    } else if (!last.isEmpty() && !last.startsWith("-")) {
      boolean isThroughMount =
          words.contains("--via=mount")
              || Collections.indexOfSubList(words, List.of("--via", "mount")) >= 0;
      bucket = isThroughMount ? bucket : ready;
      start(() -> look(last, !isThroughMount, ready));
    }
  }

  /** Waits until what a bucket needs is loaded: the first connection decides for the ciphers. */
  public static void await() {
    try {
      bucket.get(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The run is slower, or fails with an error of its own.
      return;
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "mtb-preload");
    // It may hang on a dead mount; the process can end all the same.
    thread.setDaemon(true);
    thread.start();
  }

  private static void look(
      String destination, boolean mayUseBucket, CompletableFuture<Void> ready) {
    Path path = PathBytes.parse(destination);
    if (mayUseBucket && Destinations.isOnS3fs(path.toAbsolutePath().normalize())) {
      start(() -> warmUp(ready));
    } else {
      boolean unused = ready.complete(null);
    }
    boolean unused = Files.exists(path);
  }

  private static void warmUp(CompletableFuture<Void> ready) {
    try {
      start(Preload::loadClient);
      NativeCryptography.install();
    } finally {
      boolean unused = ready.complete(null);
    }
  }

  private static void loadClient() {
    try {
      BucketStore.warmUp();
    } catch (RuntimeException | LinkageError e) {
      // The run will fail with the same error, and report it.
      return;
    }
  }

  /** The full names of classes. Other packages do not let this one name the classes themselves. */
  public static List<String> names(String... packages) {
    List<String> names = new ArrayList<>();
    for (String line : packages) {
      List<String> words = Splitter.onPattern(":? ").splitToList(line);
      words.stream().skip(1).forEach(word -> names.add(words.get(0) + "." + word));
    }
    return List.copyOf(names);
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
