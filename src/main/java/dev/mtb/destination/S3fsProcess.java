package dev.mtb.destination;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import dev.mtb.PathBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The s3fs that serves a mount, as its command line shows it ({@code /proc/PID/cmdline}).
 *
 * @param options what stands after {@code -o}, split at commas
 */
record S3fsProcess(ImmutableList<String> options) {
  /** Finds the process that serves a mount point, if it is visible to us. */
  static Optional<S3fsProcess> serving(Path mountPoint) {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        Optional<S3fsProcess> found = read(process, mountPoint);
        if (found.isPresent()) {
          return found;
        }
      }
    } catch (IOException e) {
      // No /proc: then nothing is known of the mount's options, and the defaults are assumed.
    }
    return Optional.empty();
  }

  private static Optional<S3fsProcess> read(Path process, Path mountPoint) {
    try {
      List<String> words =
          Splitter.on('\0')
              .splitToList(
                  Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
      Path directory = Path.of("/");
      return Path.of(words.get(0)).endsWith("s3fs")
          ? parse(words, directory, mountPoint)
          : Optional.empty();
    } catch (IOException | RuntimeException e) {
      // It ended meanwhile, or is not ours to look at.
      return Optional.empty();
    }
  }

  static Optional<S3fsProcess> parse(List<String> words, Path directory, Path mountPoint) {
    String last = "";
    List<String> options = new ArrayList<>();
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.equals("-o") && i + 1 < words.size()) {
        i++;
        Splitter.on(',').split(words.get(i)).forEach(options::add);
      } else if (word.startsWith("-o")) {
        Splitter.on(',').split(word.substring(2)).forEach(options::add);
      } else if (!word.isEmpty() && !word.startsWith("-")) {
        // The bucket may stand before the mount point, or among the options.
        last = word;
      }
    }
    byte[] bytes = last.getBytes(StandardCharsets.ISO_8859_1);
    Path path = PathBytes.resolve(directory, bytes).normalize();
    // A daemon has left the folder that a relative name starts from, so the end must do.
    boolean isOurs =
        path.equals(mountPoint) || (!last.startsWith("/") && endsWith(mountPoint, path));
    return isOurs ? Optional.of(new S3fsProcess(ImmutableList.copyOf(options))) : Optional.empty();
  }

  private static boolean endsWith(Path mountPoint, Path absolute) {
    return absolute.getNameCount() > 0
        && mountPoint.endsWith(absolute.getRoot().relativize(absolute));
  }

  boolean has(String option) {
    return options.stream()
        .anyMatch(given -> given.equals(option) || given.startsWith(option + "="));
  }
}
