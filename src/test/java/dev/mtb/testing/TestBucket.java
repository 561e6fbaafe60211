package dev.mtb.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A bucket for tests, and the server that has it: one that a test has started, or the user's own.
 * Immutable.
 *
 * @param endpoint plain HTTP, so that a {@link CountingProxy} can stand before it
 */
public record TestBucket(URI endpoint, String name, String identity, String credential) {
  /** A bucket of a server that a test has started on 127.0.0.1. */
  public static TestBucket at(int port, String name, String identity, String credential) {
    return new TestBucket(URI.create("http://127.0.0.1:" + port), name, identity, credential);
  }

  /**
   * Makes a bucket on the user's own server, such as Ceph or MinIO: the one of {@code
   * -Dmtb.s3.endpoint=http://HOST:PORT -Dmtb.s3.access-key=… -Dmtb.s3.secret-key=…}. {@link
   * S3Probe#deleteBucket} ends it.
   *
   * @return empty if none is given
   */
  public static Optional<TestBucket> ofOwnServer() {
    String endpoint = System.getProperty("mtb.s3.endpoint", "");
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    TestBucket bucket =
        new TestBucket(
            URI.create(endpoint),
            "mtb-test-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()),
            System.getProperty("mtb.s3.access-key", ""),
            System.getProperty("mtb.s3.secret-key", ""));
    try (S3Probe probe = bucket.probe()) {
      probe.createBucket();
    }
    return Optional.of(bucket);
  }

  /** Looks into it, past a proxy. */
  public S3Probe probe() {
    return new S3Probe(endpoint, name, identity, credential);
  }

  /** Starts a proxy before its server. */
  public CountingProxy proxy() throws IOException {
    return CountingProxy.start(endpoint);
  }

  /** Its keys as s3fs writes them in a password file. */
  public String keys() {
    return identity + ":" + credential;
  }

  /** Writes a password file. */
  public Path writeKeys(Path file) throws IOException {
    return Secrets.write(file, keys());
  }
}
