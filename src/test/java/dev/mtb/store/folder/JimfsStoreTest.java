package dev.mtb.store.folder;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.Destinations;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Store;
import dev.mtb.store.StoreContract;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class JimfsStoreTest {
  /** The contract on another provider of {@code java.nio}, which keeps its files in memory. */
  abstract static class InMemory extends StoreContract {
    private final FileSystem memory;

    InMemory(String... views) {
      memory =
          Jimfs.newFileSystem(
              Configuration.unix().toBuilder().setAttributeViews("basic", views).build());
    }

    @Override
    protected Path freshDirectory() throws IOException {
      return Files.createDirectories(memory.getPath("/mnt/backup"));
    }

    @Override
    protected Store open(Path directory) throws IOException {
      return Destinations.open(directory, BackupOptions.builder().build(), false);
    }

    @AfterEach
    void forget() throws IOException {
      memory.close();
    }
  }

  @Nested
  class WithBasicAttributes extends InMemory {
    @Test
    void features_areFew() {
      assertThat(destination.features().keepsPermissions()).isFalse();
      assertThat(destination.features().keepsOwner()).isFalse();
    }

    @Override
    protected @Test void read_refusesLinks() throws IOException {
      super.read_refusesLinks();
    }

    @Test
    void rawNames_doNotBecomeOne() throws IOException {
      for (byte b : new byte[] {(byte) 0xe8, (byte) 0xe9}) {
        Path name = PathBytes.resolve(Path.of(""), new byte[] {'a', b});
        try (FileWrite write =
            destination.write(name, file(1, 0644, Instant.EPOCH), Optional.empty())) {
          write.write(ByteBuffer.wrap(new byte[] {b}));
          write.commit(file(1, 0644, Instant.EPOCH));
        } catch (IOException e) {
          assertThat(e).as("to refuse them is fine").hasMessageContaining("name");
        }
      }

      assertThat(names()).isNotEqualTo(List.of("a\ufffd"));
    }
  }

  @Nested
  class WithPosixAttributes extends InMemory {
    WithPosixAttributes() {
      super("posix");
    }

    @Test
    void features_includePermissions() {
      assertThat(destination.features().keepsPermissions()).isTrue();
      assertThat(destination.features().mtimeGranularity()).isZero();
    }
  }

  @Nested
  class WithUnixAttributes extends InMemory {
    WithUnixAttributes() {
      super("posix", "unix");
    }
  }
}
