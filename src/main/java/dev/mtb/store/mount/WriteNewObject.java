package dev.mtb.store.mount;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A write of a new S3FS file under its own name. s3fs keeps what is written on the local disk and
 * uploads it when the channel is closed, so the object appears complete.
 *
 * <p>s3fs cannot be made to forget what was written: a channel that is closed early uploads what it
 * has. Then the file is deleted again.
 */
final class WriteNewObject implements FileWrite {
  private static final Set<OpenOption> NEW_FILE =
      ImmutableSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  private final S3fsMetadata metadata;
  private final Path path;
  private final SeekableByteChannel channel;
  private boolean isDone;

  WriteNewObject(S3fsMetadata metadata, Path path, Metadata source) throws IOException {
    this.metadata = metadata;
    this.path = path;
    channel = Files.newByteChannel(path, NEW_FILE, metadata.modeAttribute(source.mode()));
  }

  @Override
  public void write(ByteBuffer content) throws IOException {
    while (content.hasRemaining()) {
      channel.write(content);
    }
  }

  @Override
  public void commit(Metadata source) throws IOException {
    Metadata now = metadata.created(source, source.mode());
    AttributeSetter setter = new AttributeSetter();
    metadata.setWhileOpen(path, source, now, setter);
    // From here on the write is not undone: s3fs has the complete content, and uploads all of it or
    // nothing. If a server error has hidden an old object, a deletion would lose it.
    isDone = true;
    channel.close();
    metadata.setAfterClose(path, source, now, setter);
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
