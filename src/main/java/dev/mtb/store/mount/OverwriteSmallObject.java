package dev.mtb.store.mount;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Metadata;
import dev.mtb.store.AttributeSetter;
import dev.mtb.store.FileWrite;
import dev.mtb.store.folder.WriteBeside;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A write of a small S3FS file over one that is not longer: two lookups and one upload.
 *
 * <p>Nothing is touched before {@link #commit}: the content is collected in memory, since s3fs
 * cannot be made to forget what was written.
 */
final class OverwriteSmallObject implements FileWrite {
  /**
   * TRUNCATE_EXISTING is not used: s3fs would replace the old copy with an empty object at once.
   */
  private static final Set<OpenOption> OLD_FILE =
      ImmutableSet.of(StandardOpenOption.WRITE, NOFOLLOW_LINKS);

  private final MountStore destination;
  private final S3fsMetadata metadata;
  private final Path path;
  private final Metadata existing;
  private final ByteBuffer content;

  /** Begins a write of {@code size} bytes over the file that the comparison saw. */
  OverwriteSmallObject(
      MountStore destination, S3fsMetadata metadata, Path path, int size, Metadata existing) {
    this.destination = destination;
    this.metadata = metadata;
    this.path = path;
    this.existing = existing;
    content = ByteBuffer.allocate(size);
  }

  @Override
  public void write(ByteBuffer more) {
    content.put(more);
  }

  @Override
  public void commit(Metadata source) throws IOException {
    content.flip();
    AttributeSetter setter = new AttributeSetter();
    try (SeekableByteChannel channel = Files.newByteChannel(path, OLD_FILE)) {
      if (channel.size() <= content.remaining()) {
        while (content.hasRemaining()) {
          channel.write(content);
        }
        metadata.setWhileOpen(path, source, existing, setter);
      }
    }
    if (content.hasRemaining()) {
      // The file has grown since it was compared. Nothing was written, so nothing was uploaded.
      try (WriteBeside write =
          new WriteBeside(
              destination, path, source, /* replaces= */ true, /* keepHoles= */ false)) {
        write.write(content);
        write.commit(source);
      }
    } else {
      metadata.setAfterClose(path, source, existing, setter);
      setter.check();
    }
  }

  @Override
  public void close() {}
}
