package dev.mtb.benchmarks;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Optional;

/**
 * How many files there are, how many directories they are spread over, and how large each is.
 *
 * @param deep whether directories lie in each other, eight levels at 3,600
 * @param source the tree that was there already; empty for one that is made
 */
record Shape(int files, int directories, long fileBytes, boolean deep, Optional<Path> source) {
  private static final long MEBIBYTE = 1 << 20;

  Shape(int files, int directories, long fileBytes) {
    this(files, directories, fileBytes, false, Optional.empty());
  }

  static Shape oneFile(int mebibytes) {
    return new Shape(1, 1, mebibytes * MEBIBYTE);
  }

  /** The shape of a tree that is there; its files have {@code fileBytes} on average. */
  static Shape of(Path source) throws IOException {
    long[] sums = new long[3];
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            sums[1]++;
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sums[0]++;
            sums[2] += attributes.size();
            return FileVisitResult.CONTINUE;
          }
        });
    long files = Math.max(1, sums[0]);
    return new Shape((int) files, (int) sums[1], sums[2] / files, false, Optional.of(source));
  }

  String label() {
    if (files == 1) {
      return "1 file of " + fileBytes / MEBIBYTE + " MiB";
    }
    return String.format(
        Locale.ROOT,
        "%s%,d files of %,d KB%s in %,d %sdirector%s",
        source.map(path -> path + ", ").orElse(""),
        files,
        fileBytes / 1024,
        source.isPresent() ? " on average" : "",
        directories,
        deep ? "nested " : "",
        directories == 1 ? "y" : "ies");
  }
}
