package dev.mtb.state;

import com.google.common.base.Splitter;
import dev.mtb.model.PathBytes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A small file with paths that are remembered from run to run, one {@code file:} URI in each line.
 *
 * @param file need not exist
 */
public record RememberedPaths(Path file) {
  public List<String> lines() throws IOException {
    return Files.exists(file)
        ? Splitter.on('\n')
            .trimResults()
            .omitEmptyStrings()
            // The file is ASCII. Other bytes are found when each line is parsed.
            .splitToList(Files.readString(file, StandardCharsets.ISO_8859_1))
        : List.of();
  }

  /** The path of a line. */
  public Path path(String line) throws IOException {
    try {
      return Path.of(URI.create(line));
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new IOException(
          "'" + line + "' in " + file + " is not a file: URI; remove the line", e);
    }
  }

  /** Remembers some for all later runs. */
  public void add(Collection<Path> paths) throws IOException {
    TreeSet<String> lines = new TreeSet<>(lines());
    if (lines.addAll(paths.stream().map(path -> PathBytes.toUri(path).toString()).toList())) {
      replace(lines);
    }
  }

  /** Replaces all lines at once: a reader finds the old file or the new one. */
  public void replace(Collection<String> lines) throws IOException {
    StateDirectory.make(file.getParent());
    String text = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    StateDirectory.replace(file, text.getBytes(StandardCharsets.US_ASCII));
  }
}
