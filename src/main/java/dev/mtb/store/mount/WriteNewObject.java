package dev.mtb.store.mount;

import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a new S3FS file under its own name. s3fs keeps what is written to itself and uploads it
 * when the channel is closed, so the object appears as a whole.
 *
 * <p>s3fs cannot be made to forget what was written: a channel that is closed early uploads what it
 * has. Then the file is deleted again.
 */
final class WriteNewObject implements FileWrite {
  private final S3fsDestination destination;
  private final Path path;
  private final SeekableByteChannel channel;
  private boolean isDone;

  WriteNewObject(S3fsDestination destination, Path path, Metadata source) throws IOException {
    this.destination = destination;
    this.path = path;
    channel = destination.create(path, source);
  }

  @Override
  public void write(ByteBuffer content) throws IOException {
    while (content.hasRemaining()) {
      channel.write(content);
    }
  }

  @Override
  public void commit(Metadata source) throws IOException {
    Metadata now = destination.created(source);
    AttributeSetter setter = new AttributeSetter();
    destination.setMetadataWhileOpen(path, source, now, setter);
    // From here on there is nothing to undo: what s3fs has is whole, and it uploads that or
    // nothing.
    // If an error of the server made an old object seem absent, deleting would lose it.
    isDone = true;
    channel.close();
    destination.setMetadataAfterClose(path, source, now, setter);
    setter.check();
  }

  @Override
  public void close() throws IOException {
    if (isDone) {
      return;
    }
    isDone = true;
    try {
      channel.close();
    } finally {
      Files.deleteIfExists(path);
    }
  }
}
