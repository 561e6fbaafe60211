package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.store.ContentTag;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.CountingProxy.Fault;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3MockServer;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3Server;
import dev.mtb.testing.TestBucket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** One large file, and its backup in a bucket behind a proxy. */
final class LargeFileFixture implements AutoCloseable {
  static final int PART = (int) ContentTag.PART_SIZE;

  /** The most bytes that requests and answers of an upload have besides the content. */
  static final long DOCUMENTS = 20_000;

  final CountingProxy proxy;
  final S3Probe probe;
  final Path source;
  final Path file;
  final String key;
  final String bucket;
  private final Path temp;

  /** The servers that such files are backed up to. */
  static final class Servers implements AutoCloseable {
    private final S3Server proxy;
    private final S3MockServer mock;
    private final Optional<TestBucket> own;

    private Servers(S3Server proxy, S3MockServer mock, Optional<TestBucket> own) {
      this.proxy = proxy;
      this.mock = mock;
      this.own = own;
    }

    static Servers start() throws Exception {
      return new Servers(
          S3Server.start("bucket"), S3MockServer.start("bucket"), TestBucket.ofOwnServer());
    }

    /**
     * Opens a place on one of the servers.
     *
     * @param name {@code S3Proxy}, {@code S3Mock}, or {@code own}: then the test is skipped if no
     *     such server is given
     */
    LargeFileFixture open(String name, Path temp) throws IOException {
      return new LargeFileFixture(bucket(name), temp);
    }

    private TestBucket bucket(String name) {
      if (name.equals("S3Mock")) {
        return TestBucket.at(mock.port(), "bucket", "any", "any");
      }
      if (name.equals("S3Proxy")) {
        return TestBucket.at(proxy.port(), proxy.bucket(), proxy.identity(), proxy.credential());
      }
      assumeThat(own.isPresent()).as("-Dmtb.s3.endpoint names a server").isTrue();
      return own.orElseThrow();
    }

    @Override
    public void close() throws IOException {
      mock.close();
      proxy.close();
      if (own.isPresent()) {
        try (S3Probe probe = own.get().probe()) {
          probe.deleteBucket();
        }
      }
    }
  }

  private LargeFileFixture(TestBucket bucket, Path temp) throws IOException {
    this.bucket = bucket.name();
    this.temp = temp;
    proxy = bucket.proxy();
    probe = bucket.probe();
    source = Files.createDirectories(temp.resolve("source"));
    file = source.resolve("large");
    key = temp.getFileName() + "/large";
    bucket.writeKeys(temp.resolve("passwd"));
  }

  /** Writes the file with an mtime that no earlier version has. */
  byte[] write(byte[] content) throws IOException {
    RandomTree.write(file, content, Instant.now());
    return content;
  }

  /** Changes a range of the file. */
  byte[] overwrite(int start, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), start);
    }
    return Files.readAllBytes(file);
  }

  BackupJob job(UnaryOperator<BackupOptions.Builder> change) {
    BackupOptions.Builder options =
        BackupOptions.builder()
            .threads(4)
            .stateDirectory(temp.resolve("state"))
            .connection(
                c -> c.withEndpoint(proxy.endpoint()).withPasswdFile(temp.resolve("passwd")));
    return BackupJob.builder()
        .base(source)
        .source(Path.of("."))
        .destination(new S3Location(bucket, temp.getFileName().toString()))
        .options(change.apply(options).build())
        .build();
  }

  BackupReport backUp() {
    return Mtb.backup(job(options -> options));
  }

  /** Backs up, and counts the requests. */
  Counts counting(UnaryOperator<BackupOptions.Builder> change) {
    proxy.reset();
    BackupReport report = Mtb.backup(job(change));
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).as("%s", report).isEqualTo(1);
    return proxy.snapshot();
  }

  Counts counting() {
    return counting(options -> options);
  }

  /** Checks that the bucket holds this content, as if it had been uploaded as a whole. */
  void assertIs(byte[] content, String description) throws IOException {
    proxy.setFault(Fault.NONE);
    assertThat(probe.md5(key)).as(description).isEqualTo(hex(md5(content)));
    if (content.length >= 25 << 20) {
      // S3Proxy shows the MD5 of the whole.
      assertThat(probe.tag(key)).as(description).isIn(tag(content), hex(md5(content)));
    }
    assertThat(Mtb.verify(job(options -> options), BackupListener.NONE).failures())
        .as(description)
        .isEmpty();
    assertThat(probe.unfinishedUploads()).as(description).doesNotContain(key);
  }

  static String tag(byte[] content) {
    List<byte[]> md5s = new ArrayList<>();
    for (int start = 0; start < content.length; start += PART) {
      md5s.add(md5(Arrays.copyOfRange(content, start, Math.min(content.length, start + PART))));
    }
    return ContentTag.ofParts(md5s).md5() + "-" + md5s.size();
  }

  private static String hex(byte[] md5) {
    return ContentTag.of(md5).md5();
  }

  private static byte[] md5(byte[] bytes) {
    try {
      return MessageDigest.getInstance("MD5").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** The server keeps its objects in memory. */
  @Override
  public void close() {
    probe.keys(key).forEach(probe::delete);
    probe.close();
    proxy.close();
  }
}
