package dev.mtb.store.mount;

import dev.mtb.options.BackupOptions;
import dev.mtb.options.Via;
import dev.mtb.place.Destinations;
import dev.mtb.store.Store;
import dev.mtb.store.StoreContract;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a real S3FS mount. */
@RequiresS3fs
class MountStoreIT extends StoreContract {
  private static S3fsFixture s3fs;
  private static int count;

  @TempDir Path state;

  @BeforeAll
  static void mount() throws Exception {
    // The kernel would show the old attributes of a file for a second after it was closed.
    s3fs = S3fsFixture.start("attr_timeout=0");
  }

  @AfterAll
  static void unmount() throws Exception {
    s3fs.close();
  }

  @Override
  protected Path freshDirectory() throws IOException {
    return Files.createDirectory(s3fs.root().resolve("contract" + count++));
  }

  @Override
  protected Store open(Path directory) throws IOException {
    return Destinations.open(
        directory,
        BackupOptions.builder().connection(c -> c.withVia(Via.MOUNT)).stateDirectory(state).build(),
        /* readOnly= */ false);
  }
}
