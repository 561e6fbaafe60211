package dev.mtb.benchmarks;

import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.S3fsMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A folder in a bucket of its own, mounted by s3fs through a proxy. */
final class S3fsGround implements Ground {
  private static final String BUCKET = "benchmark";

  /** Not the root: s3fs refuses to set the times of a mount point. */
  private static final String FOLDER = "backup";

  /** Each new file costs three requests with these, in place of nine. */
  private static final List<String> FAST = List.of("enable_noobj_cache", "notsup_compat_dir");

  private static final Duration QUIET = Duration.ofMillis(300);
  private static final Duration QUIET_LIMIT = Duration.ofMinutes(2);

  private final Copyist copyist;
  private final S3Server server;
  private final CountingProxy proxy;
  private final List<String> options;
  private final Path state;
  private Optional<S3fsMount> mount = Optional.empty();

  private S3fsGround(
      Copyist copyist,
      S3Server server,
      CountingProxy proxy,
      List<String> mountOptions,
      Path state) {
    this.state = state;
    this.copyist = copyist;
    this.server = server;
    this.proxy = proxy;
    this.options = mountOptions;
  }

  /**
   * Starts a server and a proxy.
   *
   * @param mountOptions of the mount that is measured
   * @param state where MTB remembers things
   */
  static S3fsGround start(Copyist copyist, List<String> mountOptions, Path state) throws Exception {
    S3Server server = S3Server.start(BUCKET);
    try {
      CountingProxy proxy = CountingProxy.start(server.port());
      S3fsGround ground = new S3fsGround(copyist, server, proxy, mountOptions, state);
      try (S3fsMount direct = ground.mountDirectly()) {
        Files.createDirectory(direct.mountPoint().resolve(FOLDER));
      }
      return ground;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  @Override
  public Path destination() {
    return mount.orElseThrow().mountPoint().resolve(FOLDER);
  }

  @Override
  public void populate(SourceTree tree) throws Exception {
    try (S3fsMount direct = mountDirectly()) {
      copyist.copy(tree.root(), direct.mountPoint().resolve(FOLDER));
    }
  }

  @Override
  public void open(Link link) throws Exception {
    unmount();
    proxy.setRoundTrip(Duration.ZERO);
    proxy.setUpstreamBandwidth(0);
    mount = Optional.of(S3fsMount.mount(server, proxy.port(), options));
    proxy.awaitQuiet(QUIET, QUIET_LIMIT);
    proxy.reset();
    link.apply(proxy);
  }

  @Override
  public Optional<Counts> finish() throws Exception {
    proxy.awaitQuiet(QUIET, QUIET_LIMIT);
    Counts counts = proxy.snapshot();
    proxy.setRoundTrip(Duration.ZERO);
    proxy.setUpstreamBandwidth(0);
    unmount();
    return Optional.of(counts);
  }

  @Override
  public SourceTree.Verdict judge(SourceTree tree) throws Exception {
    // Tools that go to the bucket make no objects for directories.
    try (S3fsMount direct = S3fsMount.mount(server, server.port(), List.of())) {
      return tree.compareWith(direct.mountPoint().resolve(FOLDER));
    }
  }

  @Override
  public Optional<Tool.Bucket> bucket() {
    return Optional.of(
        new Tool.Bucket(
            "http://127.0.0.1:" + proxy.port(),
            BUCKET + "/" + FOLDER,
            server.identity(),
            server.credential()));
  }

  @Override
  public Path state() {
    return state;
  }

  List<String> recentRequests() {
    return proxy.recentRequests();
  }

  @Override
  public void close() throws IOException {
    try {
      unmount();
    } finally {
      proxy.close();
      server.close();
    }
  }

  /** Not through the proxy, and with nothing cached. */
  private S3fsMount mountDirectly() throws IOException, InterruptedException {
    return S3fsMount.mount(server, server.port(), FAST);
  }

  private void unmount() throws IOException {
    if (mount.isPresent()) {
      mount.get().close();
      mount = Optional.empty();
    }
  }
}
