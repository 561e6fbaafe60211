package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.s3.Body;
import dev.mtb.s3.SourceException;
import dev.mtb.store.Content;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * A range of a content that is sent. It is opened anew for each attempt, and never held in memory
 * as a whole. It knows its MD5 after it was read. For one request at a time.
 *
 * <p>The MD5 is computed when the range is read for the first time. If the content changes before
 * it is read again, the tag in the answer does not match.
 */
final class ContentBody implements Body {
  /** Read at a time: four records of TLS, and one system call. */
  private static final int BUFFER = 1 << 16;

  private final Content content;
  private final long start;
  private final long length;
  private volatile byte[] md5;

  ContentBody(Content content, long start, long length) {
    this.content = content;
    this.start = start;
    this.length = length;
  }

  @Override
  public long length() {
    return length;
  }

  /** The MD5 of the whole range, after it was read. */
  byte[] md5() {
    return md5.clone();
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    Optional<MessageDigest> digest =
        md5 == null ? Optional.of(DigestAlgorithm.MD5.start()) : Optional.empty();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(BUFFER, Math.max(length, 1)));
    try (SeekableByteChannel channel = open()) {
      for (long left = length; left > 0; left -= buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), left));
        fill(buffer, channel);
        digest.ifPresent(d -> d.update(buffer.array(), 0, buffer.limit()));
        out.write(buffer.array(), 0, buffer.limit());
      }
    }
    digest.ifPresent(d -> md5 = d.digest());
  }

  /** Reads the whole range for its MD5, which is what {@link #md5} tells from then on. */
  byte[] digest() throws IOException {
    try {
      writeTo(OutputStream.nullOutputStream());
      return md5();
    } catch (SourceException e) {
      throw e.failure();
    }
  }

  private SeekableByteChannel open() throws SourceException {
    try {
      return content.open().position(start);
    } catch (IOException e) {
      throw new SourceException(e);
    }
  }

  /** Reads until the buffer is full; the limit is what it has then. */
  private void fill(ByteBuffer buffer, SeekableByteChannel channel) throws SourceException {
    try {
      content.stopIfAsked();
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new IOException("it became shorter while it was read");
        }
      }
    } catch (IOException e) {
      throw new SourceException(e);
    }
  }

  /** Reads the whole range into memory, if it is short. */
  byte[] read() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) length);
    try (SeekableByteChannel channel = open()) {
      fill(buffer, channel);
    } catch (SourceException e) {
      throw e.failure();
    }
    return buffer.array();
  }
}
