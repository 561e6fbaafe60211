package dev.mtb.store.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectorySyncTest {
  private final List<Path> synced = new ArrayList<>();

  @Test
  void eachDirectory_isForcedOnce_andAgainAfterAnotherChange() throws IOException {
    DirectorySync sync = new DirectorySync(synced::add);
    sync.changed(Path.of("/a"));
    sync.changed(Path.of("/a"));
    sync.changed(Path.of("/b"));
    assertThat(synced).as("not before flush").isEmpty();

    sync.flush();
    assertThat(synced).containsExactlyInAnyOrder(Path.of("/a"), Path.of("/b"));

    sync.flush();
    assertThat(synced).hasSize(2);
    sync.changed(Path.of("/a"));
    sync.flush();
    assertThat(synced).hasSize(3);
  }

  @Test
  void notesOfManyDirectories_doNotFillTheMemory() throws IOException {
    DirectorySync sync = new DirectorySync(synced::add);
    for (int i = 0; i < 5000; i++) {
      sync.changed(Path.of("/d" + i));
    }
    assertThat(synced).hasSizeGreaterThan(3500);

    sync.flush();
    assertThat(synced).doesNotHaveDuplicates().hasSize(5000);
  }

  @Test
  void earlierFailure_isThrown_andOtherDirectoriesAreForced() throws IOException {
    DirectorySync sync =
        new DirectorySync(
            directory -> {
              synced.add(directory);
              if (directory.endsWith("d7")) {
                throw new IOException("Input/output error");
              }
            });
    for (int i = 0; i < 2000; i++) {
      sync.changed(Path.of("/d" + i));
    }

    assertThatThrownBy(sync::flush)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/d7")
        .hasMessageContaining("Input/output error");
    assertThat(synced).hasSize(2000);
    // The failure is thrown once.
    sync.flush();
  }

  @Test
  void directoryThatIsGone_needNotBeForced() throws IOException {
    DirectorySync sync =
        new DirectorySync(
            directory -> {
              throw new NoSuchFileException(directory.toString());
            });
    sync.changed(Path.of("/gone"));
    sync.flush();
  }

  @Test
  void realDirectory_canBeForced(@TempDir Path temp) throws IOException {
    DirectorySync.force(Files.createDirectory(temp.resolve("d")));
    assertThatThrownBy(() -> DirectorySync.force(temp.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
