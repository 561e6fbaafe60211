package dev.mtb.store.folder;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The number of files that a process may have open, and what directories may take of it. */
final class OpenFileLimit {
  /**
   * Directories that stay open when no thread uses them, at the least: more than there are copying
   * threads. Each takes two descriptors, of the 1,024 that are usual at the least.
   */
  static final int FEWEST_IDLE = 100;

  /**
   * The same at the most. The threads that walk a deep tree, 32 of them ten levels deep, and those
   * that copy what the walk has just found then find open all that they need; each directory takes
   * some 10 KB in the C library.
   */
  static final int MOST_IDLE = 500;

  /** Two for each directory, on two sides, take a quarter: several jobs may run in a process. */
  private static final int DESCRIPTORS_FOR_ONE = 16;

  private static final String LINE = "Max open files";

  private OpenFileLimit() {}

  /**
   * Asks the kernel. The JVM has raised its soft limit to the hard one when it started.
   *
   * @return 0 if that cannot be told
   */
  static long ofThisProcess() {
    try {
      return parse(Files.readString(Path.of("/proc/self/limits"), StandardCharsets.ISO_8859_1));
    } catch (IOException | RuntimeException e) {
      // Not Linux.
      return 0;
    }
  }

  /** The soft limit in a table of limits (proc(5)). */
  static long parse(String limits) {
    for (String line : Splitter.on('\n').split(limits)) {
      if (line.startsWith(LINE)) {
        List<String> fields =
            Splitter.on(' ').omitEmptyStrings().splitToList(line.substring(LINE.length()));
        return fields.get(0).equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(fields.get(0));
      }
    }
    return 0;
  }

  /** How many directories may stay open where a process may have so many files open. */
  static int idleDirectories(long openFiles) {
    return (int) Math.max(FEWEST_IDLE, Math.min(MOST_IDLE, openFiles / DESCRIPTORS_FOR_ONE));
  }
}
