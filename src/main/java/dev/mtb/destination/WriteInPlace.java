package dev.mtb.destination;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.common.collect.ImmutableSet;
import dev.mtb.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/**
 * Writes an S3FS file under its own name. s3fs keeps what is written to itself and uploads it when
 * the channel is closed, so the object in the bucket is replaced as a whole.
 *
 * <p>s3fs cannot be made to forget what was written: a channel that is closed early uploads what it
 * has. So a file that exists is written this way only when nothing can stop it half-way ({@link
 * S3fsDestination} sees to that), and a new one is removed again.
 */
final class WriteInPlace implements FileWrite {
  private static final Set<OpenOption> NEW_FILE =
      ImmutableSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  /** No TRUNCATE_EXISTING: s3fs would upload an empty object at once, and the old copy is gone. */
  private static final Set<OpenOption> OLD_FILE =
      ImmutableSet.of(StandardOpenOption.WRITE, NOFOLLOW_LINKS);

  private final S3fsDestination destination;
  private final Path path;
  private final Optional<Metadata> existing;
  private final SeekableByteChannel channel;
  private boolean isDone;

  private WriteInPlace(
      S3fsDestination destination,
      Path path,
      Optional<Metadata> existing,
      SeekableByteChannel channel) {
    this.destination = destination;
    this.path = path;
    this.existing = existing;
    this.channel = channel;
  }

  static WriteInPlace create(S3fsDestination destination, Path path, Metadata source)
      throws IOException {
    SeekableByteChannel channel =
        Files.newByteChannel(path, NEW_FILE, destination.modeAttribute(source.mode()));
    return new WriteInPlace(destination, path, Optional.empty(), channel);
  }

  /** Opens an existing file, or answers empty if it is longer than was thought. */
  static Optional<FileWrite> overwrite(
      S3fsDestination destination, Path path, Metadata source, Metadata existing)
      throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(path, OLD_FILE);
    if (channel.size() > source.size()) {
      // Nothing was written, so this uploads nothing.
      channel.close();
      return Optional.empty();
    }
    return Optional.of(new WriteInPlace(destination, path, Optional.of(existing), channel));
  }

  @Override
  public void write(ByteBuffer content) throws IOException {
    while (content.hasRemaining()) {
      channel.write(content);
    }
  }

  @Override
  public void commit(Metadata source) throws IOException {
    Metadata now = existing.orElseGet(() -> destination.created(source));
    destination.setMetadataWhileOpen(path, source, now);
    // The upload. If it fails a new file must go, and of an old one s3fs keeps the old object.
    channel.close();
    isDone = true;
    destination.setMetadataAfterClose(path, source, now);
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
      if (existing.isEmpty()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
