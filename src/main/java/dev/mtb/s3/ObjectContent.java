package dev.mtb.s3;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The content of an object, as it comes. {@link #close} reads the rest of it, so that the
 * connection can be used again; {@link #abort} closes the connection instead. For one thread.
 */
public final class ObjectContent extends FilterInputStream {
  private final Closeable connection;

  ObjectContent(InputStream in, Closeable connection) {
    super(in);
    this.connection = connection;
  }

  /** Closes the connection without reading the rest. */
  public void abort() {
    try {
      connection.close();
    } catch (IOException e) {
      // The connection is closed even if the abort fails.
      return;
    }
  }

  @Override
  public void close() throws IOException {
    try (connection) {
      super.close();
    }
  }
}
