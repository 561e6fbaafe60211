package dev.mtb.store.folder;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The number of files that a process may have open. */
final class OpenFileLimit {
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
}
