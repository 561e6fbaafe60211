package dev.mtb.store;

import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** Something in a {@link Store} that has no entries of its own kind: it is read by its path. */
record StoreEntry(Store store, Path path, Optional<ListedEntry> listed) implements TreeEntry {
  @Override
  public Metadata look() throws IOException {
    Optional<Metadata> found =
        listed.isPresent() ? store.look(path, listed.get()) : store.stat(path);
    return found.orElseThrow(() -> new NoSuchFileException(path.toString()));
  }

  @Override
  public ReadableByteChannel read() throws IOException {
    return store.read(path);
  }

  @Override
  public Path readLink() throws IOException {
    return store.readLink(path);
  }

  @Override
  public TreeScan scan() throws IOException {
    Iterator<Map.Entry<Path, Optional<ListedEntry>>> names =
        store.listNames(path).names().orElseThrow().entrySet().iterator();
    return () -> {
      if (!names.hasNext()) {
        return Optional.empty();
      }
      Map.Entry<Path, Optional<ListedEntry>> next = names.next();
      return Optional.of(new StoreEntry(store, path.resolve(next.getKey()), next.getValue()));
    };
  }
}
