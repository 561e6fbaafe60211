package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mtb.model.Metadata;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Places that refuse owners, permissions or times. They are simulated by root without the
 * capability, as on an NFS share that does not trust root.
 */
class RefusedAttributesIT {
  private static final Instant OLD = Instant.parse("2024-01-01T00:00:00.123456789Z");

  @TempDir Path temp;
  private Path source;
  private Path backup;

  @BeforeEach
  void makeSource() throws IOException {
    assumeTrue(isRoot(), "only root keeps owners");
    source = Files.createDirectory(temp.resolve("source"));
    backup = Files.createDirectory(temp.resolve("backup"));
    RandomTree.write(
        source.resolve("file"), "content".getBytes(java.nio.charset.StandardCharsets.UTF_8), OLD);
    Files.createDirectory(source.resolve("d"));
    RandomTree.write(
        source.resolve("d/mine"), "mine".getBytes(java.nio.charset.StandardCharsets.UTF_8), OLD);
    Files.createSymbolicLink(source.resolve("link"), Path.of("file"));
    for (String name : List.of("file", "link")) {
      own(source.resolve(name), 1234, 2345);
    }
    Files.setAttribute(source.resolve("file"), "unix:mode", 04750);
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  private static void own(Path path, int uid, int gid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
  }

  private static List<String> without(String... capabilities) {
    String all = "-" + String.join(",-", capabilities);
    return List.of("setpriv", "--bounding-set", all, "--inh-caps", all);
  }

  private MtbProcess run(List<String> launcher, Path destination, String... options)
      throws Exception {
    String[] args = new String[options.length + 5];
    args[0] = "backup";
    System.arraycopy(options, 0, args, 1, options.length);
    args[options.length + 1] = "-b";
    args[options.length + 2] = source.toString();
    args[options.length + 3] = ".";
    args[options.length + 4] = destination.toString();
    return MtbProcess.runBy(launcher, temp, args);
  }

  @Test
  void ownerRefused_everythingElseIsBackedUp() throws Exception {
    MtbProcess run = run(without("chown"), backup);

    assertThat(run.exitCode()).isEqualTo(23);
    assertThat(run.err())
        .contains("file: its owner and its group cannot be set: Operation not permitted")
        .contains("link: its owner and its group cannot be set")
        .contains("--no-owner --no-group")
        .doesNotContain("mine");
    assertThat(backup.resolve("file")).hasContent("content");
    assertThat(Files.readSymbolicLink(backup.resolve("link"))).hasToString("file");
    Metadata copy = Metadata.of(backup.resolve("file"));
    assertThat(copy.mtime()).isEqualTo(OLD);
    assertThat(copy.mode()).as("without set-user-ID").isEqualTo(0750);
    assertThat(copy.uid()).isZero();
  }

  @Thorough
  @Test
  void secondRun_triesTheAttributesOnly_andIsCleanWithoutThem() throws Exception {
    assertThat(run(without("chown"), backup).exitCode()).isEqualTo(23);
    long inode = Metadata.of(backup.resolve("file")).inode();

    MtbProcess again = run(without("chown"), backup);

    assertThat(again.exitCode()).isEqualTo(23);
    assertThat(again.err()).contains("file: its owner").contains("0 files copied");
    assertThat(Metadata.of(backup.resolve("file")).inode()).isEqualTo(inode);

    MtbProcess free = run(without("chown"), backup, "--no-owner", "--no-group");
    assertThat(free.exitCode()).isZero();
    assertThat(free.err()).contains("0 files copied", "0 failed");

    MtbProcess able = run(List.of(), backup);
    assertThat(able.exitCode()).isZero();
    Metadata copy = Metadata.of(backup.resolve("file"));
    assertThat(List.of(copy.uid(), copy.gid(), copy.mode())).isEqualTo(List.of(1234, 2345, 04750));
    assertThat(copy.inode()).isEqualTo(inode);
  }

  @Test
  void readBack_andManifest_takeTheContentForRight() throws Exception {
    Path manifest = temp.resolve("sums");

    MtbProcess run =
        run(without("chown"), backup, "--verify-after", "--manifest", manifest.toString());

    assertThat(run.exitCode()).isEqualTo(23);
    assertThat(run.err()).contains("its owner").doesNotContain("the copy in the backup is wrong");
    assertThat(Metadata.of(backup.resolve("file")).mtime()).isEqualTo(OLD);
    assertThat(Files.readString(manifest)).contains(" file").contains(" d/mine");
  }

  @Thorough
  @Test
  void oldVersions_areKeptWhereOwnersAreRefused() throws Exception {
    assertThat(run(List.of(), backup).exitCode()).isZero();
    RandomTree.write(
        source.resolve("file"),
        "changed content".getBytes(java.nio.charset.StandardCharsets.UTF_8),
        OLD);

    MtbProcess run = run(without("chown"), backup, "--backup-dir", "../old");

    assertThat(run.exitCode()).isEqualTo(23);
    assertThat(backup.resolve("file")).hasContent("changed content");
    assertThat(temp.resolve("old/file")).hasContent("content");
  }

  @Thorough
  @Test
  void restore_givesTheContentBack() throws Exception {
    assertThat(run(List.of(), backup).exitCode()).isZero();
    Path target = Files.createDirectory(temp.resolve("target"));

    MtbProcess refused =
        MtbProcess.runBy(
            without("chown"), temp, "restore", backup.toString(), "--target", target.toString());

    assertThat(refused.exitCode()).isEqualTo(23);
    assertThat(refused.err()).contains("its owner and its group cannot be set");
    assertThat(target.resolve("file")).hasContent("content");

    MtbProcess free =
        MtbProcess.runBy(
            without("chown"),
            temp,
            "restore",
            "--no-owner",
            "--no-group",
            backup.toString(),
            "--target",
            target.toString());
    assertThat(free.exitCode()).isZero();
  }

  /** The destination belongs to another user, and all users may write to it. */
  @Test
  void permissionsAndTimesOfADirectory_refused_doNotKeepFilesOut() throws Exception {
    own(backup, 1234, 1234);
    Files.setAttribute(backup, "unix:mode", 0777);

    MtbProcess run = run(without("chown", "fowner"), backup, "--no-owner", "--no-group");

    assertThat(run.exitCode()).isEqualTo(23);
    assertThat(run.err())
        .contains("its permissions and its time of modification cannot be set")
        .contains("--no-perms --no-times");
    assertThat(backup.resolve("file")).hasContent("content");

    String[] none = {"--no-owner", "--no-group", "--no-perms", "--no-times", "--compare=checksum"};
    MtbProcess free = run(without("chown", "fowner"), backup, none);
    assertThat(free.exitCode()).isZero();
    assertThat(free.err()).contains("0 files copied");
  }

  @Test
  void withoutPermissions_newFilesGetWhatTheDestinationGives() throws Exception {
    assertThat(run(List.of(), backup, "--no-perms").exitCode()).isZero();

    assertThat(Metadata.of(backup.resolve("file")).mode()).isEqualTo(0644);
    assertThat(Metadata.of(backup.resolve("file")).uid()).isEqualTo(1234);
  }

  @Test
  void withoutOwner_setUserIdBitsAreNotKept() throws Exception {
    assertThat(run(List.of(), backup, "--no-owner").exitCode()).isZero();

    Metadata copy = Metadata.of(backup.resolve("file"));
    assertThat(List.of(copy.uid(), copy.gid(), copy.mode())).isEqualTo(List.of(0, 2345, 0750));
  }

  @Thorough
  @Test
  void withoutTimes_nothingIsSet_andSizeAndTimeCopyAgain() throws Exception {
    Instant before = Instant.now().minusSeconds(5);
    assertThat(run(List.of(), backup, "--no-times").exitCode()).isZero();
    assertThat(Metadata.of(backup.resolve("file")).mtime()).isAfter(before);

    assertThat(run(List.of(), backup, "--no-times").err()).contains("3 files copied");
    assertThat(run(List.of(), backup, "--no-times", "--compare=checksum").err())
        .contains("0 files copied");
  }

  /**
   * Each system call that sets an owner fails. S3FS fails like this if its server forbids copies.
   */
  @Thorough
  @Test
  @RequiresS3fs
  void ownerRefused_onS3fs_everythingElseIsBackedUp() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "needs strace");
    List<String> refusing =
        List.of(
            "strace",
            "-f",
            "-o",
            temp.resolve("calls").toString(),
            "-e",
            "trace=chown,lchown,fchown,fchownat",
            "-e",
            "inject=chown,lchown,fchown,fchownat:error=EPERM");
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      Path mounted = s3fs.root().resolve("backup");

      MtbProcess run = run(refusing, mounted, "--via=mount");

      assertThat(run.exitCode()).isEqualTo(23);
      assertThat(run.err()).contains("file: its owner and its group cannot be set");
      assertThat(mounted.resolve("file")).hasContent("content");
      assertThat(Metadata.of(mounted.resolve("file")).mtime())
          .isEqualTo(Instant.parse("2024-01-01T00:00:00.123Z"));
      assertThat(mounted.resolve("d/mine")).hasContent("mine");

      // A larger content, which is written under a temporary name.
      RandomTree.write(
          source.resolve("file"),
          "x".repeat(300_000).getBytes(java.nio.charset.StandardCharsets.UTF_8),
          OLD);
      assertThat(run(refusing, mounted, "--via=mount").exitCode()).isEqualTo(23);
      assertThat(mounted.resolve("file")).hasContent("x".repeat(300_000));

      MtbProcess free = run(refusing, mounted, "--via=mount", "--no-owner", "--no-group");
      assertThat(free.exitCode()).isZero();
      assertThat(free.err()).contains("0 failed");
    }
  }

  @Thorough
  @Test
  @RequiresS3fs
  void withoutOwner_onTheBucket_objectsAreTheRunningUsers() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      Path mounted = s3fs.root().resolve("backup");
      assertThat(run(List.of(), mounted, "--no-owner", "--no-group").exitCode()).isZero();

      Metadata copy = Metadata.of(mounted.resolve("file"));
      assertThat(List.of(copy.uid(), copy.gid(), copy.mode())).isEqualTo(List.of(0, 0, 0750));
      MtbProcess again = run(List.of(), mounted, "--no-owner", "--no-group");
      assertThat(again.err()).contains("0 files copied");

      assertThat(run(List.of(), mounted).exitCode()).isZero();
      assertThat(
              run(List.of(), mounted, "--no-owner", "--no-group", "--no-perms", "--no-times")
                  .exitCode())
          .isZero();
    }
  }
}
