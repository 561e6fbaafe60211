package dev.mtb.place;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Shard;
import dev.mtb.store.DestinationException;
import dev.mtb.store.bucket.BucketPlace;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs in one JVM; TwoRunsIT tests several processes. */
class RunLockTest {
  @TempDir Path temp;

  private RunLock lock(Duration lockWait) {
    return RunLock.of(
        BackupOptions.builder()
            .stateDirectory(temp.resolve("state"))
            .waiting(w -> w.withLockWait(lockWait))
            .build());
  }

  private RunLock lock() {
    return lock(Duration.ZERO);
  }

  private static void take(RunLock lock, String folder) throws DestinationException {
    lock.take(LockPlace.of(Path.of(folder)), folder);
  }

  private List<String> files() throws IOException {
    try (var files = Files.list(temp.resolve("state/locks"))) {
      return files.map(f -> f.getFileName().toString()).filter(f -> !f.equals("gate")).toList();
    }
  }

  @Test
  void secondRun_isRefused_withTheProcessOfTheFirst_untilItReleasesTheLock() throws Exception {
    try (RunLock second = lock()) {
      try (RunLock first = lock()) {
        take(first, "/mnt/a b");
        assertThatThrownBy(() -> take(second, "/mnt/a b"))
            .isInstanceOf(DestinationException.class)
            .hasMessageContaining("another run of MTB is writing to /mnt/a b")
            .hasMessageContaining("process " + ProcessHandle.current().pid() + " on ")
            .hasMessageMatching(".*since 20[0-9-]+T[0-9:]+Z\\).*")
            .hasMessageContaining("Waiting.lockWait");
        assertThat(files()).hasSize(1);
      }
      assertThat(files()).isEmpty();
      take(second, "/mnt/a b");
    }
    assertThat(files()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/mnt/a, /mnt/a/b/c, true",
    "/mnt/a/b/c, /mnt/a, true",
    "/mnt/a, /, true",
    "/mnt/a, /mnt/ab, false",
    "/mnt/a/x, /mnt/a/y, false",
  })
  void nestedDestinations_blockEachOther_neighboursDoNot(String one, String other, boolean meet)
      throws Exception {
    try (RunLock first = lock();
        RunLock second = lock()) {
      take(first, one);
      if (meet) {
        assertThatThrownBy(() -> take(second, other)).hasMessageContaining("writing to " + one);
      } else {
        take(second, other);
      }
    }
  }

  private static LockClaim claim(String place, Shard shard) {
    return LockClaim.now(place, "there", shard);
  }

  @Test
  void shardsOfOneJob_doNotBlockEachOther_otherRunsDo() {
    LockClaim part = claim("folder:/a/", Shard.of(1, 4));
    assertThat(part.meets(claim("folder:/a/", Shard.of(2, 4)))).isFalse();
    assertThat(part.meets(claim("folder:/a/", Shard.of(1, 4)))).isTrue();
    assertThat(part.meets(claim("folder:/a/", Shard.of(2, 5)))).isTrue();
    assertThat(part.meets(claim("folder:/a/", Shard.WHOLE))).isTrue();
    assertThat(claim("folder:/a/", Shard.WHOLE).meets(part)).isTrue();
    assertThat(part.meets(LockClaim.UNKNOWN)).isTrue();
    // A run on a directory inside the destination has another division into shards, which may put
    // the same file into another part.
    assertThat(part.meets(claim("folder:/a/b/", Shard.of(2, 4)))).isTrue();
    Shard bySizes = Shard.builder(2, 4).known(Path.of("x"), 5).build();
    assertThat(part.meets(claim("folder:/a/", bySizes))).isTrue();
  }

  @Test
  void claims_areReadAsTheyWereWritten_alsoThoseOfVersionsWithoutShards() throws Exception {
    Path file = temp.resolve("claim");
    LockClaim part = claim("folder:/a/", Shard.of(3, 4));
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      part.write(channel);
      assertThat(LockClaim.read(channel.position(0))).isEqualTo(part);
      channel.truncate(0).position(0);
      channel.write(ByteBuffer.wrap("folder:/a/\0a\0007\0host\0now\0".getBytes(US_ASCII)));
      assertThat(LockClaim.read(channel.position(0)))
          .isEqualTo(new LockClaim("folder:/a/", "a", "7", "host", "now", "", ""));
    }
  }

  @Test
  void lockOfADeadRun_isRemoved_andBlocksNoRun() throws Exception {
    try (RunLock first = lock()) {
      take(first, "/mnt/other");
      Path left = temp.resolve("state/locks/1-2.lock");
      Files.copy(temp.resolve("state/locks").resolve(files().get(0)), left);
      Files.createFile(temp.resolve("state/locks/3-4.lock"));
      try (RunLock second = lock()) {
        take(second, "/mnt/a");
        assertThat(files()).hasSize(2).doesNotContain("1-2.lock", "3-4.lock");
        // The check of the other lock files has not released the lock of the first run.
        assertThatThrownBy(() -> take(lock(), "/mnt/other")).hasMessageContaining("/mnt/other");
      }
    }
  }

  @Test
  void processStoppedWhileItChecks_blocksOtherRuns_withoutHangingThem() throws Exception {
    Path folder = Files.createDirectories(temp.resolve("state/locks"));
    assumeThat(Files.isExecutable(Path.of("/usr/bin/python3"))).isTrue();
    Process stopped =
        new ProcessBuilder(
                "python3",
                "-c",
                "import fcntl,sys,time\nf=open(sys.argv[1],'w')\nfcntl.lockf(f,fcntl.LOCK_EX)\n"
                    + "print('held',flush=True)\ntime.sleep(600)",
                folder.resolve("gate").toString())
            .start();
    try (RunLock lock = lock()) {
      assertThat(stopped.getInputStream().read()).isEqualTo('h');
      assertThatThrownBy(() -> take(lock, "/mnt/a"))
          .isInstanceOf(DestinationException.class)
          .hasMessageContaining("does not tell what it writes to");
      stopped.destroyForcibly().waitFor();
      take(lock, "/mnt/a");
    } finally {
      stopped.destroyForcibly();
    }
  }

  @Test
  void waiting_endsWhenTheOtherRunReleasesTheLock() throws Exception {
    RunLock first = lock();
    take(first, "/mnt/a");
    CompletableFuture<Void> release =
        CompletableFuture.runAsync(
            first::close, CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS));
    try (RunLock second = lock(Duration.ofDays(100_000_000))) {
      take(second, "/mnt/a");
      assertThat(files()).hasSize(1);
    }
    release.join();
  }

  @Test
  void waiting_endsWhenItsTimeIsOver() throws Exception {
    try (RunLock first = lock();
        RunLock second = lock(Duration.ofMillis(700))) {
      take(first, "/mnt/a");
      long start = System.nanoTime();
      assertThatThrownBy(() -> take(second, "/mnt/a"))
          .isInstanceOf(DestinationException.class)
          .hasMessageContaining("did not end within 700 ms");
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(700), Duration.ofSeconds(10));
    }
  }

  @Test
  void waiting_canBeInterrupted() throws Exception {
    try (RunLock first = lock();
        RunLock second = lock(Duration.ofHours(1))) {
      take(first, "/mnt/a");
      Thread waiting = Thread.currentThread();
      CompletableFuture<Void> unused =
          CompletableFuture.runAsync(
              waiting::interrupt, CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
      assertThatThrownBy(() -> take(second, "/mnt/a")).hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void withoutAStateDirectory_onlyThisJvmIsGuarded() throws Exception {
    Path file = Files.createFile(temp.resolve("file"));
    BackupOptions options = BackupOptions.builder().stateDirectory(file.resolve("state")).build();
    try (RunLock first = RunLock.of(options);
        RunLock second = RunLock.of(options)) {
      take(first, "/mnt/a");
      assertThatThrownBy(() -> take(second, "/mnt/a")).hasMessageContaining("another run");
      take(second, "/mnt/b");
    }
  }

  @Test
  void manyThreads_oneAtATime() throws Exception {
    CountDownLatch ready = new CountDownLatch(8);
    int[] inside = new int[1];
    List<CompletableFuture<Integer>> runs =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try (RunLock lock = lock(Duration.ofSeconds(50))) {
                            ready.countDown();
                            ready.await();
                            take(lock, "/mnt/a");
                            int now = ++inside[0];
                            Thread.sleep(10);
                            inside[0]--;
                            return now;
                          } catch (IOException | InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                        },
                        task -> new Thread(task).start()))
            .toList();
    for (CompletableFuture<Integer> run : runs) {
      assertThat(run.get()).isEqualTo(1);
    }
  }

  private static String mounted(String commandLine, String point, String real) {
    S3fsProcess s3fs =
        S3fsProcess.parse(List.of(commandLine.split(" ", -1)), Path.of("/"), Path.of(point))
            .orElseThrow();
    return LockPlace.of(s3fs, Path.of(point).relativize(Path.of(real)), Path.of(real));
  }

  private static String bucket(String url, String endpoint) {
    BackupOptions.Builder options = BackupOptions.builder();
    if (!endpoint.isEmpty()) {
      options.connection(c -> c.withEndpoint(URI.create(endpoint)));
    }
    return LockPlace.of(BucketPlace.of(S3Location.parse(url), options.build()));
  }

  @Test
  void mountsOfOneBucket_andTheBucketItself_areOnePlace() {
    String place = bucket("s3://data/deep/home", "http://127.0.0.1:9000");
    assertThat(place)
        .isEqualTo(
            mounted("s3fs data /a -o url=http://localhost:9000,use_xattr", "/a", "/a/deep/home"))
        .isEqualTo(mounted("s3fs data:/deep /b -o host=HTTP://127.0.0.1:9000/", "/b", "/b/home"))
        .isEqualTo(
            mounted("s3fs /c -o bucket=data:/deep/home/,url=http://localhost:9000", "/c", "/c"));
    assertThat(bucket("s3://data/x", ""))
        .isEqualTo(bucket("s3://data/x", "https://s3.eu-central-1.amazonaws.com"))
        .isEqualTo(mounted("s3fs data /a", "/a", "/a/x"));
    assertThat(bucket("s3://data/x", "https://s3.example.com"))
        .isEqualTo(bucket("s3://data/x/", "http://S3.example.com:80/"))
        .isNotEqualTo(bucket("s3://data/x", ""))
        .isNotEqualTo(bucket("s3://data2/x", "https://s3.example.com"));
    // The whole bucket, and what is in it.
    assertThat(place).startsWith(bucket("s3://data", "http://127.0.0.1:9000"));
    // A mount whose bucket is not known is identified by its folder.
    assertThat(mounted("s3fs /a -o x", "/a", "/a/x")).isEqualTo(LockPlace.of(Path.of("/a/x")));
  }
}
