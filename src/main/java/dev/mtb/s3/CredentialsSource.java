package dev.mtb.s3;

import java.io.Closeable;
import java.io.IOException;

/** Supplies the credentials for each request; they may expire and be replaced. Thread-safe. */
public interface CredentialsSource extends Closeable {

  /**
   * The current credentials.
   *
   * @throws CredentialsException if there are none
   */
  Credentials get() throws IOException;

  @Override
  default void close() {}

  /** Always the same credentials. */
  static CredentialsSource of(Credentials credentials) {
    return () -> credentials;
  }
}
