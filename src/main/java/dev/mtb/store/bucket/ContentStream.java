package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.store.Content;
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
 * its MD5, and the failure of reading it, if there was one. For one request at a time.
 *
 * <p>The MD5 is taken when it is read for the first time. The SDK may read it to sign it, and again
 * to send it; if it has changed in between, the signature or the tag that comes back will not fit.
 */
final class ContentStream implements ContentStreamProvider {
  private final Content content;
  private final long start;
  private final long length;
  private volatile Range last;
  private volatile IOException failure;
  private volatile byte[] md5;

  ContentStream(Content content, long start, long length) {
    this(content, start, length, null);
  }

  /** When its MD5 is known already. */
  ContentStream(Content content, long start, long length, byte[] md5) {
    this.content = content;
    this.start = start;
    this.length = length;
    this.md5 = md5;
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

  /** Of the whole range, once that was read. */
  byte[] md5() {
    return md5.clone();
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
    private final MessageDigest digest = md5 == null ? DigestAlgorithm.MD5.start() : null;
    private long remaining = length;

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
        remaining -= read;
        if (digest != null) {
          digest.update(buffer, offset, read);
          if (remaining == 0) {
            md5 = digest.digest();
          }
        }
        return read;
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    /** Unchecked, since the SDK tries again after each IOException. */
    private void stopIfAsked() {
      try {
        content.stopIfAsked();
      } catch (IOException e) {
        failure = e;
        throw new UncheckedIOException(e);
      }
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
