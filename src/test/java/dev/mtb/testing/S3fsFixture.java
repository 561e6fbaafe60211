package dev.mtb.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * A bucket, a {@link CountingProxy} before it, and an s3fs mount that goes through the proxy:
 * everything that a test class needs to observe MTB on a real S3FS mount. For one thread.
 *
 * <pre>{@code
 * try (S3fsFixture s3fs = S3fsFixture.start("enable_noobj_cache")) {
 *   Counts counts = s3fs.counting(() -> Files.createFile(s3fs.root().resolve("name")));
 * }
 * }</pre>
 */
public final class S3fsFixture implements AutoCloseable {
  /** An action of a test. */
  @FunctionalInterface
  public interface ThrowingRunnable {
    void run() throws Exception;
  }

  /** s3fs makes no request on its own this long after the one before. */
  private static final Duration QUIET = Duration.ofMillis(300);

  private static final Duration QUIET_LIMIT = Duration.ofMinutes(1);
  private static final String BUCKET = "mtb-bucket";

  private final S3Server server;
  private final CountingProxy proxy;
  private final S3fsMount mount;

  private S3fsFixture(S3Server server, CountingProxy proxy, S3fsMount mount) {
    this.server = server;
    this.proxy = proxy;
    this.mount = mount;
  }

  /** Starts everything; {@code extraMountOptions} are added to those that s3fs needs anyway. */
  public static S3fsFixture start(String... extraMountOptions)
      throws IOException, InterruptedException {
    S3Server server = S3Server.start(BUCKET);
    CountingProxy proxy = null;
    try {
      proxy = CountingProxy.start(server.port());
      S3fsMount mount = S3fsMount.mount(server, proxy.port(), List.of(extraMountOptions));
      return new S3fsFixture(server, proxy, mount);
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (proxy != null) {
        proxy.close();
      }
      server.close();
      throw e;
    }
  }

  /** The mount. */
  public S3fsMount mount() {
    return mount;
  }

  /** The mount point. */
  public Path root() {
    return mount.mountPoint();
  }

  /** The proxy between s3fs and the server. */
  public CountingProxy proxy() {
    return proxy;
  }

  /** The server. */
  public S3Server server() {
    return server;
  }

  /**
   * Counts the requests that {@code action} causes, with those that s3fs makes after it.
   *
   * <p>{@link CountingProxy#recentRequests} names them afterwards.
   */
  public CountingProxy.Counts counting(ThrowingRunnable action) throws Exception {
    awaitQuiet();
    proxy.reset();
    action.run();
    awaitQuiet();
    return proxy.snapshot();
  }

  /** Mounts again, so that nothing is cached; returns the same mount. */
  public S3fsMount freshMount() throws IOException, InterruptedException, TimeoutException {
    mount.remount();
    awaitQuiet();
    return mount;
  }

  /** Mounts again with the default timeouts, for a run without faults. */
  public void freshMountWithDefaultTimeouts()
      throws IOException, InterruptedException, TimeoutException {
    mount.remountWithDefaultTimeouts();
    awaitQuiet();
  }

  /**
   * Another mount, directly to the server and without a cache. It shows the real content of the
   * bucket, since the faults of the proxy do not affect it.
   *
   * @return to be closed
   */
  public S3fsMount direct() throws IOException, InterruptedException {
    return S3fsMount.mount(server, server.port(), List.of());
  }

  /** Unmounts, then stops the proxy and the server. */
  @Override
  public void close() throws IOException {
    try {
      mount.close();
    } finally {
      proxy.close();
      server.close();
    }
  }

  private void awaitQuiet() throws InterruptedException, TimeoutException {
    proxy.awaitQuiet(QUIET, QUIET_LIMIT);
  }
}
