package dev.mtb.doctor;

import dev.mtb.model.Format;
import java.util.List;

/** What the JVM has for a backup. */
final class JavaCheck implements Check {
  /**
   * In bytes: what 64 threads and a tree of 10,000 files straight to the bucket were happy with.
   */
  private static final long LITTLE_HEAP = 256L << 20;

  /** In bytes; each entry of a list is remembered (PathSet). */
  private static final long FOR_EACH_ENTRY = 40;

  @Override
  public String what() {
    return "java";
  }

  @Override
  public List<Finding> look(ExaminedPlace patient) {
    Runtime runtime = Runtime.getRuntime();
    long heap = runtime.maxMemory();
    String text =
        String.format(
            "version %s with %d processors and up to %s of heap: lists of up to %,d million"
                + " entries",
            System.getProperty("java.version"),
            runtime.availableProcessors(),
            Format.size(heap),
            // Half of it is for everything else.
            heap / 2 / FOR_EACH_ENTRY / 1_000_000);
    return List.of(
        heap >= LITTLE_HEAP
            ? Finding.ok(what(), text)
            : Finding.warn(
                what(), text, "give the JVM more: MTB_JAVA_OPTS=-Xmx512m, or java -Xmx512m -jar"));
  }
}
