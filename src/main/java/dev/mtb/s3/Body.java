package dev.mtb.s3;

import java.io.IOException;
import java.io.OutputStream;

/** What a request sends. It is written anew for each retry. For one request at a time. */
public interface Body {

  /** How many bytes {@link #writeTo} writes. */
  long length();

  /**
   * Writes the content.
   *
   * @throws SourceException if the content cannot be read; the request is not sent again
   * @throws IOException from the stream that is written to
   */
  void writeTo(OutputStream out) throws IOException;

  /** A content in memory. */
  static Body of(byte[] bytes) {
    return new Body() {
      @Override
      public long length() {
        return bytes.length;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        out.write(bytes);
      }
    };
  }
}
