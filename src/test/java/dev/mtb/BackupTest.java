package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.place.RememberedBase;
import dev.mtb.testing.RandomTree;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library on local folders and other file systems. */
class BackupTest {
  private static final Instant OLD = Instant.ofEpochSecond(1_500_000_000, 123_456_789);

  @TempDir Path temp;
  private Path source;
  private Path destination;

  @BeforeEach
  void folders() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().threads(4).stateDirectory(temp.resolve("state"));
  }

  private BackupJob.Builder job() {
    return BackupJob.builder().base(source).destination(destination).options(options().build());
  }

  /** The walk of the base and entries outside of the base need the same directories. */
  @Test
  void directoriesThatEntriesOfTwoPlacesNeed_areMadeOnce_andHoldAll() throws Exception {
    Path outside = temp.resolve("outside");
    Path inBase = source.resolve(temp.getRoot().relativize(outside).toString());
    BackupJob.Builder job = job().source(temp.getRoot().relativize(outside).subpath(0, 1));
    for (int i = 0; i < 150; i++) {
      RandomTree.write(inBase.resolve("d" + i + "/f"), "found");
      RandomTree.write(inBase.resolve("d" + i + "/s/f"), "found");
      for (String name : List.of("g", "t/g")) {
        job.source(RandomTree.write(outside.resolve("d" + i + "/" + name), "listed"));
      }
    }
    BackupReport report = Mtb.backup(job.options(options().threads(8).checkers(8).build()).build());
    assertThat(report.failures()).isEmpty();
    Path copy = destination.resolve(temp.getRoot().relativize(outside).toString());
    for (int i = 0; i < 150; i++) {
      for (String name : List.of("f", "s/f", "g", "t/g")) {
        assertThat(copy.resolve("d" + i + "/" + name)).exists();
      }
    }
    int directories = 450 + temp.getRoot().relativize(outside).getNameCount();
    assertThat(report.totals().directoriesCreated()).isEqualTo(directories);
  }

  private BackupReport run(BackupOptions.Builder options) {
    return Mtb.backup(job().source(Path.of(".")).options(options.build()).build());
  }

  private BackupReport run() {
    return run(options());
  }

  /** The reason for each change. */
  private List<String> reasons(BackupOptions.Builder options) {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Mtb.backup(
        job().source(Path.of(".")).options(options.build()).build(),
        new BackupListener() {
          @Override
          public void decided(Path path, Metadata metadata, Action action, Reason reason) {
            if (action != Action.NONE) {
              lines.add(path + ": " + reason);
            }
          }
        });
    Collections.sort(lines);
    return lines;
  }

  @Test
  void randomTree_isBackedUp_andThenUnchanged() throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(30)
            .emptyDirectories(5)
            .files(300)
            .sizes(0, 600_000)
            .links(40)
            .awkwardNames()
            .rawNames()
            .setgid()
            .build(source.resolve("tree"));
    BackupReport first = run();
    assertThat(first.failures()).as("%s", tree).isEmpty();
    assertThat(first.totals().copied()).isEqualTo(first.totals().scanned()).isPositive();
    assertThat(verify().outcome()).as("%s", tree).isEqualTo(Outcome.OK);
    BackupReport second = run();
    assertThat(second.totals().copied()).as("%s", tree).isZero();
    assertThat(second.totals().unchanged()).isEqualTo(first.totals().copied());
    assertThat(second.totals().directoriesCreated()).isZero();
  }

  private BackupReport verify() {
    return Mtb.verify(job().source(Path.of(".")).build(), BackupListener.NONE);
  }

  @Test
  void everyDifference_hasItsReason() throws Exception {
    for (String name : List.of("size", "mtime", "mode", "type", "same")) {
      RandomTree.write(source.resolve(name), bytes("content"), OLD);
    }
    Files.createSymbolicLink(source.resolve("link"), Path.of("short"));
    run();
    RandomTree.write(source.resolve("size"), bytes("longer content"), OLD);
    RandomTree.write(source.resolve("mtime"), bytes("CONTENT"), OLD.plusSeconds(10));
    Files.setAttribute(source.resolve("mode"), "unix:mode", 0600);
    Files.delete(source.resolve("type"));
    Files.createDirectory(source.resolve("type"));
    RandomTree.write(source.resolve("new"), bytes("x"), OLD);
    Files.delete(source.resolve("link"));
    Files.createSymbolicLink(source.resolve("link"), Path.of("longer target"));
    List<String> expected =
        List.of(
            "link: size differs",
            "mode: mode differs",
            "mtime: mtime differs",
            "new: new",
            "size: size differs",
            "type: type differs");
    assertThat(reasons(options().dryRun(true))).containsAll(expected);
    assertThat(destination.resolve("new")).doesNotExist();
    assertThat(reasons(options())).containsAll(expected);
    assertThat(reasons(options())).isEmpty();
    assertThat(destination.resolve("mtime")).hasContent("CONTENT");
    assertThat(Files.readSymbolicLink(destination.resolve("link")))
        .isEqualTo(Path.of("longer target"));
    assertThat(destination.resolve("type")).isEmptyDirectory();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void checksumMode_findsWhatSizeAndMtimeHide() throws Exception {
    Path file = RandomTree.write(source.resolve("file"), bytes("one"), OLD);
    run();
    RandomTree.write(file, bytes("two"), OLD);
    assertThat(run().totals().copied()).isZero();
    for (DigestAlgorithm digest : DigestAlgorithm.values()) {
      assertThat(
              reasons(
                  options()
                      .dryRun(true)
                      .compare(CompareMode.CHECKSUM)
                      .comparison(c -> c.withDigest(digest))))
          .containsExactly("file: content differs");
    }
    assertThat(run(options().compare(CompareMode.CHECKSUM)).totals().copied()).isEqualTo(1);
    assertThat(destination.resolve("file")).hasContent("two");
  }

  @Test
  void onlyMetadataDiffers_contentIsNotWrittenAgain() throws Exception {
    Path file = RandomTree.write(source.resolve("file"), bytes("content"), OLD);
    run();
    Object inode = Files.getAttribute(destination.resolve("file"), "unix:ino");
    Files.setLastModifiedTime(file, FileTime.from(OLD.plusSeconds(5)));
    Files.setAttribute(file, "unix:mode", 0640);
    for (CompareMode mode : List.of(CompareMode.SIZE, CompareMode.CHECKSUM)) {
      Files.setLastModifiedTime(
          file, FileTime.from(Files.getLastModifiedTime(file).toInstant().plusSeconds(7)));
      BackupReport report = run(options().compare(mode));
      assertThat(report.totals().copied()).isEqualTo(1);
      assertThat(report.totals().bytesCopied()).isZero();
      assertThat(Files.getAttribute(destination.resolve("file"), "unix:ino")).isEqualTo(inode);
      assertThat(Files.getLastModifiedTime(destination.resolve("file")))
          .isEqualTo(Files.getLastModifiedTime(file));
      assertThat(Files.getAttribute(destination.resolve("file"), "unix:mode"))
          .isEqualTo(Files.getAttribute(file, "unix:mode"));
    }
    assertThat(run(options().compare(CompareMode.ALWAYS)).totals().bytesCopied()).isEqualTo(7);
  }

  @Test
  void verify_namesEveryDifference() throws Exception {
    for (String name : List.of("content", "gone", "mode", "good")) {
      RandomTree.write(source.resolve(name), bytes("original"), OLD);
    }
    RandomTree.write(source.resolve("sub/deep"), bytes("deep"), OLD);
    run();
    Path content = destination.resolve("content");
    RandomTree.write(content, bytes("0riginal"), OLD);
    Files.delete(destination.resolve("gone"));
    Files.setAttribute(destination.resolve("mode"), "unix:mode", 0777);
    Files.delete(destination.resolve("sub/deep"));
    Files.delete(destination.resolve("sub"));
    BackupReport report = verify();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures())
        .allMatch(f -> f.stage() == Failure.Stage.VERIFY)
        .extracting(f -> f.path() + ": " + f.error())
        .contains(
            "content: content differs",
            "gone: missing",
            "mode: mode differs",
            "sub: missing",
            "sub/deep: missing");
    assertThat(content).hasContent("0riginal");
  }

  @Test
  void missingEntry_isReported_andTheRestIsBackedUp() throws Exception {
    RandomTree.write(source.resolve("there"), bytes("x"), OLD);
    BackupReport report =
        Mtb.backup(job().source(Path.of("there")).source(Path.of("not there")).build());
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures())
        .singleElement()
        .extracting(Failure::path)
        .hasToString("not there");
    assertThat(destination.resolve("there")).hasContent("x");
  }

  @Test
  void overlappingEntries_areBackedUpOnce() throws Exception {
    RandomTree.write(source.resolve("a/b/file"), bytes("x"), OLD);
    BackupReport report =
        Mtb.backup(
            job()
                .source(Path.of("a/b/file"))
                .source(Path.of("a"))
                .source(Path.of("a/b"))
                .source(source.resolve("a"))
                .build());
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().scanned()).isEqualTo(1);
  }

  @Test
  void directoriesOfListedFiles_getTheirMetadata() throws Exception {
    RandomTree.write(source.resolve("a/b/file"), bytes("x"), OLD);
    Files.setAttribute(source.resolve("a"), "unix:mode", 0750);
    Files.setLastModifiedTime(source.resolve("a/b"), FileTime.from(OLD));
    Files.setLastModifiedTime(source.resolve("a"), FileTime.from(OLD.plusSeconds(1)));
    Mtb.backup(job().source(Path.of("a/b/file")).build());
    assertThat(Files.getLastModifiedTime(destination.resolve("a/b")).toInstant()).isEqualTo(OLD);
    assertThat(Files.getLastModifiedTime(destination.resolve("a")).toInstant())
        .isEqualTo(OLD.plusSeconds(1));
    assertThat(Metadata.of(destination.resolve("a")).mode()).isEqualTo(0750);
  }

  @Test
  void jimfsToJimfs_andFromLocalToZip() throws Exception {
    try (FileSystem jimfs =
        Jimfs.newFileSystem(
            Configuration.unix().toBuilder()
                .setAttributeViews("basic", "owner", "posix", "unix")
                .build())) {
      Path from = jimfs.getPath("/from");
      RandomTree.write(
          Files.createDirectories(from.resolve("sub")).resolve("grün"), bytes("x"), OLD);
      Files.createSymbolicLink(from.resolve("link"), jimfs.getPath("sub"));
      BackupJob job =
          BackupJob.builder()
              .base(from)
              .source(jimfs.getPath("."))
              .destination(jimfs.getPath("/to"))
              .options(options().build())
              .build();
      assertThat(Mtb.backup(job).failures()).isEmpty();
      assertThat(Files.readString(jimfs.getPath("/to/sub/grün"))).isEqualTo("x");
      assertThat(Files.readSymbolicLink(jimfs.getPath("/to/link"))).hasToString("sub");
      assertThat(Mtb.backup(job).totals().copied()).isZero();
    }
    RandomTree.write(source.resolve("sub/file"), bytes("zipped"), OLD);
    URI zip = URI.create("jar:" + temp.resolve("backup.zip").toUri());
    for (int run = 0; run < 2; run++) {
      try (FileSystem zipFs = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
        BackupReport report =
            Mtb.backup(
                BackupJob.builder()
                    .base(source)
                    .source(Path.of("sub"))
                    .destination(zipFs.getPath("/"))
                    .options(options().build())
                    .build());
        assertThat(report.failures()).isEmpty();
        assertThat(report.totals().copied()).isEqualTo(run == 0 ? 1 : 0);
        assertThat(Files.readString(zipFs.getPath("/sub/file"))).isEqualTo("zipped");
      }
    }
  }

  @Test
  void whatMakesNoSense_isRefusedBeforeAnythingHappens() throws Exception {
    RandomTree.write(source.resolve("file"), bytes("x"), OLD);
    Path list = Files.writeString(temp.resolve("empty"), "# nothing\n\n");
    assertThatThrownBy(() -> Mtb.backup(job().filesFrom(list).build()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("names no file");
    assertThatThrownBy(() -> Mtb.backup(job().filesFrom(temp.resolve("no list")).build()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("there is no list");
    assertThatThrownBy(
            () ->
                Mtb.backup(
                    job().source(Path.of(".")).destination(source.resolve("inside")).build()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("lies inside the source");
    Path within = RandomTree.write(destination.resolve("x/y"), bytes("x"), OLD);
    assertThatThrownBy(() -> Mtb.backup(job().source(within).build()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("lies inside the destination");
    assertThatThrownBy(() -> BackupOptions.builder().threads(0))
        .isInstanceOf(InvalidJobException.class);
    assertThat(source.resolve("inside")).doesNotExist();
  }

  @Test
  void unusableDestination_isReported() throws Exception {
    RandomTree.write(source.resolve("file"), bytes("x"), OLD);
    Path file = RandomTree.write(temp.resolve("file"), bytes("x"), OLD);
    for (Path bad : List.of(file, file.resolve("below"), temp.resolve("no/such/place"))) {
      BackupReport report = Mtb.backup(job().source(Path.of("file")).destination(bad).build());
      assertThat(report.exitCode()).as("%s", bad).isEqualTo(10);
      assertThat(report.fatal()).isPresent();
    }
    assertThat(file).hasContent("x");
    assertThat(temp.resolve("no")).doesNotExist();
  }

  @Test
  void plantedLink_neverLeadsOutOfTheDestination() throws Exception {
    RandomTree.write(source.resolve("dir/file"), bytes("mine"), OLD);
    RandomTree.write(source.resolve("plain"), bytes("mine"), OLD);
    Path victim = RandomTree.write(temp.resolve("victim/file"), bytes("precious"), OLD);
    Files.createDirectory(destination);
    Files.createSymbolicLink(destination.resolve("dir"), victim.getParent());
    Files.createSymbolicLink(destination.resolve("plain"), victim);
    assertThat(run().failures()).isEmpty();
    assertThat(victim).hasContent("precious");
    assertThat(destination.resolve("dir/file")).hasContent("mine");
    assertThat(destination.resolve("plain")).hasContent("mine").isRegularFile();
    assertThat(Files.isSymbolicLink(destination.resolve("plain"))).isFalse();
  }

  @Test
  void interrupt_stopsCleanly() throws Exception {
    Path large = source.resolve("large");
    try (var channel =
        Files.newByteChannel(large, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.position(50L << 30).write(ByteBuffer.wrap(bytes("end")));
    }
    Thread runner = Thread.currentThread();
    CompletableFuture<Void> interrupter = new CompletableFuture<>();
    BackupReport report =
        Mtb.backup(
            job().source(Path.of(".")).build(),
            new BackupListener() {
              @Override
              public void bytesWritten(long count) {
                if (interrupter.complete(null)) {
                  runner.interrupt();
                }
              }
            });
    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.exitCode()).isEqualTo(130);
    // A full copy would take a minute or more.
    assertThat(report.elapsed()).isLessThan(Duration.ofSeconds(30));
    assertThat(destination).isEmptyDirectory();
  }

  @Test
  void throwingListener_harmsNothing() throws Exception {
    RandomTree.write(source.resolve("file"), bytes("x"), OLD);
    BackupReport report =
        Mtb.backup(
            job().source(Path.of(".")).build(),
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata metadata) {
                throw new IllegalStateException("the listener is broken");
              }
            });
    assertThat(report.outcome()).isEqualTo(Outcome.OK);
    assertThat(destination.resolve("file")).hasContent("x");
  }

  @Test
  void severalJobsAtOnce_doNotDisturbEachOther() throws Exception {
    for (int i = 0; i < 100; i++) {
      RandomTree.write(source.resolve("d" + i % 5 + "/f" + i), RandomTree.bytes(i, 50 * i), OLD);
    }
    List<CompletableFuture<BackupReport>> runs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Path own = temp.resolve("backup" + i);
      runs.add(
          CompletableFuture.supplyAsync(
              () -> Mtb.backup(job().source(Path.of(".")).destination(own).build())));
    }
    for (CompletableFuture<BackupReport> run : runs) {
      assertThat(run.join().totals().copied()).isEqualTo(100);
    }
  }

  @Test
  void fileThatFuseHides_isNeitherBackedUp_norRestored() throws Exception {
    String hidden = ".fuse_hidden0000001700000002";
    Files.writeString(source.resolve(hidden), "deleted, but still open");
    Files.writeString(source.resolve("file"), "content");
    BackupReport report = run();
    assertThat(report.exitCode()).isZero();
    assertThat(report.totals().skipped()).isEqualTo(1);
    assertThat(destination.resolve(hidden)).doesNotExist();
    assertThat(verify().exitCode()).isZero();
  }

  @Test
  void mtimeThatThePlaceCannotKeep_isCopiedOnce() throws Exception {
    Path late = Files.writeString(source.resolve("late"), "from the year 2300");
    Path early = Files.writeString(source.resolve("early"), "from before 1970");
    // NIO cannot set times after 2262; this call has milliseconds.
    assertThat(late.toFile().setLastModified(Instant.parse("2300-01-01T00:00:00Z").toEpochMilli()))
        .isTrue();
    Files.setLastModifiedTime(early, FileTime.from(Instant.parse("1950-01-01T00:00:00Z")));
    assertThat(run().totals().copied()).isEqualTo(2);
    assertThat(run().totals().unchanged()).isEqualTo(2);
    assertThat(verify().exitCode()).isZero();
  }

  private List<String> warnings(Path base, String entry, boolean dryRun) {
    List<String> found = new ArrayList<>();
    BackupOptions options = options().dryRun(dryRun).build();
    BackupJob job =
        BackupJob.builder()
            .base(base)
            .source(base.resolve(entry))
            .destination(destination)
            .options(options)
            .build();
    RememberedBase.of(job, List.of(destination, destination))
        .orElseThrow()
        .warning(job.base(), path -> path.startsWith(base.resolve(entry)))
        .ifPresent(found::add);
    assertThat(Mtb.backup(job).failures()).isEmpty();
    return found;
  }

  /** Nothing lands elsewhere if nothing has landed. */
  @Test
  void baseThatDoesNotExist_isNamed_andNotRemembered() throws Exception {
    Path listed = Files.writeString(source.resolve("a"), "a");
    Path wrong = temp.resolve("wrong");
    BackupJob job =
        BackupJob.builder()
            .base(wrong)
            .source(listed)
            .destination(destination)
            .options(options().build())
            .build();
    BackupReport failed = Mtb.backup(job);
    assertThat(failed.exitCode()).isEqualTo(23);
    assertThat(failed.failures().get(0).error()).contains("the base " + wrong);
    Path remembered =
        RememberedBase.of(job, List.of(destination, destination)).orElseThrow().file();
    assertThat(remembered).doesNotExist();
  }

  /** The same files would be copied a second time under other names. */
  @Test
  void anotherBase_isWarnedOf_ifFilesLandElsewhere() throws Exception {
    Files.createDirectories(source.resolve("documents"));
    Files.writeString(source.resolve("documents/a"), "a");
    Files.createDirectories(source.resolve("photos"));
    assertThat(warnings(source, "documents", false)).isEmpty();
    assertThat(warnings(source, "documents", false)).isEmpty();
    // Files that the last run did not have.
    assertThat(warnings(temp, "source/photos", true)).isEmpty();
    // A dry run reports the warning, and does not count as the last run.
    for (boolean dryRun : List.of(true, false)) {
      assertThat(warnings(temp, "source/documents", dryRun))
          .singleElement()
          .asString()
          .contains("was backed up as documents")
          .contains("as source/documents")
          .contains("run with the base " + source);
    }
    assertThat(warnings(temp, "source", false)).isEmpty();
  }
}
