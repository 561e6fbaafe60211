package dev.mtb.place;

import com.google.common.base.Splitter;
import com.google.common.hash.Hashing;
import dev.mtb.job.BackupJob;
import dev.mtb.model.PathBytes;
import dev.mtb.state.RememberedPaths;
import dev.mtb.state.StateDirectory;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The base of the last run to a destination, and what that run listed. With another base the same
 * files land elsewhere, and all of them are copied a second time under other names. Immutable.
 *
 * @param file where it is remembered; need not be there
 */
public record RememberedBase(Path file) {
  private static final Logger log = LoggerFactory.getLogger(RememberedBase.class);

  /**
   * The remembered base of a job's destination.
   *
   * @param job names destination and state directory
   * @param names those of the destination's directory, the last with links resolved
   * @return empty for a file system that only this process knows
   */
  public static Optional<RememberedBase> of(BackupJob job, List<Path> names) {
    if (!isDefault(job.base()) || !names.stream().allMatch(RememberedBase::isDefault)) {
      return Optional.empty();
    }
    String place = names.isEmpty() ? job.destinationName() : PathBytes.toText(names.get(1));
    String name = Hashing.murmur3_128().hashString(place, StandardCharsets.UTF_8).toString();
    Path directory = StateDirectory.of(job.options()).resolve("bases");
    return Optional.of(new RememberedBase(directory.resolve(name)));
  }

  private static boolean isDefault(Path path) {
    return path.getFileSystem() == FileSystems.getDefault();
  }

  /**
   * The warning that files which the last run copied would land elsewhere now; empty if there are
   * none.
   *
   * @param isListed whether the job backs up a file
   * @return a sentence that shows both layouts
   */
  public Optional<String> warning(Path base, Predicate<Path> isListed) {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      List<Path> paths = new ArrayList<>();
      for (String line :
          Splitter.on('\n')
              .omitEmptyStrings()
              .split(Files.readString(file, StandardCharsets.ISO_8859_1))) {
        paths.add(Path.of(URI.create(line)));
      }
      Path lastBase = paths.remove(0);
      for (Path source : paths) {
        String last = target(lastBase, source);
        String now = target(base, source);
        if (!last.equals(now) && isListed.test(source)) {
          return Optional.of(
              String.format(
                  "the base is not that of the last run to this destination: with the base %s, %s"
                      + " was backed up as %s; with the base %s it is copied again, as %s. If that"
                      + " is not meant, run with the base %s; if it is, %s is the old copy in the destination",
                  lastBase, source, last, base, now, lastBase, last));
        }
      }
    } catch (IOException | RuntimeException e) {
      log.debug("the base of the last run cannot be read from {}", file, e);
    }
    return Optional.empty();
  }

  private static String target(Path base, Path source) {
    Path target =
        source.startsWith(base) ? base.relativize(source) : source.getRoot().relativize(source);
    return target.toString().isEmpty() ? "." : target.toString();
  }

  /**
   * Remembers a run. A failure to write is only logged, since the next run then only lacks a
   * warning.
   *
   * @param sources some of what it listed
   */
  public void save(Path base, List<Path> sources) {
    List<String> lines = new ArrayList<>();
    lines.add(PathBytes.toUri(base).toString());
    sources.forEach(source -> lines.add(PathBytes.toUri(source).toString()));
    try {
      new RememberedPaths(file).replace(lines);
    } catch (IOException | RuntimeException e) {
      log.debug("the base cannot be remembered in {}", file, e);
    }
  }
}
