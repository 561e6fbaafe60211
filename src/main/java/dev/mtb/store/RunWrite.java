package dev.mtb.store;

import dev.mtb.model.Metadata;
import dev.mtb.options.KeptAttributes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A write of a {@link RunStore}. It sets only the attributes that are kept, and waits before each
 * buffer. It passes on whole buffers, since a hole in a file is recognised only if a whole buffer
 * has zeros.
 */
record RunWrite(FileWrite write, Optional<Throttle> throttle, KeptAttributes kept)
    implements FileWrite {
  @Override
  public void write(ByteBuffer content) throws IOException {
    throttle.ifPresent(t -> t.takeAll(content.remaining()));
    write.write(content);
  }

  @Override
  public void commit(Metadata source) throws IOException {
    write.commit(kept.of(source));
  }

  @Override
  public void close() throws IOException {
    write.close();
  }
}
