package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Thorough;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The system calls of a backup from a folder to a folder, counted by strace. */
class SystemCallsIT {
  private static final int DIRECTORIES = 120;
  private static final int FILES_IN_EACH = 4;
  private static final int FILES = DIRECTORIES * FILES_IN_EACH;

  /**
   * Calls that do not depend on the number of files: for the root, and for values that several
   * threads find out at the same time.
   */
  private static final int ONCE = 200;

  private static final Pattern CALL = Pattern.compile("^\\d+ +([a-z0-9_]+)\\(");

  @TempDir Path temp;
  private Path source;
  private Path backup;

  @BeforeEach
  void tree() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "needs strace");
    temp = temp.toRealPath();
    source = Files.createDirectory(temp.resolve("source"));
    backup = temp.resolve("backup");
    // A deep tree: directory n is inside directory n / 3.
    Path[] made = new Path[DIRECTORIES];
    for (int i = 0; i < DIRECTORIES; i++) {
      made[i] = Files.createDirectory((i < 3 ? source : made[i / 3]).resolve("d" + i));
      for (int j = 0; j < FILES_IN_EACH; j++) {
        RandomTree.write(made[i].resolve("f" + j), "content");
      }
    }
  }

  /** How often each call was made with something in the source or the destination. */
  private Map<String, Integer> calls() throws Exception {
    Path trace = temp.resolve("trace");
    MtbProcess run =
        MtbProcess.runBy(
            List.of("strace", "-f", "-y", "-s", "0", "-o", trace.toString()),
            temp,
            "backup",
            "-q",
            "-b",
            source.toString(),
            source.toString(),
            backup.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    Map<String, Integer> counts = new TreeMap<>();
    try (var lines = Files.lines(trace)) {
      lines
          .filter(line -> line.contains(source.toString()) || line.contains(backup.toString()))
          .map(CALL::matcher)
          .filter(Matcher::find)
          .forEach(call -> counts.merge(call.group(1), 1, Integer::sum));
    }
    return counts;
  }

  private static int all(Map<String, Integer> counts) {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  private static int count(Map<String, Integer> counts, String... names) {
    int sum = 0;
    for (String name : names) {
      sum += counts.getOrDefault(name, 0);
    }
    return sum;
  }

  @Test
  void newFilesInDeepTrees_costFewCalls() throws Exception {
    Map<String, Integer> counts = calls();

    // Each directory is opened once on each side, and the C library copies no descriptor twice.
    assertThat(count(counts, "dup", "dup3"))
        .as("%s", counts)
        .isLessThanOrEqualTo(2 * DIRECTORIES + 20);
    // Looks at a file: when it is found, after it was read (by path and in its directory), and
    // before its mtime is set. Looks at a directory: seven.
    assertThat(count(counts, "statx", "newfstatat", "fstat", "lstat", "stat"))
        .as("%s", counts)
        .isLessThanOrEqualTo(4 * FILES + 10 * DIRECTORIES + ONCE);
    // To read, to write, and to set permissions and mtime.
    assertThat(count(counts, "openat", "open"))
        .as("%s", counts)
        .isLessThanOrEqualTo(4 * FILES + 3 * DIRECTORIES + ONCE);
    assertThat(count(counts, "read")).as("%s", counts).isLessThanOrEqualTo(FILES + ONCE);
    assertThat(all(counts))
        .as("%s", counts)
        .isLessThanOrEqualTo(17 * FILES + 29 * DIRECTORIES + ONCE);
  }

  @Thorough
  @Test
  void unchangedFiles_areLookedAtOnceOnEachSide() throws Exception {
    calls();

    Map<String, Integer> counts = calls();

    assertThat(all(counts))
        .as("%s", counts)
        .isLessThanOrEqualTo(2 * FILES + 26 * DIRECTORIES + ONCE);
  }
}
