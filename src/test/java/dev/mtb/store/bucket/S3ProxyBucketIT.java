package dev.mtb.store.bucket;

import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A bucket on S3Proxy. */
class S3ProxyBucketIT extends BucketContract {
  private static S3Server server;
  private static S3Probe probe;

  @BeforeAll
  static void start() throws IOException {
    server = S3Server.start("contract");
    probe = S3Probe.of(server);
  }

  @AfterAll
  static void stop() throws IOException {
    probe.close();
    server.close();
  }

  @Override
  protected S3Probe probe() {
    return probe;
  }

  @Override
  protected int port() {
    return server.port();
  }

  @Override
  protected String bucket() {
    return server.bucket();
  }

  @Override
  protected String credentials() {
    return server.identity() + ":" + server.credential();
  }
}
