package dev.mtb.benchmarks;

import dev.mtb.testing.CountingProxy.Counts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A folder, on whichever file system the working folder is. */
final class LocalGround implements Ground {
  private final Copyist copyist;
  private final Path folder;
  private final Path state;

  private LocalGround(Copyist copyist, Path folder, Path state) {
    this.state = state;
    this.copyist = copyist;
    this.folder = folder;
  }

  static LocalGround create(Copyist copyist, Path folder, Path state) throws IOException {
    Files.createDirectories(folder);
    return new LocalGround(copyist, folder, state);
  }

  @Override
  public String destination() {
    return folder.toString();
  }

  @Override
  public void populate(SourceTree tree) throws Exception {
    copyist.copy(tree.root(), destination(), bucket());
  }

  @Override
  public void open(Link link) throws Exception {
    // What an earlier run has written must not be written out during this one.
    new ProcessBuilder("sync").start().waitFor();
  }

  @Override
  public Optional<Counts> finish() {
    return Optional.empty();
  }

  @Override
  public Path state() {
    return state;
  }

  @Override
  public Optional<Bucket> bucket() {
    return Optional.empty();
  }

  @Override
  public SourceTree.Verdict judge(SourceTree tree) throws Exception {
    return tree.compareWith(folder);
  }

  @Override
  public void close() throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
