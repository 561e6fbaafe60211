package dev.mtb.embedding;

import dev.mtb.store.Store;
import dev.mtb.store.StoreContract;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** A store that an embedder writes as one class passes the contract. */
class MapStoreTest extends StoreContract {
  @TempDir Path temp;
  private MapStore store;

  @Override
  protected Path freshDirectory() {
    return temp;
  }

  @Override
  protected Store open(Path directory) {
    store = new MapStore();
    return store;
  }

  @Override
  protected List<String> names() {
    return store.names();
  }

  @Override
  protected void plant(String name, Instant mtime) {
    store.plant(name, mtime);
  }
}
