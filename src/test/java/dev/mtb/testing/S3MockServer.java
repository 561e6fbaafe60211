package dev.mtb.testing;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Adobe's S3Mock in a process of its own: it is a Spring Boot application, whose libraries conflict
 * with others. The build puts its jar into {@code target}.
 */
public final class S3MockServer implements AutoCloseable {
  private static final Path JAR =
      Path.of(System.getProperty("s3mock.jar", "target/s3mock.jar")).toAbsolutePath();

  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  /** A key of its KMS. An object under it has a tag that is no digest. */
  public static final String KMS_KEY = "test-key";

  private final Process process;
  private final int port;

  private S3MockServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it with one bucket, and waits until it answers. */
  public static S3MockServer start(String bucket) throws IOException, InterruptedException {
    int port = freePort();
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    // Most of its life is its start.
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Dserver.address=127.0.0.1",
                    "-Dserver.port=" + port,
                    "-Dserver.ssl.enabled=false",
                    "-Dhttp.port=0",
                    "-Dcom.adobe.testing.s3mock.store.initialBuckets=" + bucket,
                    "-Dcom.adobe.testing.s3mock.store.validKmsKeys=arn:aws:kms:us-east-1:1:key/"
                        + KMS_KEY,
                    "-jar",
                    JAR.toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(new File("target/s3mock.log")))
            .start();
    S3MockServer server = new S3MockServer(process, port);
    try {
      server.await();
    } catch (IOException | InterruptedException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void await() throws IOException, InterruptedException {
    Instant limit = Instant.now().plus(START_LIMIT);
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (!process.isAlive() || Instant.now().isAfter(limit)) {
          throw new IOException("S3Mock does not start; see target/s3mock.log", e);
        }
        Thread.sleep(100);
      }
    }
  }

  /** Where it listens on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Ends the server, which deletes its folder. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
