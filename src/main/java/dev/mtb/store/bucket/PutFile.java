package dev.mtb.store.bucket;

import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Metadata;
import dev.mtb.s3.Body;
import dev.mtb.store.Content;
import dev.mtb.store.FileWrite;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An upload of a file in one PUT. The request has the MD5 before the content, so the file is read
 * before it is sent. A short file is then kept in memory; a longer one is read twice.
 */
final class PutFile implements FileWrite {
  /** The size up to which a file is kept in memory. With 64 threads this is 16 MB at most. */
  private static final long SHORT = 256 * 1024;

  private final ObjectWriter writer;
  private final ObjectWriter.Target target;
  private final Content content;
  private final Body body;
  private final byte[] md5;

  PutFile(ObjectWriter writer, ObjectWriter.Target target, Content content, long size)
      throws IOException {
    this.writer = writer;
    this.target = target;
    this.content = content;
    ContentBody stream = new ContentBody(content, 0, size);
    if (size <= SHORT) {
      byte[] bytes = stream.read();
      body = Body.of(bytes);
      md5 = DigestAlgorithm.MD5.start().digest(bytes);
    } else {
      body = stream;
      md5 = stream.digest();
    }
  }

  @Override
  public void write(ByteBuffer piece) {
    throw new UnsupportedOperationException("the content is read where it is");
  }

  @Override
  public void commit(Metadata source) throws IOException {
    content.stopIfAsked();
    writer.put(target, source, new Requests.Upload(body, md5));
    content.sent(body.length());
  }

  @Override
  public void close() {}
}
