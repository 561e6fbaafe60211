package dev.mtb;

import static com.google.common.util.concurrent.Uninterruptibles.awaitUninterruptibly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.RestoreJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.options.Filters;
import dev.mtb.options.KeptAttributes;
import dev.mtb.place.Destinations;
import dev.mtb.store.Store;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Rsync;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores from a backup in a folder to a folder. */
class RestoreTest {
  private static final Instant OLD = Instant.ofEpochSecond(1_500_000_000, 123_000_000);

  @TempDir Path temp;
  private Path backup;
  private Path target;

  /** The paths that were left alone, and why. */
  private final Map<String, String> skipped = new ConcurrentHashMap<>();

  @BeforeEach
  void folders() throws Exception {
    backup = Files.createDirectory(temp.resolve("backup"));
    target = temp.resolve("target");
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().threads(4).stateDirectory(temp.resolve("state"));
  }

  private RestoreJob.Builder job() {
    return RestoreJob.builder().from(backup).to(target).options(options().build());
  }

  private BackupReport run(RestoreJob.Builder job) {
    skipped.clear();
    return Mtb.restore(
        job.build(),
        new BackupListener() {
          @Override
          public void kept(Path path, String why) {
            skipped.put(path.toString(), why);
          }
        });
  }

  private BackupReport run(String... paths) {
    RestoreJob.Builder job = job();
    for (String path : paths) {
      job.path(Path.of(path));
    }
    return run(job);
  }

  private static Path file(Path file, String content, Instant mtime) throws Exception {
    RandomTree.write(file, content);
    return Files.setLastModifiedTime(file, FileTime.from(mtime));
  }

  @Test
  void everything_isRestoredWithAllMetadata_andASecondRunFindsNothing() throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(10)
            .emptyDirectories(3)
            .files(80)
            .links(12)
            .awkwardNames()
            .rawNames()
            .setgid()
            .build(temp.resolve("source"));
    assertThat(
            Mtb.backup(
                    BackupJob.builder()
                        .base(tree.root())
                        .source(Path.of("."))
                        .destination(backup)
                        .options(options().build())
                        .build())
                .failures())
        .as("%s", tree)
        .isEmpty();
    BackupReport report = run();
    assertThat(report.failures()).as("%s", tree).isEmpty();
    assertThat(report.exitCode()).isZero();
    assertThat(report.totals().copied()).as("%s", tree).isEqualTo(92);
    assertThat(Rsync.differences(tree.root(), target, "--delete")).as("%s", tree).isEmpty();
    BackupReport again = run();
    assertThat(again.totals().copied()).as("%s", tree).isZero();
    assertThat(again.totals().unchanged()).as("%s", tree).isEqualTo(92);
  }

  @Test
  void backupInTheTarget_isNeverOverwritten_norWhatHoldsIt() throws Exception {
    // The backup has a file where the target now has the directory that holds the backup.
    target = Files.createDirectory(temp.resolve("target"));
    backup = Files.createDirectories(target.resolve("srv/backup"));
    file(backup.resolve("srv"), "once a file", OLD);
    file(backup.resolve("other"), "other", OLD);
    BackupReport report = run(job().overwrite(true));

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).error()).contains("the backup itself");
    assertThat(target.resolve("other")).hasContent("other");
    assertThat(backup.resolve("srv")).hasContent("once a file");
    assertThat(backup.resolve("other")).hasContent("other");

    // No file is restored into the backup.
    Files.delete(backup.resolve("srv"));
    file(backup.resolve("srv/backup/new"), "into itself", OLD);
    BackupReport into = run("srv/backup/new");
    assertThat(into.exitCode()).isEqualTo(23);
    assertThat(into.failures().get(0).error()).contains("the backup itself");
    assertThat(backup.resolve("new")).doesNotExist();
  }

  @Test
  void newerFile_isLeftAloneAndReported_unlessItIsToBeOverwritten() throws Exception {
    file(backup.resolve("newer"), "backup", OLD);
    file(backup.resolve("older"), "backup", OLD);
    file(target.resolve("newer"), "local work", OLD.plusSeconds(60));
    file(target.resolve("older"), "local", OLD.minusSeconds(60));
    BackupReport report = run();
    assertThat(report.exitCode()).isZero();
    assertThat(report.totals().skipped()).isEqualTo(1);
    assertThat(report.totals().copied()).isEqualTo(1);
    assertThat(skipped).containsOnlyKeys("newer");
    assertThat(skipped.get("newer")).contains("newer").contains("RestoreJob.overwrite");
    assertThat(target.resolve("newer")).hasContent("local work");
    assertThat(target.resolve("older")).hasContent("backup");
    assertThat(run(job().overwrite(true)).totals().copied()).isEqualTo(1);
    assertThat(skipped).isEmpty();
    assertThat(target.resolve("newer")).hasContent("backup");
    assertThat(Files.getLastModifiedTime(target.resolve("newer")).toInstant()).isEqualTo(OLD);
  }

  @Test
  void fileThatIsNewerByLessThanTheWindow_isLeftAlone() throws Exception {
    file(backup.resolve("f"), "backup", OLD);
    file(target.resolve("f"), "changed at once", OLD.plusMillis(300));
    assertThat(run().totals().skipped()).isEqualTo(1);
    assertThat(target.resolve("f")).hasContent("changed at once");
  }

  @Test
  void newerFile_inAnyModeOfComparison_isLeftAlone() throws Exception {
    for (CompareMode mode : CompareMode.values()) {
      file(backup.resolve("f"), "backup", OLD);
      file(target.resolve("f"), "locals", OLD.plusSeconds(60));
      BackupReport report = run(job().options(options().compare(mode).build()));
      assertThat(report.totals().skipped()).as("%s", mode).isEqualTo(1);
      assertThat(target.resolve("f")).as("%s", mode).hasContent("locals");
      assertThat(Files.getLastModifiedTime(target.resolve("f")).toInstant())
          .as("%s", mode)
          .isEqualTo(OLD.plusSeconds(60));
    }
  }

  @Test
  void spoiltFile_whoseTimeHasMoreDigitsThanS3fsKeeps_isRepaired() throws Exception {
    file(backup.resolve("f"), "right", OLD);
    file(target.resolve("f"), "wrong", OLD.plusNanos(456_789));
    BackupOptions options = options().compare(CompareMode.CHECKSUM).build();
    assertThat(run(job().options(options)).totals().copied()).isEqualTo(1);
    assertThat(target.resolve("f")).hasContent("right");
  }

  @Test
  void directoryInTheWayOfAFile_isLeftAlone_andOverwrittenOnlyIfItIsEmpty() throws Exception {
    file(backup.resolve("f"), "backup", OLD);
    file(target.resolve("f/work"), "local", OLD.minusSeconds(60));
    Files.setLastModifiedTime(target.resolve("f"), FileTime.from(OLD.minusSeconds(60)));
    assertThat(run().totals().skipped()).isEqualTo(1);
    assertThat(target.resolve("f/work")).hasContent("local");
    assertThat(skipped.get("f")).contains("a directory is there");
    BackupReport report = run(job().overwrite(true));
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("directory that is not empty");
    assertThat(target.resolve("f/work")).hasContent("local");
    Files.delete(target.resolve("f/work"));
    assertThat(run(job().overwrite(true)).failures()).isEmpty();
    assertThat(target.resolve("f")).hasContent("backup");
  }

  @Test
  void newerFileInTheWayOfADirectory_isAFailure_unlessItIsToBeOverwritten() throws Exception {
    file(backup.resolve("d/f"), "backup", OLD);
    Files.setLastModifiedTime(backup.resolve("d"), FileTime.from(OLD));
    file(target.resolve("d"), "local", OLD.plusSeconds(60));
    BackupReport report = run();
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("newer").contains("RestoreJob.overwrite");
    assertThat(target.resolve("d")).hasContent("local");
    assertThat(run(job().overwrite(true)).failures()).isEmpty();
    assertThat(target.resolve("d/f")).hasContent("backup");
  }

  @Test
  void onlyMetadata_isSetRight_alsoWhereTheLocalTimeIsTheSame() throws Exception {
    file(backup.resolve("f"), "same", OLD);
    file(target.resolve("f"), "same", OLD);
    Files.setPosixFilePermissions(
        backup.resolve("f"), PosixFilePermissions.fromString("rwx------"));
    assertThat(run().totals().copied()).isEqualTo(1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve("f"))))
        .isEqualTo("rwx------");
  }

  @Test
  void paths_areRestoredWhereTheyWere_andNothingElse() throws Exception {
    file(backup.resolve("docs/a/one"), "1", OLD);
    file(backup.resolve("docs/a/two"), "2", OLD);
    file(backup.resolve("docs/b/three"), "3", OLD);
    file(backup.resolve("etc/hosts"), "hosts", OLD);
    BackupReport report = run("docs/a/one", "docs/b/", "/etc/hosts", backup + "/docs/a/two");
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().copied()).isEqualTo(4);
    assertThat(target.resolve("docs/a/one")).hasContent("1");
    assertThat(target.resolve("docs/a/two")).hasContent("2");
    assertThat(target.resolve("docs/b/three")).hasContent("3");
    assertThat(target.resolve("etc/hosts")).hasContent("hosts");
    assertThat(run(job().to(temp.resolve("other")).path(Path.of("docs/./b/../a/one"))).failures())
        .isEmpty();
    try (var names = Files.walk(temp.resolve("other"))) {
      assertThat(names.filter(Files::isRegularFile))
          .containsExactly(temp.resolve("other/docs/a/one"));
    }
  }

  @Test
  void directoriesOnTheWay_areMadeAsTheyWere_butNotTouchedWhereTheyAre() throws Exception {
    file(backup.resolve("etc/deep/hosts"), "hosts", OLD);
    for (String name : List.of("etc", "etc/deep")) {
      Files.setPosixFilePermissions(
          backup.resolve(name), PosixFilePermissions.fromString("rwx------"));
      Files.setLastModifiedTime(backup.resolve(name), FileTime.from(OLD));
    }
    Files.createDirectories(target.resolve("etc"));
    Files.setPosixFilePermissions(
        target.resolve("etc"), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(run("etc/deep/hosts").failures()).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve("etc"))))
        .isEqualTo("rwxr-xr-x");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(target.resolve("etc/deep"))))
        .isEqualTo("rwx------");
    assertThat(Files.getLastModifiedTime(target.resolve("etc/deep")).toInstant()).isEqualTo(OLD);
  }

  @Test
  void targetThatWasThere_keepsItsMode() throws Exception {
    file(backup.resolve("f"), "1", OLD);
    Files.setPosixFilePermissions(backup, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.createDirectory(target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
    assertThat(run().failures()).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
        .isEqualTo("rwx------");
  }

  @Test
  void newTarget_getsItsModeBeforeAnythingIsMadeInIt() throws Exception {
    // New directories inherit a set-group-ID bit.
    Files.setAttribute(backup, "unix:mode", 02755);
    for (String name : List.of("a", "b", "c")) {
      Files.createDirectory(backup.resolve(name));
      Files.setAttribute(backup.resolve(name), "unix:mode", 0755);
    }
    CountDownLatch making = new CountDownLatch(1);
    AtomicBoolean isSet = new AtomicBoolean();
    AtomicBoolean isLate = new AtomicBoolean();
    try (Store destination =
        new FaultyStore(
            Destinations.open(target, options().build(), /* readOnly= */ false),
            (operation, path) -> {
              if (operation == Operation.MKDIR) {
                making.countDown();
              } else if (operation == Operation.METADATA
                  && path.toString().isEmpty()
                  && isSet.compareAndSet(false, true)) {
                // Another thread that did not wait for this would make a directory meanwhile.
                isLate.set(awaitUninterruptibly(making, Duration.ofMillis(500)));
              }
            })) {
      assertThat(run(job().to(destination)).failures()).isEmpty();
    }
    assertThat(isSet).isTrue();
    assertThat(isLate).isFalse();
    for (String name : List.of("", "a", "b", "c")) {
      int mode = (Integer) Files.getAttribute(target.resolve(name), "unix:mode") & 07777;
      assertThat(mode).as(name).isEqualTo(name.isEmpty() ? 02755 : 0755);
    }
  }

  @Test
  void modeOfANewTarget_thatCannotBeSet_isOneFailure() throws Exception {
    file(backup.resolve("f"), "1", OLD);
    Files.setAttribute(backup, "unix:mode", 02750);
    try (Store destination =
        new FaultyStore(
            Destinations.open(target, options().build(), /* readOnly= */ false),
            (operation, path) -> {
              if (operation == Operation.METADATA && path.toString().isEmpty()) {
                throw new FileSystemException("injected");
              }
            })) {
      BackupOptions once =
          options()
              .waiting(w -> w.withRetries(0))
              .attributes(KeptAttributes.ALL.withoutTimes())
              .build();
      BackupReport report = run(job().options(once).to(destination));
      assertThat(report.failures()).hasSize(1);
      assertThat(report.failures().get(0).error()).contains("own metadata").contains("injected");
    }
    assertThat(target.resolve("f")).hasContent("1");
  }

  @Test
  void missingPath_isReported_andTheRestIsRestored() throws Exception {
    file(backup.resolve("there"), "1", OLD);
    BackupReport report = run("there", "not/there", "gone");
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(2);
    assertThat(report.failures()).allMatch(f -> f.error().contains("not in the backup"));
    assertThat(target.resolve("there")).hasContent("1");
    assertThat(target.resolve("not")).doesNotExist();
  }

  @Test
  void pathThatLeadsOut_isRefused() {
    for (String path : List.of("..", "../x", "a/../../x")) {
      assertThatThrownBy(() -> run(path))
          .as(path)
          .isInstanceOf(InvalidJobException.class)
          .hasMessageContaining("leads out of the backup");
    }
  }

  @Test
  void pathThroughALinkOfTheBackup_isNotFollowed() throws Exception {
    file(temp.resolve("outside/secret"), "secret", OLD);
    Files.createSymbolicLink(backup.resolve("link"), temp.resolve("outside"));
    BackupReport report = run("link/secret");
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(target.resolve("link")).doesNotExist();
    assertThat(run("link").failures()).isEmpty();
    assertThat(Files.readSymbolicLink(target.resolve("link"))).isEqualTo(temp.resolve("outside"));
  }

  @Test
  void linkPlantedInTheTarget_isNotFollowed() throws Exception {
    Path outside = Files.createDirectory(temp.resolve("outside"));
    file(outside.resolve("f"), "theirs", OLD.minusSeconds(100));
    file(backup.resolve("d/f"), "backup", OLD);
    file(backup.resolve("g"), "backup", OLD);
    Files.createDirectory(target);
    Files.createSymbolicLink(target.resolve("d"), outside);
    Files.createSymbolicLink(target.resolve("g"), outside.resolve("f"));
    assertThat(run(job().overwrite(true)).failures()).isEmpty();
    assertThat(outside.resolve("f")).hasContent("theirs");
    assertThat(outside).isDirectoryContaining(p -> p.endsWith("f"));
    assertThat(target.resolve("d/f")).hasContent("backup");
    assertThat(Files.isSymbolicLink(target.resolve("g"))).isFalse();
    // The same if only a file below it is restored.
    Files.delete(target.resolve("d/f"));
    Files.delete(target.resolve("d"));
    Files.createSymbolicLink(target.resolve("d"), outside);
    BackupReport report = run("d/f");
    assertThat(outside.resolve("f")).hasContent("theirs");
    assertThat(report.exitCode()).as("%s", report).isEqualTo(23);
  }

  @Test
  void dryRun_saysWhatWouldBeDone_andChangesNothing() throws Exception {
    file(backup.resolve("d/new"), "1", OLD);
    file(backup.resolve("newer"), "backup", OLD);
    BackupOptions dry = options().dryRun(true).build();
    assertThat(run(job().options(dry)).totals().copied()).isEqualTo(2);
    assertThat(target).doesNotExist();
    file(target.resolve("newer"), "local", OLD.plusSeconds(60));
    BackupReport report = run(job().options(dry));
    assertThat(report.dryRun()).isTrue();
    assertThat(report.totals().copied()).isEqualTo(1);
    assertThat(report.totals().skipped()).isEqualTo(1);
    assertThat(target.resolve("d")).doesNotExist();
  }

  @Test
  void filters_seeThePathInTheBackup() throws Exception {
    file(backup.resolve("a/keep.txt"), "1", OLD);
    file(backup.resolve("a/drop.o"), "1", OLD);
    file(backup.resolve("cache/x"), "1", OLD);
    Filters filters = Filters.builder().exclude("*.o").exclude("/cache/").build();
    assertThat(run(job().options(options().filters(filters).build())).totals().copied())
        .isEqualTo(1);
    assertThat(target.resolve("a/keep.txt")).exists();
    assertThat(target.resolve("cache")).doesNotExist();
  }

  @Test
  void staleFiles_areNotRestored() throws Exception {
    file(backup.resolve("f"), "1", OLD);
    file(backup.resolve(".mtb-tmp.01234567-1-1.1"), "half", OLD);
    file(backup.resolve(".fuse_hidden0000001700000002"), "deleted", OLD);
    BackupReport report = run();
    assertThat(report.totals().skipped()).isEqualTo(2);
    assertThat(report.totals().copied()).isEqualTo(1);
    assertThat(target).isDirectoryNotContaining(p -> p.getFileName().toString().startsWith("."));
  }

  @Test
  void backupInsideTheTarget_isRestored_andNeverOverItself() throws Exception {
    file(temp.resolve("backup/home/f"), "1", OLD);
    // The backup has a copy of the folder that it lies in.
    file(temp.resolve("backup/backup/f"), "over itself", OLD);
    BackupReport report = run(job().to(temp));
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).error()).contains("the backup itself");
    assertThat(temp.resolve("home/f")).hasContent("1");
    assertThat(backup.resolve("f")).doesNotExist();
  }

  @Test
  void targetInsideTheBackup_isRefused() {
    assertThatThrownBy(() -> run(job().to(backup.resolve("x"))))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("lies inside the backup");
    assertThat(backup.resolve("x")).doesNotExist();
  }

  @Test
  void noBackup_isFatal() throws Exception {
    BackupReport report = run(job().from(temp.resolve("nothing")));
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("no backup").contains("nothing");
    assertThat(target).doesNotExist();
    assertThat(run(job().from(file(temp.resolve("file"), "1", OLD))).exitCode()).isEqualTo(10);
    BackupOptions mounted = options().connection(c -> c.withRequireMount(true)).build();
    assertThat(run(job().options(mounted)).fatal().orElseThrow())
        .contains("Connection.requireMount");
  }

  @Test
  void backupThatIsNotMounted_isRefused() throws Exception {
    Path state = Files.createDirectories(temp.resolve("state"));
    file(backup.resolve("f"), "1", OLD);
    Files.writeString(state.resolve("s3fs-mounts"), PathBytes.toUri(backup) + "\n");
    BackupReport report = run();
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("not mounted");
  }

  @Test
  void fileThatIsChangedWhileItIsRestored_isLeftAsItIs() throws Exception {
    RandomTree.write(backup.resolve("f"), RandomTree.bytes(1, 3_000_000), OLD);
    file(target.resolve("f"), "old", OLD.minusSeconds(60));
    AtomicInteger chunks = new AtomicInteger();
    BackupReport report =
        Mtb.restore(
            job().build(),
            new BackupListener() {
              @Override
              public void bytesWritten(long count) {
                if (chunks.incrementAndGet() == 2) {
                  try {
                    RandomTree.write(target.resolve("f"), "just saved");
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                }
              }
            });
    assertThat(target.resolve("f")).hasContent("just saved");
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("changed it since the restore began");
  }

  @Test
  void interrupted_thenAgain_isComplete() throws Exception {
    RandomTree.smallFiles(backup, 20, 50, 100);
    Thread main = Thread.currentThread();
    AtomicInteger seen = new AtomicInteger();
    BackupReport report =
        Mtb.restore(
            job().build(),
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata source) {
                if (seen.incrementAndGet() == 100) {
                  main.interrupt();
                }
              }
            });
    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(report.exitCode()).isEqualTo(130);
    long first = report.totals().copied();
    assertThat(first).isBetween(100L, 999L);
    BackupReport second = run();
    assertThat(second.failures()).isEmpty();
    assertThat(second.totals().copied()).isEqualTo(1000 - first);
    assertThat(Rsync.differences(backup, target, "--delete")).isEmpty();
  }

  @Test
  void backupThatVanishesMeanwhile_endsTheRun() throws Exception {
    RandomTree.smallFiles(backup, 5, 50, 100);
    AtomicInteger seen = new AtomicInteger();
    BackupReport report =
        Mtb.restore(
            job().options(options().threads(1).checkers(1).build()).build(),
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata source) {
                if (seen.incrementAndGet() == 20) {
                  try {
                    Files.move(backup, temp.resolve("elsewhere"));
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                }
              }
            });
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("is gone");
  }

  @Test
  void otherFileSystems_areRestoredFromAndTo() throws Exception {
    try (FileSystem memory = Jimfs.newFileSystem(Configuration.unix())) {
      Path there = memory.getPath("/backup");
      Files.createDirectories(there.resolve("d"));
      Files.writeString(there.resolve("d/\u00fcml\u00e4ut"), "1");
      assertThat(run(job().from(there).path(Path.of("d"))).failures()).isEmpty();
      assertThat(target.resolve("d/\u00fcml\u00e4ut")).hasContent("1");
      Path back = memory.getPath("/back");
      assertThat(run(job().from(target).to(back)).failures()).isEmpty();
      assertThat(Files.readString(back.resolve("d/\u00fcml\u00e4ut"))).isEqualTo("1");
    }
  }

  @Test
  void linkTargets_areMadeOfTheVeryBytes() throws Exception {
    for (String text :
        List.of("dir/", "a//b", "a//b//c/", "/", "/etc/", "/a//b", "./x", "../..", "\u00fc/")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      Optional<Path> made = PathBytes.exactly(bytes);
      assertThat(made).as(text).isPresent();
      Path link = temp.resolve("link");
      Files.createSymbolicLink(link, made.get());
      Process readlink = new ProcessBuilder("readlink", "-n", link.toString()).start();
      assertThat(readlink.getInputStream().readAllBytes()).as(text).isEqualTo(bytes);
      Files.delete(link);
    }
    for (String text : List.of("", "a///b", "a//", "//a", "nul\0")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(PathBytes.exactly(bytes)).as(text).isEmpty();
    }
    assertThat(Files.exists(temp.resolve("link"), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }
}
