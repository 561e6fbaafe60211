package dev.mtb.testing;

import static dev.mtb.testing.CountingProxy.Kind.COPY;
import static dev.mtb.testing.CountingProxy.Kind.DELETE;
import static dev.mtb.testing.CountingProxy.Kind.HEAD;
import static dev.mtb.testing.CountingProxy.Kind.LIST;
import static dev.mtb.testing.CountingProxy.Kind.POST;
import static dev.mtb.testing.CountingProxy.Kind.PUT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks that s3fs behaves through the fixture as it is known to behave. */
@RequiresS3fs
@Thorough
class S3fsFixtureIT {
  private static S3fsFixture s3fs;

  @BeforeAll
  static void mount() throws Exception {
    s3fs = S3fsFixture.start();
  }

  @AfterAll
  static void unmount() throws Exception {
    if (s3fs != null) {
      s3fs.close();
    }
  }

  @AfterEach
  void undisturbed() {
    s3fs.proxy().setRoundTrip(Duration.ZERO);
    s3fs.proxy().setUpstreamBandwidth(0);
    s3fs.proxy().setFault(Fault.NONE);
  }

  @Test
  void creatingAFileTakesNineRequests() throws Exception {
    Counts counts = s3fs.counting(() -> create(file("created"), new byte[1_000]));

    assertThat(counts)
        .as(() -> s3fs.proxy().recentRequests().toString())
        .isEqualTo(new Counts(Map.of(HEAD, 6L, LIST, 2L, PUT, 1L), 1_000, counts.bytesDown()));
  }

  @Test
  void theUploadCarriesATimeThatWasSetBeforeTheClose() throws Exception {
    Path file = file("timed");
    Counts counts =
        s3fs.counting(
            () -> {
              try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[10]));
                assertThat(file.toFile().setLastModified(1_234_567_890_123L)).isTrue();
              }
            });

    assertThat(counts.total()).isEqualTo(9);
    s3fs.freshMount();
    assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(1_234_567_890_123L);
  }

  @Test
  void settingTheTimeAfterTheCloseCopiesTheObject() throws Exception {
    Path file = create(file("timed-late"), new byte[10]);

    Counts counts =
        s3fs.counting(() -> assertThat(file.toFile().setLastModified(1_234_567_890_000L)).isTrue());

    assertThat(counts.of(COPY)).isEqualTo(1);
    assertThat(counts.of(PUT)).isZero();
    assertThat(counts.total()).isEqualTo(3);
  }

  @Test
  void unlinkingAKnownFileTakesOneRequest() throws Exception {
    Path known = create(file("unlinked"), new byte[10]);
    Path unknown = create(file("unlinked-unknown"), new byte[10]);
    s3fs.freshMount();
    Files.size(known);

    assertThat(s3fs.counting(() -> Files.delete(known)))
        .isEqualTo(new Counts(Map.of(DELETE, 1L), 0, 0));
    assertThat(s3fs.counting(() -> Files.delete(unknown)))
        .isEqualTo(new Counts(Map.of(HEAD, 1L, DELETE, 1L), 0, 0));
  }

  @Test
  void statOfAnExistingFileTakesOneHeadWhenNotCachedAndNoneWhenCached() throws Exception {
    Path file = create(file("stat"), new byte[10]);
    s3fs.freshMount();

    assertThat(s3fs.counting(() -> Files.size(file))).isEqualTo(new Counts(Map.of(HEAD, 1L), 0, 0));
    assertThat(s3fs.counting(() -> Files.size(file)).total()).isZero();
  }

  @Test
  void statOfAMissingFileTakesFourRequests() throws Exception {
    Counts counts = s3fs.counting(() -> Files.exists(file("missing")));

    assertThat(counts.requests()).isEqualTo(Map.of(HEAD, 3L, LIST, 1L));
  }

  @Test
  void creatingADirectoryTakesTenRequests() throws Exception {
    Counts counts = s3fs.counting(() -> Files.createDirectory(file("directory")));

    assertThat(counts.total()).isEqualTo(10);
  }

  @Test
  void mountOptionsReachS3fs() throws Exception {
    try (S3fsFixture other = S3fsFixture.start("enable_noobj_cache", "notsup_compat_dir")) {
      Counts counts = other.counting(() -> create(other.root().resolve("new"), new byte[10]));

      assertThat(counts.total()).isEqualTo(3);
    }
  }

  @Test
  void metadataSurvivesARemount() throws Exception {
    Path file = create(file("metadata"), "content".getBytes(UTF_8));
    FileTime time = FileTime.from(Instant.parse("2001-02-03T04:05:06.123456789Z"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Files.setAttribute(file, "unix:uid", 1234);
    Files.setLastModifiedTime(file, time);
    Path link = Files.createSymbolicLink(file("metadata-link"), Path.of("metadata"));

    s3fs.freshMount();

    PosixFileAttributes attributes =
        Files.readAttributes(file, PosixFileAttributes.class, NOFOLLOW_LINKS);
    assertThat(PosixFilePermissions.toString(attributes.permissions())).isEqualTo("rw-r-----");
    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(1234);
    assertThat(attributes.lastModifiedTime()).isEqualTo(time);
    assertThat(Files.readSymbolicLink(link)).isEqualTo(Path.of("metadata"));
    assertThat(Files.readString(link)).isEqualTo("content");
  }

  @Test
  void aFileOf30MegabytesSurvivesAMultipartUpload() throws Exception {
    byte[] content = RandomTree.bytes(1, 30 << 20);
    Path file = file("big");
    Counts up = s3fs.counting(() -> create(file, content));
    s3fs.freshMount();

    Counts down = s3fs.counting(() -> assertThat(read(file)).isEqualTo(content));

    assertThat(up.of(POST)).as("begin and complete").isEqualTo(2);
    assertThat(up.of(PUT)).as("parts").isGreaterThan(1);
    assertThat(up.bytesUp()).isBetween(content.length + 0L, content.length + 10_000L);
    assertThat(down.bytesDown()).isBetween(content.length + 0L, content.length + 10_000L);
  }

  @Test
  void aRoundTripIsSeenByAStatAndNotMoreThanOnce() throws Exception {
    Path file = create(file("latency"), new byte[10]);
    s3fs.freshMount();
    s3fs.proxy().setRoundTrip(Duration.ofSeconds(2));

    long start = System.nanoTime();
    Files.size(file);
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);

    assertThat(elapsed).isBetween(Duration.ofSeconds(2), Duration.ofMillis(3_900));
  }

  @Test
  void aRoundTripDoesNotThrottleAnUpload() throws Exception {
    s3fs.proxy().setRoundTrip(Duration.ofMillis(100));

    long start = System.nanoTime();
    create(file("piped"), RandomTree.bytes(2, 24 << 20));
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);

    // Nine requests and one "100 Continue" make one second; a delay per piece would make 38.
    assertThat(elapsed).isBetween(Duration.ofMillis(900), Duration.ofSeconds(20));
  }

  @Test
  void theBandwidthIsLimited() throws Exception {
    s3fs.proxy().setUpstreamBandwidth(80_000_000);

    long start = System.nanoTime();
    create(file("narrow"), new byte[10_000_000]);
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);

    assertThat(elapsed).isGreaterThan(Duration.ofMillis(950));
  }

  @Test
  void manyThreadsAreCountedExactly() throws Exception {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      files.add(file("parallel-" + i));
    }
    s3fs.proxy().setRoundTrip(Duration.ofMillis(5));
    ExecutorService threads = Executors.newFixedThreadPool(64);
    try {
      Counts counts =
          s3fs.counting(
              () -> {
                List<Future<Path>> writes = new ArrayList<>();
                for (Path file : files) {
                  writes.add(threads.submit(() -> create(file, new byte[100])));
                }
                for (Future<Path> write : writes) {
                  write.get();
                }
              });

      assertThat(counts.total()).isEqualTo(64 * 9);
      assertThat(counts.of(PUT)).isEqualTo(64);
      assertThat(counts.bytesUp()).isEqualTo(6_400);
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void anInjectedFaultFailsTheClose() throws Exception {
    try (S3fsFixture other = S3fsFixture.start("retries=1")) {
      Path file = other.root().resolve("refused");
      other
          .proxy()
          .setFault(
              (method, path, sequence) ->
                  method.equals("PUT") ? Fault.Action.answer(503) : Fault.Action.pass());

      assertThatIOException().isThrownBy(() -> create(file, new byte[10]));
      assertThat(other.proxy().recentRequests()).last().isEqualTo("PUT /mtb-bucket/refused 503");

      other.proxy().setFault(Fault.NONE);
      other.freshMount();
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void aResetConnectionIsTriedAgain() throws Exception {
    Path file = create(file("reset"), new byte[10]);
    s3fs.freshMount();
    s3fs.proxy().setFault((m, p, n) -> n == 1 ? Fault.Action.reset() : Fault.Action.pass());

    Counts counts = s3fs.counting(() -> assertThat(Files.size(file)).isEqualTo(10));

    assertThat(counts.requests()).isEqualTo(Map.of(HEAD, 2L));
  }

  @Test
  void aKilledS3fsLeavesADeadMount() throws Exception {
    try (S3fsFixture other = S3fsFixture.start()) {
      other.mount().kill();

      assertThat(other.mount().isMounted()).isTrue();
      // The test does not use the root itself, for which the kernel may answer from its cache for
      // another second.
      assertThatIOException()
          .isThrownBy(() -> Files.readAttributes(other.root().resolve("any"), "*"))
          .withMessageContaining("Transport endpoint is not connected");

      other.freshMount();
      create(other.root().resolve("alive-again"), new byte[1]);
    }
  }

  @Test
  void aBusyMountIsUnmountedLazilyAndNothingIsLeft() throws Exception {
    S3fsFixture other = S3fsFixture.start();
    Path file = create(other.root().resolve("open"), new byte[10]);
    long pid = other.mount().pid();
    InputStream open = Files.newInputStream(file);
    assertThat(open.read()).isZero();

    other.close();

    assertThatIOException().as("closing a file of a mount that is gone").isThrownBy(open::close);
    assertThat(other.mount().isMounted()).isFalse();
    assertThat(other.root().getParent()).doesNotExist();
    assertThat(ProcessHandle.of(pid)).isEmpty();
  }

  @Test
  void rsyncSeesADifferenceWhereThereIsOne(@TempDir Path folder) throws Exception {
    RandomTree tree =
        RandomTree.seeded(7).awkwardNames().setgid().links(0).build(folder.resolve("source"));
    Path copy = Files.createDirectory(file("rsync"));
    copyWithTimesBeforeClose(tree, copy);
    s3fs.freshMount();

    assertThat(Rsync.differences(tree.root(), copy, "--delete")).as(tree.toString()).isEmpty();

    Path changed = copy.resolve(tree.root().relativize(tree.files().get(0)));
    Files.setLastModifiedTime(changed, FileTime.from(Instant.EPOCH.plusSeconds(1)));
    Files.delete(copy.resolve(tree.root().relativize(tree.files().get(1))));
    assertThat(Rsync.differences(tree.root(), copy))
        .anyMatch(line -> line.startsWith(".f..t...... "))
        .anyMatch(line -> line.startsWith(">f+++++++++ "));
  }

  @Test
  void rsyncFailsWithItsOwnMessage(@TempDir Path folder) {
    assertThatIOException()
        .isThrownBy(() -> Rsync.differences(folder.resolve("missing"), folder))
        .withMessageContaining("No such file or directory");
  }

  private static Path file(String name) {
    return s3fs.root().resolve(name);
  }

  private static Path create(Path file, byte[] content) throws IOException {
    try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
    return file;
  }

  /**
   * Copies without a race: a time or mode that is set right after the close, as rsync and cp do, is
   * lost now and then, because s3fs may not have seen yet that the file is closed.
   */
  private static void copyWithTimesBeforeClose(RandomTree tree, Path root) throws IOException {
    for (Path directory : tree.directories()) {
      Files.createDirectory(root.resolve(tree.root().relativize(directory)));
    }
    for (Path file : tree.files()) {
      Path copy = root.resolve(tree.root().relativize(file));
      try (FileChannel channel = FileChannel.open(copy, CREATE_NEW, WRITE)) {
        channel.write(ByteBuffer.wrap(Files.readAllBytes(file)));
        copyModeAndTime(file, copy);
      }
    }
    for (Path directory : tree.directories()) {
      copyModeAndTime(directory, root.resolve(tree.root().relativize(directory)));
    }
    copyModeAndTime(tree.root(), root);
  }

  private static void copyModeAndTime(Path from, Path to) throws IOException {
    Files.setAttribute(to, "unix:mode", (Integer) Files.getAttribute(from, "unix:mode") & 07777);
    assertThat(to.toFile().setLastModified(from.toFile().lastModified())).isTrue();
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readAllBytes();
    }
  }
}
