package dev.mtb.benchmarks;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What is backed up: the same names, contents and times in every run, so that request counts
 * repeat. Not thread-safe.
 */
final class SourceTree {
  /**
   * What a copy is worth.
   *
   * @param problem why it is no backup; empty if it is one
   * @param wrongTimes how many files have another mtime than their source
   */
  record Verdict(Optional<String> problem, int wrongTimes) {
    static Verdict wrong(String problem) {
      return new Verdict(Optional.of(problem), 0);
    }
  }

  /**
   * Of whole milliseconds: not every tool keeps more, and a tool must find the times that an
   * earlier backup by another one has left equal to the source's.
   */
  private static final Instant EPOCH = Instant.parse("2026-01-02T03:04:05.678Z");

  private static final Duration MTIME_WINDOW = Duration.ofSeconds(1);
  private static final int BLOCK = 64 * 1024;
  private static final int SAMPLES = 20;

  /** Directories in each directory of a deep tree. */
  private static final int FAN_OUT = 3;

  private final Path root;
  private final Shape shape;
  private final List<Path> files = new ArrayList<>();
  private int generation;

  private SourceTree(Path root, Shape shape) {
    this.root = root;
    this.shape = shape;
  }

  /** Makes the tree at {@code root}, unless the shape is that of a tree that is there already. */
  static SourceTree create(Path root, Shape shape) throws IOException {
    if (shape.source().isPresent()) {
      SourceTree tree = new SourceTree(shape.source().get(), shape);
      list(tree.root).stream()
          .map(tree.root::resolve)
          .filter(path -> Files.isRegularFile(path, NOFOLLOW_LINKS))
          .forEach(tree.files::add);
      return tree;
    }
    SourceTree tree = new SourceTree(root, shape);
    for (int i = 0; i < shape.directories(); i++) {
      Files.createDirectories(tree.directory(i));
    }
    for (int i = 0; i < shape.files(); i++) {
      tree.files.add(tree.file(i));
      tree.write(i);
    }
    for (int i = 0; i < shape.directories(); i++) {
      Files.setLastModifiedTime(tree.directory(i), FileTime.from(EPOCH));
    }
    Files.setLastModifiedTime(root, FileTime.from(EPOCH));
    return tree;
  }

  Path root() {
    return root;
  }

  /** Gives one file of a hundred new content of the same size, and a later time. */
  void changeOnePercent() throws IOException {
    generation++;
    for (int i = generation % 100; i < shape.files(); i += 100) {
      write(i);
    }
  }

  /**
   * Compares names, kinds, sizes, times, and the contents of a sample.
   *
   * @return what was found
   */
  Verdict compareWith(Path copy) throws IOException {
    List<Path> mine = list(root);
    List<Path> theirs = list(copy);
    if (!mine.equals(theirs)) {
      return Verdict.wrong(theirs.size() + " names in place of " + mine.size());
    }
    int wrongTimes = 0;
    for (Path name : mine) {
      Path source = root.resolve(name);
      Path backup = copy.resolve(name);
      BasicFileAttributes mineNow = attributes(source);
      BasicFileAttributes theirsNow = attributes(backup);
      if (mineNow.isDirectory() != theirsNow.isDirectory()
          || mineNow.isSymbolicLink() != theirsNow.isSymbolicLink()) {
        return Verdict.wrong(name + " is of another kind");
      }
      if (!mineNow.isRegularFile()) {
        continue;
      }
      if (mineNow.size() != theirsNow.size()) {
        return Verdict.wrong(name + " has " + theirsNow.size() + " bytes");
      }
      Duration apart =
          Duration.between(
              mineNow.lastModifiedTime().toInstant(), theirsNow.lastModifiedTime().toInstant());
      wrongTimes += apart.abs().compareTo(MTIME_WINDOW) > 0 ? 1 : 0;
    }
    int step = Math.max(1, files.size() / SAMPLES);
    for (int i = generation % step; i < files.size(); i += step) {
      Path name = root.relativize(files.get(i));
      if (!sameEnds(files.get(i), copy.resolve(name))) {
        return Verdict.wrong(name + " has other content");
      }
    }
    return new Verdict(Optional.empty(), wrongTimes);
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
  }

  /** Compares the first and the last block, so that a large file need not be downloaded. */
  private static boolean sameEnds(Path one, Path other) throws IOException {
    long last = Math.max(0, Files.size(one) - BLOCK);
    for (long offset : new long[] {0, last}) {
      if (!Arrays.equals(block(one, offset), block(other, offset))) {
        return false;
      }
    }
    return true;
  }

  private static byte[] block(Path file, long offset) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(offset);
      return in.readNBytes(BLOCK);
    }
  }

  private static List<Path> list(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(path -> !path.equals(root)).map(root::relativize).sorted().toList();
    } catch (NoSuchFileException e) {
      return new ArrayList<>();
    }
  }

  private Path directory(int index) {
    // As in a heap.
    boolean nested = shape.deep() && index >= FAN_OUT;
    Path parent = nested ? directory(index / FAN_OUT - 1) : root;
    return parent.resolve("directory-%03d".formatted(index));
  }

  private Path file(int index) {
    return directory(index % shape.directories())
        .resolve("file-%06d.bin".formatted(index / shape.directories()));
  }

  private void write(int index) throws IOException {
    SplittableRandom random = new SplittableRandom(1_000_003L * generation + index);
    byte[] block = new byte[(int) Math.min(BLOCK, shape.fileBytes())];
    Path file = file(index);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = shape.fileBytes(); left > 0; left -= block.length) {
        random.nextBytes(block);
        out.write(block, 0, (int) Math.min(block.length, left));
      }
    }
    Instant time = EPOCH.plusSeconds(index).plus(Duration.ofDays(generation));
    Files.setLastModifiedTime(file, FileTime.from(time));
  }
}
