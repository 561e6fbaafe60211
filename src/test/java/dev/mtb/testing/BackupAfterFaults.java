package dev.mtb.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The check of a backup after a run with faults. Each file must have its earlier or its present
 * content, never a mixture, and must not be missing. Each file that the report does not name as
 * failed must have its present content. Links are not checked.
 *
 * @param before the sources as they were when they were backed up without trouble; may be empty
 * @param source the sources as they are now
 * @param wasKilled whether s3fs was killed: then a part of a new file may be there, of another size
 *     or time than its source, so that the next run replaces it
 */
public record BackupAfterFaults(Path before, Path source, boolean wasKilled) {
  /**
   * A pattern for rsync: temporary names of S3Proxy, which are the key and a random number. Such a
   * file stays if two requests complete the same upload, and one of them has already used the
   * parts. A client sends the second request if the answer to the first is lost. No source has such
   * a name.
   */
  public static final String OF_THE_SERVER = "*-????????-????-????-????-????????????";

  private static final PathMatcher OF_SERVER =
      FileSystems.getDefault().getPathMatcher("glob:**" + OF_THE_SERVER);

  /** The check after a run in which s3fs was not killed. */
  public BackupAfterFaults(Path before, Path source) {
    this(before, source, /* wasKilled= */ false);
  }

  /**
   * Compares the backup with the allowed contents and with the report.
   *
   * @param backup a view of it without injected faults
   * @param exitCode what MTB ended with
   * @param report in JSON
   */
  public void check(Path backup, int exitCode, JsonNode report, String description)
      throws IOException {
    Set<Path> failed = new HashSet<>();
    report.at("/failures").forEach(f -> failed.add(Path.of(f.at("/path").asText())));
    boolean isLost = exitCode == 10;
    List<String> wrong = new ArrayList<>();
    for (Path file : files(source)) {
      Path name = source.relativize(file);
      Path copy = backup.resolve(name.toString());
      Path old = before.resolve(name.toString());
      boolean isThere = Files.isRegularFile(copy);
      boolean isNew = isThere && Files.mismatch(copy, file) < 0;
      boolean isOld = Files.exists(old) && isThere && Files.mismatch(copy, old) < 0;
      boolean mayBeMissing = !Files.exists(old) && !isThere;
      // An s3fs that is killed may leave a part of a new file; the next run replaces it.
      boolean isPart = wasKilled && !Files.exists(old) && isThere && isTakenForChanged(copy, file);
      if (!isNew && !isOld && !mayBeMissing && !isPart) {
        wrong.add(
            name + (isThere ? " is a mixture of " + Files.size(copy) + " bytes" : " is gone"));
      }
      boolean mustBeNew = !isLost && !isNamed(name, failed);
      if (mustBeNew && !isNew) {
        wrong.add(name + " has not its present content, and the report does not name it");
      } else if (mustBeNew && !time(copy).equals(time(file))) {
        wrong.add(name + " has the time " + time(copy) + " and not " + time(file));
      }
    }
    for (Path extra : files(backup)) {
      Path name = backup.relativize(extra);
      boolean isTemporary =
          name.getFileName().toString().startsWith(".mtb-tmp.") || OF_SERVER.matches(name);
      if (!isTemporary && !Files.exists(source.resolve(name.toString()))) {
        wrong.add(name + " is in no source");
      }
    }
    assertThat(wrong).as("%s%n%s", description, report).isEmpty();
    assertThat(report.at("/exitCode").asInt())
        .as("%s%n%s", description, report)
        .isEqualTo(exitCode);
    int expected = isLost ? 10 : failed.isEmpty() ? 0 : 23;
    assertThat(exitCode).as("%s%n%s", description, report).isEqualTo(expected);
  }

  private static boolean isTakenForChanged(Path copy, Path file) throws IOException {
    return Files.size(copy) != Files.size(file) || !time(copy).equals(time(file));
  }

  /** Whether the report names the file, or a directory above it. */
  private static boolean isNamed(Path name, Set<Path> failed) {
    for (Path path = name; path != null; path = path.getParent()) {
      if (failed.contains(path)) {
        return true;
      }
    }
    return failed.contains(Path.of(""));
  }

  /** S3FS keeps milliseconds. */
  private static Instant time(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toInstant().truncatedTo(ChronoUnit.MILLIS);
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
