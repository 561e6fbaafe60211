package dev.mtb.cli;

/**
 * Loads the classes of a run on the second processor while the first reads the command line: a
 * third of the time that MTB needs to start is spent on loading classes, one after another.
 */
final class Preload {
  /** One of each group that a run needs at once; what they refer to comes along. */
  private static final String[] CLASSES = {
    "dev.mtb.engine.Run",
    "dev.mtb.scan.SourceList",
    "dev.mtb.scan.PathSet",
    "dev.mtb.scan.DirectoryScan",
    "com.google.common.hash.Hashing",
    "com.google.common.base.Splitter",
    "com.google.common.collect.ImmutableSet",
    "dev.mtb.PathBytes",
    "dev.mtb.destination.Destinations",
    "dev.mtb.destination.S3fsDestination",
    "dev.mtb.destination.S3fsProcess",
    "dev.mtb.destination.TemporaryNames",
    "java.util.concurrent.ForkJoinPool",
    "dev.mtb.engine.Checkers",
    "dev.mtb.engine.Workers",
    "dev.mtb.engine.WorkQueue",
    "dev.mtb.engine.ListFeed",
    "dev.mtb.engine.DirectoryResolver",
    "dev.mtb.engine.CopyEnd",
    "dev.mtb.compare.Comparison",
    "dev.mtb.copy.Copier",
  };

  private Preload() {}

  static void start() {
    Thread thread = new Thread(Preload::load, "mtb-preload");
    thread.setDaemon(true);
    thread.start();
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
