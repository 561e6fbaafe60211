package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.OldVersions;
import dev.mtb.options.Via;
import dev.mtb.place.Destinations;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Store;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A mount whose server fails. s3fs itself hardly retries here, so that MTB sees the failures. */
@RequiresS3fs
class S3fsFaultIT {
  private static final Instant TIME = Instant.ofEpochSecond(1_600_000_000);

  @TempDir Path temp;
  private S3fsFixture s3fs;
  private S3Probe probe;
  private Path source;
  private Path destination;

  @BeforeEach
  void mount() throws Exception {
    s3fs = S3fsFixture.start("retries=1", "enable_noobj_cache");
    probe = S3Probe.of(s3fs.server());
    source = Files.createDirectory(temp.resolve("source"));
    destination = s3fs.root().resolve("backup");
    for (int f = 0; f < 6; f++) {
      RandomTree.write(source.resolve("d/f" + f), RandomTree.bytes(f, 1000), TIME);
    }
  }

  @AfterEach
  void unmount() throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    probe.close();
    s3fs.close();
  }

  private BackupReport backUp(int retries) {
    return Mtb.backup(job(retries));
  }

  private BackupJob job(int retries) {
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(destination)
        .options(
            BackupOptions.builder()
                .threads(8)
                .waiting(w -> w.withRetries(retries))
                .connection(c -> c.withVia(Via.MOUNT))
                .stateDirectory(temp.resolve("state"))
                .build())
        .build();
  }

  private void assertVerified() throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    assertThat(Mtb.verify(job(0), BackupListener.NONE).failures()).isEmpty();
  }

  /** Whether a request is one for that key. */
  private static boolean isFor(String path, String key) {
    return path.split("\\?", 2)[0].endsWith("/" + key);
  }

  @Thorough
  @Test
  void uploadsThatFailOnce_areRetried() throws Exception {
    Map<String, AtomicInteger> puts = new ConcurrentHashMap<>();
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT")
                        && path.contains("/f")
                        && puts.computeIfAbsent(path, p -> new AtomicInteger()).incrementAndGet()
                            <= 1
                    ? Fault.Action.answer(500)
                    : Fault.Action.pass());
    BackupReport report = backUp(3);
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(6);
    assertVerified();
  }

  @Thorough
  @Test
  void uploadsThatArriveThoughTheAnswerIsLost_areDoneAgain() throws Exception {
    Map<String, AtomicInteger> puts = new ConcurrentHashMap<>();
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT")
                        && path.contains("/f")
                        && puts.computeIfAbsent(path, p -> new AtomicInteger()).incrementAndGet()
                            <= 1
                    ? Fault.Action.loseResponse()
                    : Fault.Action.pass());
    BackupReport report = backUp(3);
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(6);
    assertVerified();
  }

  /** With old versions, the old file is moved away before the new one gets its name. */
  @Test
  void newVersionThatCannotTakeItsName_leavesTheOldOneInItsPlace() throws Exception {
    assertThat(backUp(0).outcome()).isEqualTo(Outcome.OK);
    // The number of attempts of s3fs for a rename. Here neither the rename nor its undo succeeds.
    int tries = keepingOldVersion("f1", Integer.MAX_VALUE);
    assertThat(tries).isPositive().isEven();
    assertThat(probe.content("old/d/f1")).contains(RandomTree.bytes(1, 1000));

    keepingOldVersion("f2", tries / 2);

    assertThat(probe.content("backup/d/f2")).contains(RandomTree.bytes(2, 1000));
    assertThat(probe.keys("old/d/")).doesNotContain("old/d/f2");
    // The run in between has copied the other file.
    assertThat(backUp(0).totals().copied()).isEqualTo(1);
    assertVerified();
  }

  /** Backs up a changed file while so many uploads to its name fail, and tells how many did. */
  private int keepingOldVersion(String name, int failing) throws Exception {
    RandomTree.write(source.resolve("d").resolve(name), RandomTree.bytes(99, 1500), TIME);
    AtomicInteger puts = new AtomicInteger();
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT")
                        && path.contains("/backup/d/" + name)
                        && puts.incrementAndGet() <= failing
                    ? Fault.Action.answer(500)
                    : Fault.Action.pass());
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(destination)
                .options(
                    BackupOptions.builder()
                        .waiting(w -> w.withRetries(0))
                        .connection(c -> c.withVia(Via.MOUNT))
                        .stateDirectory(temp.resolve("state"))
                        .oldVersions(new OldVersions(Optional.of(Path.of("../old")), ""))
                        .build())
                .build());
    assertThat(report.exitCode()).as("%s", report.failures()).isEqualTo(23);
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    return puts.get();
  }

  @Thorough
  @Test
  void newFileThatCannotBeUploaded_isNamed_andNotThereAfterwards() throws Exception {
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT") && isFor(path, "f3")
                    ? Fault.Action.answer(500)
                    : Fault.Action.pass());
    BackupReport report = backUp(1);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).path()).isEqualTo(Path.of("d/f3"));
    assertThat(report.failures().get(0).error())
        .contains("journalctl -t s3fs")
        .contains("tried 2 times");
    assertThat(probe.keys("backup/d/")).doesNotContain("backup/d/f3").hasSize(5);
    // The mount does not show the missing file, neither in the same second nor later.
    assertThat(Files.exists(destination.resolve("d/f3"))).isFalse();
    s3fs.proxy().setFault(Fault.NONE);
    assertThat(backUp(0).totals().copied()).isEqualTo(1);
    assertVerified();
  }

  @Test
  void overwriteThatFails_leavesTheOldFile() throws Exception {
    assertThat(backUp(0).outcome()).isEqualTo(Outcome.OK);
    RandomTree.write(source.resolve("d/f2"), RandomTree.bytes(77, 1000), TIME.plusSeconds(9));
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT") && isFor(path, "f2")
                    ? Fault.Action.answer(500)
                    : Fault.Action.pass());
    BackupReport report = backUp(1);
    assertThat(report.failures()).hasSize(1);
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    assertThat(destination.resolve("d/f2")).hasBinaryContent(RandomTree.bytes(2, 1000));
    assertThat(Metadata.of(destination.resolve("d/f2")).mtime()).isEqualTo(TIME);
    assertThat(backUp(0).totals().copied()).isEqualTo(1);
    assertVerified();
  }

  /** s3fs issue 2581: a 5xx to the HEAD, then a 404 to a fallback. */
  @Test
  void fileThatSeemsAbsentAfterAnError_isReported_andNotWrittenAsNew() throws Exception {
    assertThat(backUp(0).outcome()).isEqualTo(Outcome.OK);
    s3fs.freshMount();
    RandomTree.write(source.resolve("d/f1"), RandomTree.bytes(78, 500), TIME.plusSeconds(9));
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("HEAD") && isFor(path, "f1")
                    ? Fault.Action.answer(500)
                    // S3Proxy, other than S3, takes a file for a directory if asked so.
                    : method.equals("HEAD") && isFor(path, "f1/")
                        ? Fault.Action.answer(404)
                        : Fault.Action.pass());
    BackupReport report = backUp(1);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).path()).isEqualTo(Path.of("d/f1"));
    assertThat(report.failures().get(0).stage()).isEqualTo(Failure.Stage.COMPARE);
    assertThat(report.totals().copied()).isZero();
    assertThat(probe.size("backup/d/f1")).isEqualTo(1000);
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    assertThat(backUp(0).totals().copied()).isEqualTo(1);
    assertVerified();
  }

  @Thorough
  @Test
  void directoryThatCannotBeListed_isReported_andNothingInItIsWrittenAsNew() throws Exception {
    assertThat(backUp(0).outcome()).isEqualTo(Outcome.OK);
    s3fs.freshMount();
    RandomTree.write(source.resolve("d/f1"), RandomTree.bytes(78, 500), TIME.plusSeconds(9));
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("GET") && path.contains("prefix=backup/d/")
                    ? Fault.Action.answer(500)
                    : Fault.Action.pass());
    BackupReport report = backUp(0);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).path()).isEqualTo(Path.of("d"));
    assertThat(report.failures().get(0).stage()).isEqualTo(Failure.Stage.COMPARE);
    assertThat(report.totals().copied()).isZero();
    assertThat(probe.size("backup/d/f1")).isEqualTo(1000);
    s3fs.proxy().setFault(Fault.NONE);
    s3fs.freshMount();
    assertThat(backUp(0).totals().copied()).isEqualTo(1);
    assertVerified();
  }

  /**
   * A file that was written as new is not deleted after a failure, since an old one may have
   * existed.
   */
  @Test
  void fileThatSeemedAbsent_andCannotBeWritten_isNotDeleted() throws Exception {
    assertThat(backUp(0).outcome()).isEqualTo(Outcome.OK);
    s3fs.freshMount();
    try (Store mount = Destinations.open(destination, job(0).options(), false)) {
      // A HEAD of the object is answered 404 until the first PUT, and normally afterwards.
      AtomicBoolean isWritten = new AtomicBoolean();
      s3fs.proxy()
          .setFault(
              (method, path, sequence) -> {
                if (method.equals("PUT") && isFor(path, "f2")) {
                  isWritten.set(true);
                  return Fault.Action.answer(500);
                }
                boolean isHidden = method.equals("HEAD") && path.contains("/f2");
                return isHidden && !isWritten.get()
                    ? Fault.Action.answer(404)
                    : Fault.Action.pass();
              });
      Metadata metadata = Metadata.of(source.resolve("d/f2"));
      assertThatThrownBy(
              () -> {
                try (FileWrite write = mount.write(Path.of("d/f2"), metadata, Optional.empty())) {
                  write.write(ByteBuffer.allocate(1000));
                  write.commit(metadata);
                }
              })
          .isInstanceOf(IOException.class);
    }
    s3fs.proxy().setFault(Fault.NONE);
    assertThat(probe.content("backup/d/f2")).contains(RandomTree.bytes(2, 1000));
  }

  @Test
  void serverThatForbidsWriting_isReported_andNothingIsTriedAgain() throws Exception {
    s3fs.proxy()
        .setFault(
            (method, path, sequence) ->
                method.equals("PUT") && path.contains("/f")
                    ? Fault.Action.answer(403)
                    : Fault.Action.pass());
    BackupReport report = backUp(5);
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(6);
    assertThat(report.failures().get(0).error()).contains("(403)", "s3:PutObject");
    assertVerifiedAfter();
  }

  private void assertVerifiedAfter() throws Exception {
    s3fs.proxy().setFault(Fault.NONE);
    assertThat(backUp(0).outcome()).isEqualTo(Outcome.OK);
    assertVerified();
  }
}
