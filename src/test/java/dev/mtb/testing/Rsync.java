package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An independent check of a backup: what {@code rsync} would still change. It shares no code with
 * MTB, so the two cannot be wrong in the same way. Thread-safe.
 */
public final class Rsync {
  private Rsync() {}

  /** Whether the program is there. */
  public static boolean isInstalled() {
    return RequiresS3fs.Condition.isOnPath("rsync");
  }

  /**
   * What differs between two folders in content, kind, link target, mode, owner, group or
   * modification time; empty if nothing does.
   *
   * <p>Names that {@code destination} alone has are no difference, unless {@code extra} has {@code
   * --delete}.
   *
   * @param extra more options
   * @return rsync's itemized changes, such as {@code >fcst...... name}
   */
  public static List<String> differences(Path source, Path destination, String... extra)
      throws IOException, InterruptedException {
    // A machine without rsync skips the tests that need it, unless it is meant to run them.
    assumeTrue(
        isInstalled() || "1".equals(System.getenv("MTB_REQUIRE_S3FS")), "rsync is not installed");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("rsync", "-rlptgoD", "--checksum", "--dry-run", "--itemize-changes"));
    command.addAll(List.of(extra));
    command.add("--");
    command.add(source.toAbsolutePath() + "/");
    command.add(destination.toAbsolutePath() + "/");
    Path errors = Files.createTempFile("mtb-rsync-", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectError(errors.toFile())
              .start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        String message = new String(Files.readAllBytes(errors), UTF_8).strip();
        throw new IOException("rsync ended with " + status + ": " + message);
      }
      return output.lines().filter(line -> !line.isBlank()).toList();
    } finally {
      Files.delete(errors);
    }
  }
}
