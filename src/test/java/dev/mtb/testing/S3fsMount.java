package dev.mtb.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A bucket mounted by the real s3fs at a fresh temporary folder. The s3fs process runs in the
 * foreground as a child of the test, so that its id is known and it can be killed.
 *
 * <p>For one thread, except that any number of threads may use what is mounted. A shutdown hook
 * removes mounts that a test has left behind; only a kill -9 of the test's own process leaves some.
 */
public final class S3fsMount implements AutoCloseable {
  private static final Duration MOUNT_LIMIT = Duration.ofMinutes(2);
  private static final Duration BUSY_LIMIT = Duration.ofSeconds(3);
  private static final Duration EXIT_LIMIT = Duration.ofMinutes(1);

  private final String bucket;
  private final List<String> options;
  private final Path folder;
  private final Path mountPoint;
  private final Path log;
  private final Thread hook = new Thread(this::abandon, "s3fs-unmount");
  private Process process;

  private S3fsMount(String bucket, List<String> options, Path folder) {
    this.bucket = bucket;
    this.options = options;
    this.folder = folder;
    this.mountPoint = folder.resolve("mount");
    this.log = folder.resolve("s3fs.log");
  }

  /**
   * Mounts the server's bucket, and returns when it is usable.
   *
   * @param port where s3fs finds the server on 127.0.0.1: usually a {@link CountingProxy}
   * @param options mount options, each as it would stand after {@code -o}
   */
  public static S3fsMount mount(S3Server server, int port, List<String> options)
      throws IOException, InterruptedException {
    return mount(server.bucket(), server.identity() + ":" + server.credential(), port, options);
  }

  /**
   * Mounts a bucket of any server.
   *
   * @param credentials the keys, with a colon between them
   */
  public static S3fsMount mount(String bucket, String credentials, int port, List<String> options)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("mtb-s3fs-").toRealPath();
    Path passwords =
        Files.createFile(
            folder.resolve("passwd"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(passwords, credentials + "\n", UTF_8);
    List<String> all = new ArrayList<>();
    all.add("url=http://127.0.0.1:" + port);
    all.add("use_path_request_style");
    all.add("passwd_file=" + passwords);
    all.addAll(options);
    S3fsMount mount = new S3fsMount(bucket, all, folder);
    Files.createDirectory(mount.mountPoint);
    Runtime.getRuntime().addShutdownHook(mount.hook);
    try {
      mount.start();
    } catch (IOException | InterruptedException | RuntimeException e) {
      mount.close();
      throw e;
    }
    return mount;
  }

  /** The folder that shows the bucket. */
  public Path mountPoint() {
    return mountPoint;
  }

  /** The id of the s3fs process. */
  public long pid() {
    return process.pid();
  }

  /** The output of s3fs since its first start, for messages of assertions. */
  public String log() throws IOException {
    return Files.exists(log) ? Files.readString(log, UTF_8) : "";
  }

  /** Unmounts and mounts again, which leaves the caches of s3fs and of the kernel cold. */
  public void remount() throws IOException, InterruptedException {
    unmount();
    start();
  }

  /**
   * Unmounts and mounts again, from now on with the default timeouts of s3fs: on a busy machine an
   * answer may take longer than the short timeouts of a test.
   */
  public void remountWithDefaultTimeouts() throws IOException, InterruptedException {
    options.removeIf(o -> o.matches("(retries|connect_timeout|readwrite_timeout)=.*"));
    remount();
  }

  /** Unmounts; tries again for a while if the mount is busy, and in the end unmounts lazily. */
  public void unmount() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + BUSY_LIMIT.toNanos();
    while (isMounted() && !fusermount("-u")) {
      if (System.nanoTime() - deadline > 0) {
        unmountLazily();
        return;
      }
      Thread.sleep(50);
    }
    awaitExit();
  }

  /** Takes the mount out of the tree at once; s3fs ends when the last open file is closed. */
  public void unmountLazily() throws IOException, InterruptedException {
    if (isMounted() && !fusermount("-uz") && isMounted()) {
      throw new IOException("cannot unmount " + mountPoint);
    }
  }

  /** Kills s3fs with SIGKILL: the mount stays and answers "Transport endpoint is not connected". */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Whether the kernel has anything mounted at the mount point, alive or not. */
  public boolean isMounted() throws IOException {
    String field = " " + mountPoint + " ";
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"), ISO_8859_1)) {
      return lines.anyMatch(line -> line.contains(field) && line.contains(" fuse.s3fs "));
    }
  }

  /** Unmounts, ends s3fs and removes the temporary folder. */
  @Override
  public void close() throws IOException {
    try {
      end();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while unmounting " + mountPoint);
    }
  }

  private void end() throws IOException, InterruptedException {
    try {
      unmount();
    } finally {
      if (process != null) {
        kill();
      }
    }
    removeFolder();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Shutting down already: the hook finds nothing left to do.
    }
  }

  private void start() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "s3fs", bucket, mountPoint.toString(), "-f", "-o", String.join(",", options));
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    process = builder.start();
    long deadline = System.nanoTime() + MOUNT_LIMIT.toNanos();
    while (!isMounted()) {
      if (!process.isAlive()) {
        throw new IOException("s3fs ended with " + process.exitValue() + ": " + log());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("not mounted after " + MOUNT_LIMIT + ": " + log());
      }
      Thread.sleep(10);
    }
    // The mount is there before s3fs has looked at the bucket; this waits until it has.
    Files.getLastModifiedTime(mountPoint);
  }

  private void awaitExit() throws IOException, InterruptedException {
    if (process != null && !process.waitFor(EXIT_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      kill();
      throw new IOException("s3fs did not end after its unmount: " + log());
    }
  }

  private boolean fusermount(String option) throws IOException, InterruptedException {
    return new ProcessBuilder("fusermount", option, mountPoint.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  private void removeFolder() throws IOException {
    Files.deleteIfExists(folder.resolve("passwd"));
    Files.deleteIfExists(log);
    // The mount point is deleted by name and never recursively, since a recursive deletion would
    // empty a bucket that is still mounted.
    Files.deleteIfExists(mountPoint);
    Files.deleteIfExists(folder);
  }

  private void abandon() {
    try {
      unmountLazily();
      if (process != null) {
        kill();
      }
      removeFolder();
    } catch (IOException e) {
      System.err.println("left behind: " + folder + " (" + e + ")");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
