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

/**
 * A folder in a bucket of its own, behind a proxy that adds the round trip and counts. Either s3fs
 * mounts it, or the tools reach it themselves, over HTTP or over HTTPS.
 */
final class S3Ground implements Ground {
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
  private final Optional<TlsFront> front;
  private final Options options;
  private final Path state;
  private Optional<S3fsMount> mount = Optional.empty();

  private S3Ground(
      Copyist copyist,
      S3Server server,
      CountingProxy proxy,
      Optional<TlsFront> front,
      Options options,
      Path state) {
    this.copyist = copyist;
    this.server = server;
    this.proxy = proxy;
    this.front = front;
    this.options = options;
    this.state = state;
  }

  /**
   * Starts a server and what stands before it.
   *
   * @param state where MTB remembers things
   */
  static S3Ground start(Copyist copyist, Options options, Path state) throws Exception {
    S3Server server = S3Server.start(BUCKET);
    try {
      CountingProxy proxy = CountingProxy.start(server.port());
      Optional<TlsFront> front =
          options.tls.isPresent()
              ? Optional.of(TlsFront.start(options.tls.get(), proxy.port()))
              : Optional.empty();
      S3Ground ground = new S3Ground(copyist, server, proxy, front, options, state);
      if (ground.isMounted()) {
        try (S3fsMount direct = ground.mountDirectly(FAST)) {
          Files.createDirectory(direct.mountPoint().resolve(FOLDER));
        }
      }
      return ground;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private boolean isMounted() {
    return options.mode == Mode.S3FS;
  }

  @Override
  public String destination() {
    return isMounted()
        ? mount.orElseThrow().mountPoint().resolve(FOLDER).toString()
        : BUCKET + "/" + FOLDER;
  }

  @Override
  public Optional<Bucket> bucket() {
    return isMounted()
        ? Optional.empty()
        : Optional.of(
            new Bucket(
                front.map(TlsFront::port).orElse(proxy.port()),
                server.identity(),
                server.credential(),
                options.tls));
  }

  @Override
  public void populate(SourceTree tree) throws Exception {
    if (isMounted()) {
      try (S3fsMount direct = mountDirectly(FAST)) {
        String folder = direct.mountPoint().resolve(FOLDER).toString();
        copyist.copy(tree.root(), folder, Optional.empty());
      }
    } else {
      copyist.copy(tree.root(), destination(), bucket());
    }
  }

  @Override
  public void open(Link link) throws Exception {
    unmount();
    if (isMounted()) {
      mount = Optional.of(S3fsMount.mount(server, proxy.port(), options.mountOptions));
    }
    proxy.awaitQuiet(QUIET, QUIET_LIMIT);
    proxy.reset();
    link.apply(proxy);
    front.ifPresent(tls -> tls.setRoundTrip(link.roundTripMillis()));
  }

  @Override
  public Optional<Counts> finish() throws Exception {
    proxy.awaitQuiet(QUIET, QUIET_LIMIT);
    Counts counts = proxy.snapshot();
    new Link(0, 0).apply(proxy);
    front.ifPresent(tls -> tls.setRoundTrip(0));
    unmount();
    return Optional.of(counts);
  }

  @Override
  public SourceTree.Verdict judge(SourceTree tree) throws Exception {
    // Tools that go to the bucket make no objects for directories.
    try (S3fsMount direct = mountDirectly(List.of())) {
      return tree.compareWith(direct.mountPoint().resolve(FOLDER));
    }
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
      if (front.isPresent()) {
        front.get().close();
      }
      proxy.close();
      server.close();
    }
  }

  /** Not through the proxy, and with nothing cached. */
  private S3fsMount mountDirectly(List<String> mountOptions)
      throws IOException, InterruptedException {
    return S3fsMount.mount(server, server.port(), mountOptions);
  }

  private void unmount() throws IOException {
    if (mount.isPresent()) {
      mount.get().close();
      mount = Optional.empty();
    }
  }
}
