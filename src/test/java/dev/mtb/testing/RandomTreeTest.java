package dev.mtb.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomTreeTest {
  @TempDir Path folder;

  @Test
  void theSameSeedGivesTheSameTree() throws Exception {
    assumeThat(Rsync.isInstalled()).isTrue();
    RandomTree first = everything(42).build(folder.resolve("first"));
    RandomTree second = everything(42).build(folder.resolve("second"));
    RandomTree third = everything(43).build(folder.resolve("third"));

    assertThat(Rsync.differences(first.root(), second.root(), "--delete")).isEmpty();
    assertThat(Rsync.differences(first.root(), third.root(), "--delete")).isNotEmpty();
  }

  @Test
  void hasWhatWasAskedFor() throws IOException {
    RandomTree tree = everything(1).build(folder.resolve("tree"));

    assertThat(tree.directories()).hasSize(12).allMatch(Files::isDirectory);
    assertThat(tree.files()).hasSize(50).allMatch(Files::isRegularFile);
    assertThat(tree.links()).hasSize(9).allMatch(Files::isSymbolicLink);
    assertThat(tree.links()).anyMatch(link -> !Files.exists(link));
    assertThat(tree.links()).anyMatch(Files::isRegularFile);
    assertThat(tree.links()).anyMatch(Files::isDirectory);
    try (Stream<Path> all = Files.walk(tree.root())) {
      assertThat(all).hasSize(1 + 12 + 50 + 9);
    }
    assertThat(tree.toString()).contains("seeded(1)").contains(tree.root().toString());
  }

  @Test
  void keepsTheBytesOfAName() throws IOException {
    byte[] name = {'a', (byte) 0xe9, '%', '\n', '/' + 1};
    Path file = Files.createFile(RandomTree.child(folder, name));

    assertThat(file.getParent()).isEqualTo(folder);
    assertThat(file.toUri().getRawPath()).endsWith("/a%E9%25%0A0");
    try (Stream<Path> children = Files.list(folder)) {
      assertThat(children).containsExactly(file);
    }
  }

  @Test
  void growsInMemoryToo() throws IOException {
    try (FileSystem memory = Jimfs.newFileSystem(Configuration.unix())) {
      RandomTree tree =
          RandomTree.random().awkwardNames().files(20).build(memory.getPath("/work/tree"));

      assertThat(tree.files()).hasSize(20);
    }
  }

  @Test
  void bytesFollowFromTheSeed() {
    assertThat(RandomTree.bytes(1, 10)).isEqualTo(RandomTree.bytes(1, 10));
    assertThat(RandomTree.bytes(1, 10)).isNotEqualTo(RandomTree.bytes(2, 10));
  }

  private static RandomTree.Builder everything(long seed) {
    return RandomTree.seeded(seed)
        .directories(10)
        .emptyDirectories(2)
        .files(50)
        .links(9)
        .sizes(0, 100_000)
        .awkwardNames()
        .rawNames()
        .setgid();
  }
}
