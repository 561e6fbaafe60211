package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The number of requests under way at a time, with a distant server. */
class RequestsAtOnceIT {
  /**
   * Each answer is delayed long enough that even a loaded machine waits for the server and not for
   * its processors: 32 requests at a time are 64 in a second.
   */
  private static final Fault FAR = (method, path, sequence) -> far();

  @TempDir Path temp;
  private S3Server server;
  private CountingProxy proxy;
  private Path source;
  private Path passwd;

  private static Fault.Action far() {
    return Fault.Action.stallResponse(Duration.ofMillis(500));
  }

  @BeforeEach
  void start() throws IOException {
    server = S3Server.start("bucket");
    proxy = CountingProxy.start(server.port());
    proxy.setFault(FAR);
    source = Files.createDirectory(temp.resolve("source"));
    passwd = temp.resolve("passwd");
    Secrets.write(passwd, server.identity() + ":" + server.credential());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.close();
  }

  private void files(int count) throws IOException {
    for (int f = 0; f < count; f++) {
      Files.write(source.resolve("f" + f), RandomTree.bytes(f, 100));
    }
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + proxy.port()))
                    .withPasswdFile(passwd));
  }

  private BackupReport backUp(BackupOptions.Builder options) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(new S3Location("bucket", "backup"))
            .options(options.build())
            .build());
  }

  private void assertCopied(BackupReport report, int count) {
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(count);
    // The proxy sees some requests a little later.
    assertThat(report.connections().orElseThrow()).isBetween(proxy.mostAtOnce(), 256);
  }

  @Test
  void withoutAFixedNumber_requestsAtATimeGrow() throws IOException {
    files(600);

    assertCopied(backUp(options()), 600);
    assertThat(proxy.mostAtOnce()).isBetween(33, 256);
  }

  @Thorough
  @Test
  void restore_requestsAtATimeGrow() throws IOException {
    files(600);
    proxy.setFault(Fault.NONE);
    assertCopied(backUp(options()), 600);
    proxy.setFault(FAR);
    proxy.reset();

    RestoreJob job =
        RestoreJob.builder()
            .from(new S3Location("bucket", "backup"))
            .to(temp.resolve("target"))
            .options(options().build())
            .build();
    assertCopied(Mtb.restore(job), 600);
    assertThat(proxy.mostAtOnce()).isBetween(33, 256);
  }

  @Test
  void fixedNumber_isKept() throws IOException {
    files(60);

    assertCopied(backUp(options().threads(8)), 60);
    assertThat(proxy.mostAtOnce()).isEqualTo(8);
  }

  /** A server that accepts only 50 requests at a time. */
  @Thorough
  @Test
  void serverThatAsksForFewer_getsFewer() throws IOException {
    files(800);
    AtomicInteger refused = new AtomicInteger();
    AtomicInteger atOnceAfterwards = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    proxy.setFault(
        (method, path, sequence) -> {
          int atOnce = proxy.atOnce();
          // The requests that were under way at the first refusal are done.
          if (refused.get() > 0 && seen.incrementAndGet() > 70) {
            atOnceAfterwards.accumulateAndGet(atOnce, Math::max);
          }
          if (atOnce > 50) {
            refused.incrementAndGet();
            return Fault.Action.answer(503);
          }
          return far();
        });

    assertCopied(backUp(options()), 800);

    assertThat(refused.get()).isPositive();
    assertThat(proxy.mostAtOnce()).isGreaterThan(50);
    assertThat(atOnceAfterwards.get()).isBetween(4, 56);
  }
}
