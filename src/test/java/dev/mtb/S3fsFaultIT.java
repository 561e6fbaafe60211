package dev.mtb;

import static dev.mtb.testing.CountingProxy.Fault.Action.answer;
import static dev.mtb.testing.CountingProxy.Fault.Action.cutRequest;
import static dev.mtb.testing.CountingProxy.Fault.Action.cutResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.loseResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.reset;
import static dev.mtb.testing.CountingProxy.Fault.Action.stall;
import static dev.mtb.testing.CountingProxy.Fault.Action.stallResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.truncateResponse;
import static dev.mtb.testing.CountingProxy.Fault.Action.wrongTags;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.Aftermath;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.Faults;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.S3fsMount;
import dev.mtb.testing.Seed;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A server, or the way to it, on its worst day; through the real s3fs, and straight to the bucket.
 * The judge is a mount of its own that no fault reaches.
 */
@RequiresS3fs
class S3fsFaultIT {
  /** By default s3fs waits for minutes; these are as short as they can be. */
  private static final String[] IMPATIENT = {
    "retries=2",
    "connect_timeout=2",
    "readwrite_timeout=2",
    "enable_noobj_cache",
    "notsup_compat_dir"
  };

  private static final Instant LAST_YEAR = Instant.parse("2025-01-01T00:00:00Z");
  private static final Instant THIS_YEAR = Instant.parse("2026-01-01T00:00:00.123Z");

  /** s3fs and MTB upload files of 25 MiB and more in parts. */
  private static final int MULTIPART = 26 << 20;

  /** How the backup gets to the server. */
  enum Way {
    MOUNT,
    BUCKET
  }

  /** What goes wrong, one at a time. */
  enum Trouble {
    ERROR_500(faults -> faults.randomly(0.1, answer(500))),
    ERROR_503(faults -> faults.randomly(0.05, answer(503))),
    NOT_FOUND_AFTER_500(faults -> faults.missingAfterError(0.5)),
    RESET(faults -> faults.randomly(0.1, reset())),
    RESPONSE_LOST(faults -> faults.randomly(0.1, loseResponse())),
    RESET_IN_REQUEST(faults -> faults.randomly(0.2, "PUT|POST", ".*", cutRequest(700))),
    RESET_IN_RESPONSE(faults -> faults.randomly(0.3, "GET", ".*", cutResponse(150))),
    TRUNCATED(faults -> faults.randomly(0.3, "GET", ".*", truncateResponse(150))),
    WRONG_TAGS(faults -> faults.randomly(0.3, wrongTags())),
    STALL(faults -> faults.randomly(0.03, stall(Duration.ofSeconds(4)))),
    STALLED_RESPONSE(faults -> faults.randomly(0.03, stallResponse(Duration.ofSeconds(4)))),
    LATENCY(faults -> faults.randomly(0.2, stall(Duration.ofMillis(200))));

    private final UnaryOperator<Faults> plan;

    Trouble(UnaryOperator<Faults> plan) {
      this.plan = plan;
    }
  }

  @TempDir Path temp;
  private S3fsFixture s3fs;
  private S3Probe probe;
  private Path source;
  private Path before;

  @BeforeEach
  void start() throws Exception {
    s3fs = S3fsFixture.start(IMPATIENT);
    probe = S3Probe.of(s3fs.server());
    source = Files.createDirectory(temp.resolve("source"));
    before = Files.createDirectory(temp.resolve("before"));
  }

  @AfterEach
  void stop() throws Exception {
    probe.close();
    s3fs.close();
  }

  private BackupReport backUp(Way way) throws IOException {
    BackupOptions.Builder options =
        BackupOptions.builder().threads(16).stateDirectory(temp.resolve("state"));
    BackupJob.Builder job = BackupJob.builder().base(source).source(Path.of("."));
    if (way == Way.MOUNT) {
      job.destination(s3fs.root().resolve("backup"));
      options.via(Via.MOUNT);
    } else {
      Path passwd = temp.resolve("passwd");
      Files.writeString(passwd, s3fs.server().identity() + ":" + s3fs.server().credential());
      job.destination(S3Location.parse("s3://" + s3fs.server().bucket() + "/backup"));
      options.passwdFile(passwd).endpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()));
    }
    return Mtb.backup(job.options(options.build()).build());
  }

  /** Files of all the kinds that are written in different ways, new, changed, and unchanged. */
  private void firstBackup(Way way) throws Exception {
    for (int d = 0; d < 6; d++) {
      for (Path tree : new Path[] {source, before}) {
        Path directory = tree.resolve("d" + d);
        file(directory.resolve("unchanged"), d, 3_000, LAST_YEAR);
        file(directory.resolve("same-size"), d + 10, 5_000, LAST_YEAR);
        file(directory.resolve("grown"), d + 20, 5_000, LAST_YEAR);
        file(directory.resolve("shrunk"), d + 30, 9_000, LAST_YEAR);
        file(directory.resolve("touched"), d + 40, 2_000, LAST_YEAR);
        file(directory.resolve("medium"), d + 50, 300_000, LAST_YEAR);
      }
    }
    for (Path tree : new Path[] {source, before}) {
      file(tree.resolve("large"), 60, MULTIPART, LAST_YEAR);
    }
    assertThat(backUp(way).exitCode()).isZero();
    for (int d = 0; d < 6; d++) {
      Path directory = source.resolve("d" + d);
      file(directory.resolve("same-size"), d + 100, 5_000, THIS_YEAR);
      file(directory.resolve("grown"), d + 110, 70_000, THIS_YEAR);
      file(directory.resolve("shrunk"), d + 120, 100, THIS_YEAR);
      file(directory.resolve("touched"), d + 40, 2_000, THIS_YEAR);
      file(directory.resolve("medium"), d + 130, 300_000, THIS_YEAR);
      file(directory.resolve("new"), d + 140, 4_000, THIS_YEAR);
      file(directory.resolve("below/new"), d + 150, 4_000, THIS_YEAR);
    }
    file(source.resolve("large"), 160, MULTIPART, THIS_YEAR);
    if (way == Way.MOUNT) {
      s3fs.freshMount();
    }
  }

  private static void file(Path file, int seed, int size, Instant modified) throws IOException {
    RandomTree.write(file, RandomTree.bytes(seed, size), modified);
  }

  private void check(BackupReport report, String description) throws Exception {
    try (S3fsMount truth = s3fs.direct()) {
      new Aftermath(before, source)
          .check(truth.mountPoint().resolve("backup"), report, description);
    }
  }

  private void assertNextRunIsWhole(Way way, String description) throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    BackupReport report = backUp(way);
    assertThat(report.exitCode()).as("%s%n%s", description, report).isZero();
    try (S3fsMount truth = s3fs.direct()) {
      Path backup = truth.mountPoint().resolve("backup");
      assertThat(Rsync.differences(source, backup, "--delete")).as(description).isEmpty();
    }
    assertThat(probe.unfinishedUploads()).as(description).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void errorsAtRandom_aBackupEndsWhole_orSaysWhatIsMissing(Way way) throws Exception {
    for (int f = 0; f < 1000; f++) {
      int size = f % 50 == 0 ? 300_000 : 100 + f * 7;
      file(source.resolve("d" + f % 20 + "/f" + f), f, size, THIS_YEAR);
    }
    file(source.resolve("large"), 1, MULTIPART, THIS_YEAR);
    long seed = Seed.of("errors at random");
    Faults faults =
        Faults.seeded(seed)
            .randomly(0.04, answer(500))
            .randomly(0.01, answer(503))
            .randomly(0.01, reset());
    s3fs.proxy().setFault(faults);
    BackupReport report = backUp(way);
    s3fs.proxy().setFault(Fault.NONE);
    String description = "seed " + seed + ", " + faults.injected() + " faults";
    System.out.println(way + ": " + description + ", " + report.failures().size() + " failed, in " + report.elapsed());
    assertThat(faults.injected()).isGreaterThan(30);
    check(report, description);
    assertNextRunIsWhole(way, description);
  }

  private void trouble(Way way, Trouble trouble) throws Exception {
    firstBackup(way);
    long seed = Seed.of(way + " " + trouble);
    Faults faults = trouble.plan.apply(Faults.seeded(seed));
    s3fs.proxy().setFault(faults);
    BackupReport report = backUp(way);
    s3fs.proxy().setFault(Fault.NONE);
    String description = way + " " + trouble + ", seed " + seed + ", " + faults.injected();
    System.out.println(
        description + " faults, " + report.failures().size() + " failed, in " + report.elapsed());
    assertThat(faults.injected()).as(description).isPositive();
    check(report, description);
    assertNextRunIsWhole(way, description);
  }

  @ParameterizedTest
  @EnumSource
  void trouble_onTheMount(Trouble trouble) throws Exception {
    trouble(Way.MOUNT, trouble);
  }

  @ParameterizedTest
  @EnumSource
  void trouble_onTheWayToTheBucket(Trouble trouble) throws Exception {
    trouble(Way.BUCKET, trouble);
  }
}
