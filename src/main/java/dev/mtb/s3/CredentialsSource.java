package dev.mtb.s3;

import java.io.Closeable;
import java.io.IOException;

/** Tells the credentials of each request; they may expire and be replaced. Thread-safe. */
public interface CredentialsSource extends Closeable {

  /**
   * The credentials of the moment.
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
