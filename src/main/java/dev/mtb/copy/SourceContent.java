package dev.mtb.copy;

import dev.mtb.store.Content;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;

/** A source that a destination reads by itself. */
record SourceContent(SourceFile file, CopyControl control) implements Content {
  @Override
  public SeekableByteChannel open() throws IOException {
    return (SeekableByteChannel) file.open();
  }

  @Override
  public void sent(long bytes) {
    control.bytesWritten().accept(bytes);
  }

  @Override
  public void stopIfAsked() throws IOException {
    control.stopIfAsked();
  }
}
