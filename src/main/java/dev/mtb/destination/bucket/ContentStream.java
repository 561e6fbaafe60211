package dev.mtb.destination.bucket;

import dev.mtb.DigestAlgorithm;
import dev.mtb.destination.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.util.Optional;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * A range of a content as the SDK wants it: opened anew for each try, never held in memory. Knows
 * the MD5 of what was read last, and the trouble that reading made. For one request at a time.
 */
final class ContentStream implements ContentStreamProvider {
  private final Content content;
  private final long start;
  private final long length;
  private volatile Range last;
  private volatile IOException failure;

  ContentStream(Content content, long start, long length) {
    this.content = content;
    this.start = start;
    this.length = length;
  }

  @Override
  public InputStream newStream() {
    close();
    try {
      last = new Range(content.open());
      return last;
    } catch (IOException e) {
      failure = e;
      throw new UncheckedIOException(e);
    }
  }

  /** Of the whole range, if that was read. */
  byte[] md5() {
    return last.md5();
  }

  /** What kept the source from being read, if anything did. */
  Optional<IOException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Lets the file go that the SDK may have left open. */
  void close() {
    Range open = last;
    if (open != null) {
      open.close();
    }
  }

  /** One reading of the range. */
  private final class Range extends InputStream {
    private final SeekableByteChannel channel;
    private final MessageDigest digest = DigestAlgorithm.MD5.start();
    private long remaining = length;
    private byte[] result;

    Range(SeekableByteChannel channel) throws IOException {
      this.channel = channel;
      channel.position(start);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int count) throws IOException {
      if (remaining == 0) {
        return -1;
      }
      stopIfAsked();
      try {
        int most = (int) Math.min(count, remaining);
        int read = channel.read(ByteBuffer.wrap(buffer, offset, most));
        if (read < 0) {
          throw new IOException("it became shorter while it was read");
        }
        digest.update(buffer, offset, read);
        remaining -= read;
        return read;
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    /** Unchecked, since the SDK tries again whatever went wrong with input or output. */
    private void stopIfAsked() {
      try {
        content.stopIfAsked();
      } catch (IOException e) {
        failure = e;
        throw new UncheckedIOException(e);
      }
    }

    byte[] md5() {
      if (result == null) {
        result = digest.digest();
      }
      return result.clone();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        // It was only read, and all that was wanted has been.
        return;
      }
    }
  }
}
