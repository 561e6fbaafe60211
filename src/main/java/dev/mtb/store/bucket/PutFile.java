package dev.mtb.store.bucket;

import dev.mtb.model.Metadata;
import dev.mtb.store.Content;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** An upload of a file in one PUT, straight from the disk. */
final class PutFile implements FileWrite {
  private final ObjectWriter writer;
  private final String key;
  private final Content content;
  private final long size;
  private final byte[] md5;

  /** Reads the file for the first time: its MD5 stands before it in the request. */
  PutFile(ObjectWriter writer, String key, Content content, long size) throws IOException {
    this.writer = writer;
    this.key = key;
    this.content = content;
    this.size = size;
    md5 = read();
  }

  private byte[] read() throws IOException {
    ContentStream stream = new ContentStream(content, 0, size);
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = stream.newStream()) {
      while (in.read(buffer) >= 0) {
        content.stopIfAsked();
      }
      return stream.md5();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void write(ByteBuffer piece) {
    throw new UnsupportedOperationException("the content is read where it is");
  }

  @Override
  public void commit(Metadata source) throws IOException {
    content.stopIfAsked();
    ContentStream stream = new ContentStream(content, 0, size, md5);
    try {
      writer.put(key, source, new Requests.Body(stream, size, md5));
    } catch (IOException e) {
      throw stream.failure().orElse(e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      stream.close();
    }
    content.sent(size);
  }

  @Override
  public void close() {}
}
