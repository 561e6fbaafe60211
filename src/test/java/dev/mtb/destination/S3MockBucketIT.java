package dev.mtb.destination;

import dev.mtb.testing.S3MockServer;
import dev.mtb.testing.S3Probe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A bucket on Adobe's S3Mock, which has nothing in common with S3Proxy. */
class S3MockBucketIT extends BucketContract {
  private static S3MockServer server;
  private static S3Probe probe;

  @BeforeAll
  static void start() throws Exception {
    server = S3MockServer.start("contract");
    probe = new S3Probe(server.port(), "contract", "any", "any");
  }

  @AfterAll
  static void stop() {
    probe.close();
    server.close();
  }

  @Override
  S3Probe probe() {
    return probe;
  }

  @Override
  int port() {
    return server.port();
  }

  @Override
  String bucket() {
    return "contract";
  }

  @Override
  String credentials() {
    return "any:any";
  }
}
