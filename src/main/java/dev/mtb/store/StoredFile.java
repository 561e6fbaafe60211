package dev.mtb.store;

import dev.mtb.model.Metadata;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.Optional;

/**
 * A file of the backup as it is now. Not thread-safe.
 *
 * @param content at its beginning
 * @param metadata empty where asking for it would cost a request
 */
public record StoredFile(ReadableByteChannel content, Optional<Metadata> metadata)
    implements Closeable {
  @Override
  public void close() throws IOException {
    content.close();
  }
}
