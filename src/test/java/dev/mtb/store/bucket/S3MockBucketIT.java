package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.mtb.Mtb;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.OldVersions;
import dev.mtb.options.S3Location;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.S3MockServer;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Thorough;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A bucket on Adobe's S3Mock, which shares no code with S3Proxy. */
@Thorough
class S3MockBucketIT extends BucketContract {
  private static S3MockServer server;
  private static S3Probe probe;

  @BeforeAll
  static void start() throws Exception {
    server = S3MockServer.start("contract");
    probe = new S3Probe(server.port(), "contract", "any", "any");
  }

  @AfterAll
  static void stop() {
    probe.close();
    server.close();
  }

  @Override
  protected S3Probe probe() {
    return probe;
  }

  @Override
  protected int port() {
    return server.port();
  }

  @Override
  protected String bucket() {
    return "contract";
  }

  @Override
  protected String credentials() {
    return "any:any";
  }

  @Test
  void deleting_aThousandIsOneRequest() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    RandomTree.smallFiles(source, 4, 60, 10);
    RandomTree.write(source.resolve("kept"), "kept");
    try (CountingProxy proxy = CountingProxy.start(port())) {
      Path keys = Secrets.write(temp.resolve("keys"), credentials());
      URI endpoint = URI.create("http://127.0.0.1:" + proxy.port());
      BackupOptions.Builder options =
          BackupOptions.builder()
              .connection(c -> c.withEndpoint(endpoint).withPasswdFile(keys))
              .stateDirectory(temp.resolve("state"));
      BackupJob.Builder job =
          BackupJob.builder()
              .base(source)
              .source(Path.of("."))
              .destination(new S3Location(bucket(), "deleting"));
      assertThat(Mtb.backup(job.options(options.build()).build()).failures()).isEmpty();
      for (int d = 0; d < 4; d++) {
        MoreFiles.deleteRecursively(source.resolve("d" + d), RecursiveDeleteOption.ALLOW_INSECURE);
      }
      proxy.reset();

      BackupReport report = Mtb.backup(job.options(options.deletion(Deletion.ALL).build()).build());

      assertThat(report.failures()).isEmpty();
      assertThat(report.totals().deleted()).isEqualTo(240);
      assertThat(probe.keys("deleting/")).containsExactly("deleting/", "deleting/kept");
      // One for each directory's files, one for the directories, and lists.
      assertThat(proxy.snapshot().total()).as("%s", proxy.snapshot()).isLessThan(15);
    }
  }

  /**
   * Small files and large ones, new ones and those whose mode has changed, links and directories.
   */
  @Test
  void styleOfObjects_isKept_alsoWhenTheirMetadataChange() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    Path small = RandomTree.write(source.resolve("d/small"), "content");
    Files.write(source.resolve("large"), RandomTree.bytes(1, 11 << 20));
    Files.createSymbolicLink(source.resolve("link"), Path.of("large"));
    Path passwd = Secrets.write(temp.resolve("keys"), credentials());
    ObjectStyle style =
        new ObjectStyle(
            Optional.of("STANDARD_IA"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of("team", "a-b", "run", "1"),
            Optional.empty(),
            false);
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(new S3Location(bucket(), "style"))
            .options(
                BackupOptions.builder()
                    .connection(
                        c ->
                            c.withEndpoint(URI.create("http://127.0.0.1:" + port()))
                                .withPasswdFile(passwd))
                    .objectStyle(s -> style)
                    .oldVersions(new OldVersions(Optional.of(Path.of("../old")), ""))
                    .stateDirectory(temp.resolve("state"))
                    .build())
            .build();
    assertThat(Mtb.backup(job).failures()).isEmpty();
    Files.setPosixFilePermissions(small, PosixFilePermissions.fromString("r--r-----"));
    assertThat(Mtb.backup(job).totals().copied()).isEqualTo(1);
    Files.writeString(source.resolve("link2"), "new");
    Files.writeString(small.resolveSibling("changed"), "1");
    assertThat(Mtb.backup(job).failures()).isEmpty();
    Files.writeString(small.resolveSibling("changed"), "other");
    assertThat(Mtb.backup(job).failures()).isEmpty();

    assertThat(probe.metadata("style/d/small")).containsEntry("mode", "33056");
    assertThat(probe.content("old/d/changed")).hasValue(new byte[] {'1'});
    for (String key :
        List.of("style/d/", "style/d/small", "style/large", "style/link", "old/d/changed")) {
      assertThat(probe.storageClass(key)).as(key).hasValue("STANDARD_IA");
      assertThat(probe.tags(key)).as(key).isEqualTo(style.tags());
    }
  }

  @Test
  void objectUnderAKeyOfKms_isVerifiedByItsContent() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    Path file = RandomTree.write(source.resolve("f"), "content");
    Path keys = Secrets.write(temp.resolve("keys"), credentials());
    ObjectStyle style =
        new ObjectStyle(
            Optional.empty(),
            Optional.empty(),
            Optional.of("aws:kms"),
            Optional.of(S3MockServer.KMS_KEY),
            Map.of(),
            Optional.empty(),
            false);
    try (CountingProxy proxy = CountingProxy.start(port())) {
      BackupJob job =
          BackupJob.builder()
              .base(source)
              .source(Path.of("."))
              .destination(new S3Location(bucket(), "kms"))
              .options(
                  BackupOptions.builder()
                      .connection(c -> c.withEndpoint(proxy.endpoint()).withPasswdFile(keys))
                      .objectStyle(s -> style)
                      .stateDirectory(temp.resolve("state"))
                      .build())
              .build();
      assertThat(Mtb.backup(job).failures()).isEmpty();
      assertThat(probe.tag("kms/f")).isNotEqualTo(DigestUtils.md5Hex("content"));
      assertThat(Mtb.backup(job).totals().copied()).isZero();
      proxy.reset();

      assertThat(Mtb.verify(job, BackupListener.NONE).failures()).isEmpty();

      assertThat(proxy.snapshot().of(CountingProxy.Kind.GET)).isEqualTo(1);
      // The same size and time.
      FileTime time = Files.getLastModifiedTime(file);
      Files.writeString(file, "CONTENT");
      Files.setLastModifiedTime(file, time);
      assertThat(Mtb.verify(job, BackupListener.NONE).failures())
          .extracting(Failure::path)
          .containsExactly(Path.of("f"));
    }
  }

  /** S3Proxy refuses to delete the object of a directory that is not empty. */
  @Test
  void directoryMarkerThatAnotherClientDeleted_isRestored() throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    RandomTree.write(source.resolve("d/f"), "content");
    Path passwd = Secrets.write(temp.resolve("keys"), credentials());
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(new S3Location(bucket(), "marker"))
            .options(
                BackupOptions.builder()
                    .connection(
                        c ->
                            c.withEndpoint(URI.create("http://127.0.0.1:" + port()))
                                .withPasswdFile(passwd))
                    .stateDirectory(temp.resolve("state"))
                    .build())
            .build();
    assertThat(Mtb.backup(job).failures()).isEmpty();
    assertThat(Mtb.backup(job).totals().copied()).isZero();
    probe.delete("marker/d/");
    assertThat(probe.keys("marker/d/")).containsExactly("marker/d/f");

    assertThat(Mtb.backup(job).failures()).isEmpty();

    assertThat(probe.metadata("marker/d/")).containsKey("mtime");
    assertThat(Mtb.verify(job, BackupListener.NONE).failures()).isEmpty();
  }

  /** S3 itself accepts a file and a directory of one name. */
  @Test
  void directoryThatBecomesAFile_leavesNothingOfItself_andIsKeptWhereThatIsWanted()
      throws Exception {
    Path source = Files.createDirectory(temp.resolve("source"));
    RandomTree.write(source.resolve("other"), "other");
    List<OldVersions> all =
        List.of(
            OldVersions.NONE,
            new OldVersions(Optional.of(Path.of("../old")), ""),
            new OldVersions(Optional.empty(), "~"));
    for (OldVersions old : all) {
      Path place = source.resolve("place");
      RandomTree.write(place.resolve("deep/f"), "old");
      assertThat(backUp(source, "becomes", Deletion.NONE, OldVersions.NONE).failures()).isEmpty();
      MoreFiles.deleteRecursively(place, RecursiveDeleteOption.ALLOW_INSECURE);
      RandomTree.write(place, "new");

      assertThat(backUp(source, "becomes", Deletion.NONE, OldVersions.NONE).exitCode())
          .isEqualTo(23);
      assertThat(probe.keys("becomes/place"))
          .containsExactly("becomes/place/", "becomes/place/deep/", "becomes/place/deep/f");
      Deletion deletion = old.areKept() ? Deletion.NONE : Deletion.ALL;
      assertThat(backUp(source, "becomes", deletion, old).failures()).isEmpty();

      assertThat(probe.keys("becomes/place").stream().filter(key -> !key.contains("~")))
          .containsExactly("becomes/place");
      Files.delete(place);
      assertThat(backUp(source, "becomes", Deletion.ALL, OldVersions.NONE).failures()).isEmpty();
    }
    assertThat(probe.keys("old/place"))
        .containsExactly("old/place/", "old/place/deep/", "old/place/deep/f");
  }

  private BackupReport backUp(Path source, String prefix, Deletion deletion, OldVersions old)
      throws Exception {
    Path keys = Secrets.write(temp.resolve("keys"), credentials());
    URI endpoint = URI.create("http://127.0.0.1:" + port());
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(new S3Location(bucket(), prefix))
            .options(
                BackupOptions.builder()
                    .connection(c -> c.withEndpoint(endpoint).withPasswdFile(keys))
                    .stateDirectory(temp.resolve("state"))
                    .deletion(deletion)
                    .oldVersions(old)
                    .build())
            .build());
  }
}
