package dev.mtb.store.folder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoldersTest {
  @TempDir Path temp;
  private final Folders folders = new Folders();
  private Path start;

  @BeforeEach
  void tree() throws IOException {
    start = Files.createDirectory(temp.resolve("start"));
    Files.writeString(Files.createDirectories(start.resolve("a/b")).resolve("f"), "inside");
    Files.writeString(Files.createDirectories(temp.resolve("out/b")).resolve("f"), "outside");
  }

  @AfterEach
  void close() throws IOException {
    folders.close();
  }

  private String read(Path file) throws IOException {
    try (SeekableByteChannel channel = folders.read(file, start)) {
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
    }
  }

  private void plant() throws IOException {
    Files.move(start.resolve("a"), start.resolve("moved"));
    Files.createSymbolicLink(start.resolve("a"), temp.resolve("out"));
  }

  @Test
  void file_isReadAndLookedAt() throws IOException {
    Path file = start.resolve("a/b/f");

    assertThat(read(file)).isEqualTo("inside");
    assertThat(folders.look(file, start)).isEqualTo(Metadata.of(file));
    assertThat(folders.look(file.getParent(), start).kind()).isEqualTo(Kind.DIRECTORY);
  }

  @Test
  void link_belowTheStart_isNotFollowed() throws IOException {
    plant();

    assertThatThrownBy(() -> read(start.resolve("a/b/f")))
        .isInstanceOf(NotDirectoryException.class);
    assertThatThrownBy(() -> folders.look(start.resolve("a/b/f"), start))
        .isInstanceOf(NotDirectoryException.class);
    assertThatThrownBy(() -> folders.scan(start.resolve("a"), start))
        .isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void link_inAFilesPlace_isNotOpened() throws IOException {
    Path link = Files.createSymbolicLink(start.resolve("a/b/l"), temp.resolve("out/b/f"));

    assertThatThrownBy(() -> read(link)).isInstanceOf(IOException.class);
    assertThat(folders.look(link, start).kind()).isEqualTo(Kind.LINK);
  }

  @Test
  void link_plantedWhenTheDirectoryIsHeld_doesNotShowWhatItLeadsTo() throws IOException {
    assertThat(read(start.resolve("a/b/f"))).isEqualTo("inside");
    plant();

    assertThatThrownBy(() -> folders.look(start.resolve("a/b/f"), start))
        .isInstanceOf(NotDirectoryException.class);
    assertThatThrownBy(() -> read(start.resolve("a/b/f")))
        .isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void link_aboveTheStart_isFollowed() throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("out"));

    assertThat(folders.look(link.resolve("b/f"), link).size()).isEqualTo("outside".length());
    assertThat(folders.look(link.resolve("b/f"), link.resolve("b")).kind()).isEqualTo(Kind.FILE);
  }

  @Test
  void directoryThatReplacesAnother_isFound() throws IOException {
    Path file = start.resolve("a/b/f");
    assertThat(read(file)).isEqualTo("inside");
    Files.move(start.resolve("a"), start.resolve("moved"));
    Files.move(temp.resolve("out"), start.resolve("a"));

    assertThat(folders.look(file, start)).isEqualTo(Metadata.of(file));
    assertThat(read(file)).isEqualTo("outside");
  }

  @Test
  void whatIsGone_isMissing() throws IOException {
    assertThat(read(start.resolve("a/b/f"))).isEqualTo("inside");
    Files.delete(start.resolve("a/b/f"));

    assertThatThrownBy(() -> read(start.resolve("a/b/f"))).isInstanceOf(NoSuchFileException.class);
    Files.delete(start.resolve("a/b"));
    assertThatThrownBy(() -> folders.look(start.resolve("a/b/f"), start))
        .isInstanceOf(NoSuchFileException.class);
  }

  /** Between the look at a file and its opening. */
  @Test
  void fileThatBecameALink_isMoved() throws IOException {
    Path file = start.resolve("a/b/f");
    Files.delete(file);
    Files.createSymbolicLink(file, temp.resolve("out/b/f"));

    for (Folders some : List.of(folders, Folders.byPath())) {
      assertThatThrownBy(() -> some.read(file, start))
          .isInstanceOfSatisfying(
              IOException.class,
              e -> assertThat(FolderTree.of(Path.of("/")).isMoved(e, file)).isTrue());
    }
  }

  @Test
  void directoryThatBecameAFile_isMoved() throws IOException {
    Path file = start.resolve("a/b/f");
    Files.delete(file);
    Files.delete(file.getParent());
    Files.createFile(file.getParent());

    assertThatThrownBy(() -> Metadata.of(file))
        .isInstanceOfSatisfying(
            IOException.class,
            e -> assertThat(FolderTree.of(Path.of("/")).isMoved(e, file)).isTrue());
    assertThat(
            FolderTree.of(Path.of("/"))
                .isMoved(new IOException("a broken disk"), start.resolve("a/x")))
        .isFalse();
  }

  @Test
  void pipeInADirectorysPlace_isNotWaitedFor() throws Exception {
    Path pipe = start.resolve("pipe");
    assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();

    assertThatThrownBy(() -> folders.scan(pipe, start)).isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void manyDirectories_areNotAllHeldOpen() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    assumeThat(descriptors).isDirectory();
    int before = descriptors.toFile().list().length;
    for (int i = 0; i < 1000; i++) {
      Path directory = Files.createDirectory(start.resolve("d" + i));
      folders.open(directory, start).close();
    }

    assertThat(descriptors.toFile().list().length - before).isBetween(100, 220);
    folders.close();
    assertThat(descriptors.toFile().list().length - before).isLessThan(20);
  }

  @Test
  void releasedDirectory_isClosed_whenNoThreadUsesIt() throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    assumeThat(descriptors).isDirectory();
    Path directory = start.resolve("a/b");
    folders.open(directory, start).close();
    int before = descriptors.toFile().list().length;
    try (Folder used = folders.open(directory, start)) {
      folders.release(directory);
      folders.release(directory);
      folders.release(start.resolve("never/opened"));

      assertThat(used.look()).contains(Metadata.of(directory));
    }

    assertThat(descriptors.toFile().list().length).isLessThan(before);
    assertThat(read(directory.resolve("f"))).isEqualTo("inside");
  }

  @Test
  void directoryThatManyThreadsWant_isOpenedOnce() throws Exception {
    Path descriptors = Path.of("/proc/self/fd");
    assumeThat(descriptors).isDirectory();
    int before = descriptors.toFile().list().length;
    List<Folder> borrowed = new CopyOnWriteArrayList<>();
    CountDownLatch go = new CountDownLatch(1);
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      threads.add(
          CompletableFuture.runAsync(
              () -> {
                try {
                  go.await();
                  borrowed.add(folders.open(start.resolve("a/b"), start));
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              task -> new Thread(task).start()));
    }
    go.countDown();
    for (CompletableFuture<Void> thread : threads) {
      thread.get();
    }

    // The start, a, and b, two descriptors each.
    assertThat(descriptors.toFile().list().length - before).isLessThanOrEqualTo(6);
    for (Folder folder : borrowed) {
      folder.close();
    }
  }

  @Test
  void directoryOfAnEarlierOne_isNotTakenForTheNewOne() throws IOException {
    Path path = start.resolve("a");
    folders.open(path, start).close();
    Files.move(path, start.resolve("moved"));
    Files.createDirectory(path);
    try (Folder parent = folders.open(start, start)) {
      folders.keep(path, parent.openNew(path.getFileName(), Metadata.of(path)).orElseThrow());
    }

    try (Folder folder = folders.open(path, start)) {
      assertThat(folder.look()).contains(Metadata.of(path));
    }
  }

  @Test
  void fileSystemWithoutHandles_usesPaths() throws IOException {
    URI zip = URI.create("jar:" + temp.resolve("x.zip").toUri());
    try (FileSystem inZip = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path directory = Files.createDirectory(inZip.getPath("/d"));
      Path file = Files.writeString(directory.resolve("f"), "content");

      try (Folder folder = folders.scan(directory, inZip.getPath("/"))) {
        assertThat(folder.isHeld()).isFalse();
        assertThat(folder.names().next().getFileName()).hasToString("f");
      }
      assertThat(folders.look(file, inZip.getPath("/")).size()).isEqualTo(7);
    }
  }
}
