package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.RunLocks;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes on one destination. The first is stopped by a signal in the middle of its run. */
class TwoRunsIT {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private MtbProcess first;

  @BeforeEach
  void startAndHoldTheFirst() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
    RandomTree.smallFiles(source, 20, 200, 1000);
    first = start();
    RunLocks.stop(first, temp.resolve("state"));
  }

  @AfterEach
  void killTheFirst() throws Exception {
    first.signal("KILL");
    first.exitCode();
  }

  private MtbProcess start(String... options) throws IOException {
    List<String> args = new ArrayList<>(List.of("backup"));
    args.addAll(List.of(options));
    args.addAll(List.of("-b", source.toString(), ".", destination.toString()));
    return MtbProcess.start(temp, Map.of(), List.of(), args.toArray(String[]::new));
  }

  private List<Path> locks() throws IOException {
    return RunLocks.of(temp.resolve("state"));
  }

  @Test
  void second_isRefused_untilTheFirstIsKilled() throws Exception {
    MtbProcess second = start();
    assertThat(second.exitCode()).as(second.err()).isEqualTo(10);
    assertThat(second.err())
        .contains("another run of MTB is writing to " + destination)
        .contains("process " + first.pid() + " on ")
        .contains("--lock-wait");
    MtbProcess dry = start("-n");
    assertThat(dry.exitCode()).as(dry.err()).isZero();

    first.signal("KILL");
    first.exitCode();
    assertThat(locks()).hasSize(1);
    MtbProcess third = start();
    assertThat(third.exitCode()).as(third.err()).isZero();
    assertThat(locks()).isEmpty();
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
  }

  @Thorough
  @Test
  void second_waits_andGivesUpOrGoesOn() throws Exception {
    MtbProcess shortWait = start("--lock-wait", "1s");
    assertThat(shortWait.exitCode()).as(shortWait.err()).isEqualTo(10);
    assertThat(shortWait.err()).contains("waiting up to 1 s").contains("did not end within 1 s");

    MtbProcess stopped = start("--lock-wait", "1h");
    while (!stopped.err().contains("waiting up to 1 h")) {
      Thread.sleep(20);
    }
    stopped.signal("INT");
    assertThat(stopped.exitCode()).as(stopped.err()).isEqualTo(130);

    MtbProcess longWait = start("--lock-wait", "2m");
    while (!longWait.err().contains("waiting up to 2 min")) {
      Thread.sleep(20);
    }
    first.signal("CONT");
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(longWait.exitCode()).as(longWait.err()).isZero();
    assertThat(longWait.err()).contains("0 files copied");
    assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
  }

  @Thorough
  @Test
  @RequiresS3fs
  void mountAndBucket_areOnePlace_andTheLockCostsNoRequest() throws Exception {
    first.signal("KILL");
    first.exitCode();
    // No process holds this lock any more. It is deleted so that it is not taken for that of
    // the run below.
    Files.delete(locks().get(0));
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      s3fs.proxy().setRoundTrip(Duration.ofMillis(20));
      Path passwd =
          Secrets.write(
              temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
      destination = s3fs.root().resolve("backup");
      first = start("--via", "mount");
      RunLocks.stop(first, temp.resolve("state"));
      BackupOptions options =
          BackupOptions.builder()
              .stateDirectory(temp.resolve("state"))
              .connection(
                  c ->
                      c.withEndpoint(URI.create("http://localhost:" + s3fs.proxy().port()))
                          .withPasswdFile(passwd))
              .build();
      BackupJob.Builder job =
          BackupJob.builder().base(source).source(Path.of(".")).options(options);
      // On a busy machine, s3fs still works on requests of the stopped process for a while.
      s3fs.proxy().awaitQuiet(Duration.ofSeconds(3), Duration.ofMinutes(2));
      Counts counts =
          s3fs.counting(
              () -> {
                for (String prefix : List.of("backup", "backup/below", "")) {
                  BackupReport refused =
                      Mtb.backup(
                          job.destination(new S3Location(s3fs.server().bucket(), prefix)).build());
                  assertThat(refused.exitCode()).as(prefix).isEqualTo(10);
                  assertThat(refused.fatal().orElseThrow()).contains("process " + first.pid());
                }
              });
      assertThat(counts.total()).as("%s", counts).isZero();
      first.signal("KILL");
      first.exitCode();
      s3fs.proxy().setRoundTrip(Duration.ZERO);
      assertThat(
              Mtb.backup(job.destination(new S3Location(s3fs.server().bucket(), "backup")).build())
                  .failures())
          .isEmpty();
      s3fs.freshMount();
      assertThat(Rsync.differences(source, destination, "--delete")).isEmpty();
    }
  }
}
