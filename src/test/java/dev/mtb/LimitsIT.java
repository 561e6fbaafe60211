package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.RestoreJob;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Bandwidth;
import dev.mtb.options.Limits;
import dev.mtb.options.S3Location;
import dev.mtb.options.UpdateRules;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Kind;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import dev.mtb.testing.WriteConditionsAnswer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * Limits and update rules with a bucket and with a real mount of it. Only a lower bound of the time
 * is checked: a run is never faster than its limit.
 */
@RequiresS3fs
class LimitsIT {
  private static final long MEBIBYTE = 1 << 20;
  private static final Instant OLD = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant NEW = Instant.parse("2024-01-01T00:00:00Z");

  /** The time of one slice of the throttle. The first slice is free. */
  private static final double SLICE = 0.05;

  private static S3fsFixture s3fs;

  @TempDir Path temp;
  private Path source;
  private Path mounted;
  private String prefix;

  @BeforeAll
  static void mount() throws Exception {
    s3fs = S3fsFixture.start();
  }

  @AfterAll
  static void unmount() throws Exception {
    s3fs.close();
  }

  @BeforeEach
  void freshTree(TestInfo test) throws Exception {
    s3fs.freshMount();
    source = Files.createDirectory(temp.resolve("source"));
    prefix = test.getTestMethod().orElseThrow().getName();
    mounted = s3fs.root().resolve(prefix);
    WriteConditionsAnswer.remember(
        temp.resolve("state"), "http://127.0.0.1:" + s3fs.proxy().port());
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .threads(16)
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                    .withPasswdFile(temp.resolve("passwd")));
  }

  private BackupReport toBucket(BackupOptions.Builder options) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(new S3Location(s3fs.server().bucket(), prefix))
            .options(options.build())
            .build());
  }

  private BackupReport throughMount(BackupOptions.Builder options) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(mounted)
            .options(options.connection(c -> c.withVia(Via.MOUNT)).build())
            .build());
  }

  private static Limits bandwidth(long bytesPerSecond) {
    return Limits.NONE.withBandwidth(Bandwidth.of(bytesPerSecond));
  }

  private static double seconds(BackupReport report) {
    assertThat(report.failures()).isEmpty();
    return report.elapsed().toMillis() / 1e3;
  }

  @Test
  void manySmallFiles_toTheBucket_areNoFasterThanTheLimit() throws Exception {
    RandomTree.smallFiles(source, 4, 50, 10 << 10);
    Counts counts =
        s3fs.counting(
            () ->
                assertThat(seconds(toBucket(options().limits(bandwidth(MEBIBYTE)))))
                    .isGreaterThan(200 * 10.0 / 1024 - SLICE));
    // No file was sent twice. Two more PUTs make the destination and set its mtime at the end.
    assertThat(counts.of(Kind.PUT)).isEqualTo(200 + 4 + 2);
    assertThat(counts.bytesUp()).isLessThan(5 * MEBIBYTE);
  }

  @Test
  void largeFiles_toTheBucket_areNoFasterThanTheLimit() throws Exception {
    // One PUT, and parts.
    RandomTree.write(source.resolve("a"), RandomTree.bytes(1, 3 << 20), OLD);
    RandomTree.write(source.resolve("b"), RandomTree.bytes(2, 29 << 20), OLD);
    assertThat(seconds(toBucket(options().limits(bandwidth(16 * MEBIBYTE)))))
        .isGreaterThan(2 - SLICE);
    assertThat(mounted.resolve("a")).hasSameBinaryContentAs(source.resolve("a"));
    assertThat(mounted.resolve("b")).hasSameBinaryContentAs(source.resolve("b"));
  }

  @Test
  void throughTheMount_isNoFasterThanTheLimit() throws Exception {
    RandomTree.write(source.resolve("a"), RandomTree.bytes(1, 1 << 20), OLD);
    RandomTree.smallFiles(source, 2, 20, 26 << 10);
    assertThat(seconds(throughMount(options().limits(bandwidth(MEBIBYTE)))))
        .isGreaterThan(2 - SLICE);
    assertThat(mounted.resolve("a")).hasSameBinaryContentAs(source.resolve("a"));
  }

  @Test
  void requests_areNoMoreThanTheLimit() throws Exception {
    RandomTree.smallFiles(source, 1, 30, 10);
    Limits limits = Limits.NONE.withOperationsPerSecond(20);
    Counts counts =
        s3fs.counting(
            () ->
                assertThat(seconds(toBucket(options().limits(limits))))
                    // One second may have been saved before the first.
                    .isGreaterThan((30 + 1 - 20) / 20.0 - SLICE));
    assertThat(counts.of(Kind.PUT)).isEqualTo(30 + 1 + 2);
  }

  @Thorough
  @Test
  void restore_isNoFasterThanTheLimits() throws Exception {
    RandomTree.smallFiles(source, 1, 30, 52 << 10);
    assertThat(toBucket(options()).failures()).isEmpty();
    s3fs.freshMount();
    S3Location bucket = new S3Location(s3fs.server().bucket(), prefix);
    Limits requests = Limits.NONE.withOperationsPerSecond(10);
    Counts counts =
        s3fs.counting(
            () ->
                assertThat(restoreSeconds(RestoreJob.builder().from(bucket), "a", requests))
                    // One second may have been saved before the first.
                    .isGreaterThan((30 + 1 - 10) / 10.0 - SLICE));
    assertThat(counts.total()).as("%s", counts).isBetween(30L, 40L);
    // The first slice is free.
    double least = 30 * 52.0 / 1024 - SLICE;
    assertThat(restoreSeconds(RestoreJob.builder().from(bucket), "b", bandwidth(MEBIBYTE)))
        .isGreaterThan(least);
    assertThat(restoreSeconds(RestoreJob.builder().from(mounted), "c", bandwidth(MEBIBYTE)))
        .isGreaterThan(least);
  }

  private double restoreSeconds(RestoreJob.Builder job, String target, Limits limits) {
    BackupOptions.Builder options = options().limits(limits);
    BackupReport report =
        Mtb.restore(
            job.to(temp.resolve(target)).options(options.build()).build(), BackupListener.NONE);
    assertThat(report.totals().copied()).isEqualTo(30);
    return seconds(report);
  }

  @Thorough
  @Test
  void interrupted_endsWithinSeconds_howeverSlowItMayGo() throws Exception {
    RandomTree.write(source.resolve("large"), RandomTree.bytes(1, 30 << 20), OLD);
    RandomTree.smallFiles(source, 2, 20, 300 << 10);
    for (String via : List.of("bucket", "mount")) {
      MtbProcess mtb =
          MtbProcess.start(
              temp,
              Map.of(),
              List.of(),
              "backup",
              "--via",
              via,
              "--bwlimit",
              "10K",
              "-b",
              source.toString(),
              ".",
              Files.createDirectory(mounted.resolveSibling(prefix + via)).toString());
      long before = s3fs.proxy().snapshot().total();
      while (mtb.isAlive() && s3fs.proxy().snapshot().total() < before + 5) {
        Thread.sleep(50);
      }
      Thread.sleep(1000);
      mtb.signal("INT");
      // Without the interrupt the run would take an hour.
      assertThat(mtb.endsWithin(Duration.ofSeconds(20))).isTrue();
      assertThat(mtb.exitCode()).as(mtb.err()).isEqualTo(130);
    }
  }

  /**
   * Makes files that are newer and older at the destination, with another size and with the same.
   */
  private void differ() throws Exception {
    for (String name : List.of("newer", "newerSameSize", "older", "olderSameSize", "same")) {
      RandomTree.write(source.resolve(name), RandomTree.bytes(1, 100), NEW);
    }
    assertThat(toBucket(options()).exitCode()).isZero();
    RandomTree.write(source.resolve("newer"), RandomTree.bytes(2, 50), OLD);
    RandomTree.write(source.resolve("newerSameSize"), RandomTree.bytes(2, 100), OLD);
    RandomTree.write(source.resolve("older"), RandomTree.bytes(3, 50), NEW.plusSeconds(5));
    RandomTree.write(source.resolve("olderSameSize"), RandomTree.bytes(3, 100), NEW.plusSeconds(5));
    RandomTree.write(source.resolve("missing"), RandomTree.bytes(4, 100), OLD);
    Files.setLastModifiedTime(source, FileTime.from(NEW));
  }

  private void assertUpdated(BackupReport report) throws Exception {
    assertThat(report.exitCode()).isZero();
    assertThat(report.totals().skipped()).isEqualTo(2);
    assertThat(report.totals().copied()).isEqualTo(3);
    assertThat(report.totals().unchanged()).isOne();
    s3fs.freshMount();
    for (String name : List.of("older", "olderSameSize", "missing", "same")) {
      assertThat(mounted.resolve(name)).hasSameBinaryContentAs(source.resolve(name));
    }
    for (String name : List.of("newer", "newerSameSize")) {
      assertThat(mounted.resolve(name)).hasBinaryContent(RandomTree.bytes(1, 100));
    }
  }

  @Test
  void update_atTheBucket_asksForTheTimeOfWhatItWouldReplace() throws Exception {
    differ();
    Counts counts =
        s3fs.counting(
            () ->
                assertUpdated(toBucket(options().updateRules(UpdateRules.NONE.withUpdate(true)))));
    // One request for each of the four files that differ; the test's fresh mounts send some, too.
    assertThat(counts.of(Kind.PUT)).isBetween(3L, 4L);
    // A file that the rules skip is not remembered as unchanged.
    assertUpdatedAgain();
  }

  private void assertUpdatedAgain() throws Exception {
    BackupReport again = toBucket(options().updateRules(UpdateRules.NONE.withUpdate(true)));
    assertThat(again.totals().skipped()).isEqualTo(2);
    BackupReport without = toBucket(options());
    assertThat(without.totals().copied()).isEqualTo(2);
    assertThat(mounted.resolve("newer")).hasSameBinaryContentAs(source.resolve("newer"));
  }

  @Test
  void update_throughTheMount_needsNoRequestMore() throws Exception {
    differ();
    s3fs.freshMount();
    Counts with =
        s3fs.counting(
            () ->
                assertThat(
                        throughMount(
                                options()
                                    .dryRun(true)
                                    .updateRules(UpdateRules.NONE.withUpdate(true)))
                            .totals()
                            .skipped())
                    .isEqualTo(2));
    s3fs.freshMount();
    Counts without =
        s3fs.counting(
            () -> assertThat(throughMount(options().dryRun(true)).totals().copied()).isEqualTo(5));
    assertThat(with.total()).isEqualTo(without.total());
    s3fs.freshMount();
    assertUpdated(throughMount(options().updateRules(UpdateRules.NONE.withUpdate(true))));
  }

  @Test
  void ignoreExisting_atTheBucket_asksForNothing() throws Exception {
    differ();
    Counts counts =
        s3fs.counting(
            () -> {
              BackupReport report =
                  toBucket(options().updateRules(UpdateRules.NONE.withIgnoreExisting(true)));
              assertThat(report.exitCode()).isZero();
              assertThat(report.totals().skipped()).isEqualTo(5);
              assertThat(report.totals().copied()).isOne();
            });
    assertThat(counts.of(Kind.GET)).isZero();
    assertThat(mounted.resolve("older")).hasBinaryContent(RandomTree.bytes(1, 100));
    assertThat(mounted.resolve("missing")).hasSameBinaryContentAs(source.resolve("missing"));
  }

  @Test
  void existing_atTheBucket_makesNothing() throws Exception {
    differ();
    RandomTree.write(source.resolve("d/f"), "new");
    BackupReport report = toBucket(options().updateRules(UpdateRules.NONE.withExisting(true)));
    assertThat(report.exitCode()).isZero();
    assertThat(report.totals().skipped()).isOne();
    assertThat(report.totals().copied()).isEqualTo(4);
    s3fs.freshMount();
    assertThat(mounted.resolve("missing")).doesNotExist();
    assertThat(mounted.resolve("d")).doesNotExist();
    assertThat(mounted.resolve("newer")).hasSameBinaryContentAs(source.resolve("newer"));
  }
}
