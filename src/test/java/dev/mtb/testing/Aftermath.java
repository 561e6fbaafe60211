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
 * Judges a backup after trouble. Whatever went wrong: each file is there as it was before or as it
 * is now, never a mixture and never gone; and whatever the report does not call failed is as it is
 * now. Links are not looked at.
 *
 * @param before the sources as they were when they were backed up without trouble; may be empty
 * @param source the sources as they are now
 * @param wasKilled whether s3fs was killed: then a part of a new file may be there, of another size
 *     or time than its source, so that the next run replaces it
 */
public record Aftermath(Path before, Path source, boolean wasKilled) {
  /**
   * For rsync: what S3Proxy writes a new object to, its key and a random number. It stays when one
   * of two requests to complete the same upload finds that the other has taken the parts. A client
   * sends the second when the answer to the first is lost. No source has such a name.
   */
  public static final String OF_THE_SERVER = "*-????????-????-????-????-????????????";

  private static final PathMatcher OF_SERVER =
      FileSystems.getDefault().getPathMatcher("glob:**" + OF_THE_SERVER);

  /** Without a kill. */
  public Aftermath(Path before, Path source) {
    this(before, source, /* wasKilled= */ false);
  }

  /**
   * Compares what is there with what may be there, and with what the report says of it.
   *
   * @param backup shown past whatever injects faults
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
        wrong.add(name + " is not as it is now, and nobody says so");
      } else if (mustBeNew && !time(copy).equals(time(file))) {
        wrong.add(name + " has the time " + time(copy) + " and not " + time(file));
      }
    }
    for (Path extra : files(backup)) {
      Path name = backup.relativize(extra);
      boolean isTemporary =
          name.getFileName().toString().startsWith(".mtb-tmp.") || OF_SERVER.matches(name);
      if (!isTemporary && !Files.exists(source.resolve(name.toString()))) {
        wrong.add(name + " has come from nowhere");
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

  /** Or a directory above it. */
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
