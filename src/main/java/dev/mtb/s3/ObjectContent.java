package dev.mtb.s3;

import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The content of an object, as it comes. {@link #close} reads what is left of it, so that the
 * connection can be used again; {@link #abort} closes the connection instead. For one thread.
 */
public final class ObjectContent extends FilterInputStream {
  private final Closeable connection;

  ObjectContent(InputStream in, Closeable connection) {
    super(in);
    this.connection = connection;
  }

  /** Lets go of the rest without reading it. */
  public void abort() {
    try {
      connection.close();
    } catch (IOException e) {
      // It is closed, whatever else has gone wrong.
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
