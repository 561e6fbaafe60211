package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.collect.ImmutableSet;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.Action;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.Filters;
import dev.mtb.options.Limits;
import dev.mtb.options.OldVersions;
import dev.mtb.options.Shard;
import dev.mtb.options.UpdateRules;
import dev.mtb.place.SourceMounts;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deletion of what the source has no more, and old versions, in real folders. */
class MirrorTest {
  /** CI makes 40. */
  private static final int RANDOM_TREES = Integer.getInteger("mtb.mirror.runs", 16);

  private static final FileTime TIME = FileTime.from(Instant.parse("2024-01-01T00:00:00Z"));

  @TempDir Path temp;
  private Path source;
  private Path backup;

  @BeforeEach
  void prepare() throws IOException {
    source = Files.createDirectory(temp.resolve("source"));
    backup = temp.resolve("backup");
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().threads(8).stateDirectory(temp.resolve("state"));
  }

  private BackupJob.Builder job(BackupOptions.Builder options) {
    return BackupJob.builder().base(source).destination(backup).options(options.build());
  }

  private BackupReport mirror(BackupOptions.Builder options, String... entries) {
    BackupJob.Builder job = job(options.deletion(Deletion.ALL));
    for (String entry : entries) {
      job.source(Path.of(entry));
    }
    return Mtb.backup(job.build());
  }

  private BackupReport run(BackupOptions.Builder options) {
    return Mtb.backup(job(options).source(Path.of(".")).build());
  }

  private static Deletion atMost(String limit) {
    return new Deletion(true, Optional.of(Deletion.Limit.parse(limit)), false);
  }

  private static Path write(Path file, String content) throws IOException {
    return RandomTree.write(file, content.getBytes(UTF_8), Instant.parse("2024-01-01T00:00:00Z"));
  }

  // What is deleted

  @Test
  void randomTreesAndRules_endAsRsyncLeavesThem() throws Exception {
    long first = Seed.of("mirrors");
    for (int i = 0; i < RANDOM_TREES; i++) {
      SplittableRandom random = new SplittableRandom(first + i);
      Path world = Files.createDirectory(temp.resolve("world" + i));
      Path from = Files.createDirectory(world.resolve("from"));
      Path byRsync = Files.createDirectory(world.resolve("rsync"));
      Path byMtb = Files.createDirectory(world.resolve("mtb"));
      List<String> rules = new ArrayList<>();
      for (String rule : List.of("*.keep", "d1/", "/d0/d2", "f1?")) {
        if (random.nextInt(4) == 0) {
          rules.add(rule);
        }
      }
      // Rules are used only without mixed kinds. If a file replaces a directory, MTB removes the
      // directory even if rules protect something in it.
      boolean isMixed = rules.isEmpty();
      grow(from, random.nextLong(), 100, isMixed);
      long old = random.nextLong();
      grow(byRsync, old, 200, isMixed);
      grow(byMtb, old, 200, isMixed);
      String what = "-Dmtb.seed=" + (first + i) + ", without " + rules;
      rsync(from, byRsync, rules);
      Filters.Builder filters = Filters.builder();
      rules.forEach(filters::exclude);
      BackupReport report =
          Mtb.backup(
              BackupJob.builder()
                  .base(from)
                  .source(Path.of("."))
                  .destination(byMtb)
                  .options(options().filters(filters.build()).deletion(Deletion.ALL).build())
                  .build());
      assertThat(report.failures()).as(what).isEmpty();
      assertThat(directories(Rsync.differences(from, byMtb, "--force"))).as(what).isEmpty();
      // A directory that the source does not have, and that a rule protects, has no defined mtime.
      List<String> differences = new ArrayList<>(Rsync.differences(byRsync, byMtb, "--delete"));
      differences.removeAll(directories(differences));
      assertThat(differences).as(what).isEmpty();
    }
  }

  /** The directories that differ only in their mtime. */
  private static List<String> directories(List<String> differences) {
    return differences.stream().filter(line -> line.startsWith(".d..t......")).toList();
  }

  /**
   * Makes a random tree. The names come from a small set, so that both trees have many names in
   * common, as files or directories.
   */
  private static void grow(Path root, long seed, int size, boolean isMixed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    // Only directories of this call are used, so that nothing is written into earlier ones.
    List<Path> directories = new ArrayList<>(List.of(root));
    for (int i = 0; i < size; i++) {
      Path parent = directories.get(random.nextInt(directories.size()));
      int kind = random.nextInt(10);
      Path path = parent.resolve((kind < 3 ? "d" : "f") + random.nextInt(kind < 3 ? 4 : 20));
      if (random.nextInt(8) == 0 && (isMixed || kind >= 3)) {
        path = parent.resolve("x" + random.nextInt(4) + ".keep");
      }
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      if (kind < 3) {
        directories.add(Files.createDirectory(path));
      } else if (kind == 3) {
        Files.createSymbolicLink(path, Path.of("target".repeat(1 + random.nextInt(3))));
        Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .setTimes(TIME, null, null);
      } else {
        write(path, "content " + random.nextInt(3));
      }
    }
    for (Path directory : directories) {
      Files.setLastModifiedTime(directory, TIME);
    }
  }

  private static void rsync(Path from, Path to, List<String> rules) throws Exception {
    List<String> command = new ArrayList<>(List.of("rsync", "-a", "--delete-after"));
    rules.forEach(rule -> command.add("--exclude=" + rule));
    command.addAll(List.of(from + "/", to + "/"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  @Test
  void onlyBelowListedDirectories() throws Exception {
    for (String name : List.of("a/one", "a/two", "b/one", "b/deep/one", "c")) {
      write(source.resolve(name), name);
    }
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("stranger"), "not ours");
    write(backup.resolve("b/stranger"), "not ours");
    write(backup.resolve("b/deep/stranger"), "below a listed directory");
    Files.delete(source.resolve("a/two"));
    Files.delete(source.resolve("c"));

    BackupReport report = mirror(options(), "a", "b/deep", "b/one");

    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().deleted()).isEqualTo(2);
    assertThat(backup.resolve("a/two")).doesNotExist();
    assertThat(backup.resolve("b/deep/stranger")).doesNotExist();
    assertThat(backup.resolve("a/one")).exists();
    assertThat(backup.resolve("c")).exists();
    assertThat(backup.resolve("stranger")).exists();
    assertThat(backup.resolve("b/stranger")).exists();
  }

  @Test
  void whatTwoSourcesPutIntoOneDirectory_isExtraneousToNeither() throws Exception {
    // An entry outside of the base lands below the copy of a listed directory of the base.
    Path outside = Files.createDirectories(temp.resolve("outside/theirs"));
    write(outside.resolve("a"), "theirs");
    Path above = outside.getRoot().relativize(outside.getParent());
    write(source.resolve(above).resolve("mine"), "mine");
    String top = above.getName(0).toString();
    Path target = backup.resolve(above);
    for (int i = 0; i < 2; i++) {
      Files.createDirectories(target);
      write(target.resolve("old/file"), "nobody's");

      BackupReport report = mirror(options(), top, outside.resolve("a").toString());

      assertThat(report.failures()).isEmpty();
      assertThat(report.totals().deleted()).isEqualTo(1);
      assertThat(target.resolve("theirs/a")).hasContent("theirs");
      assertThat(target.resolve("mine")).hasContent("mine");
      assertThat(target.resolve("old")).doesNotExist();
    }
    BackupReport whole = mirror(options(), top, outside.toString());
    assertThat(whole.failures()).isEmpty();
    assertThat(target.resolve("theirs/a")).hasContent("theirs");
  }

  @Test
  void readOnlyDirectories_andTimes_areAsBefore() throws Exception {
    RandomTree.seeded(5).directories(8).files(40).links(5).build(source);
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("extra/deep/file"), "extra");
    Files.createDirectories(backup.resolve("extra/empty"));

    BackupReport report = mirror(options(), ".");

    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().deleted()).isEqualTo(1);
    assertThat(Rsync.differences(source, backup, "--delete")).isEmpty();
  }

  @Test
  void shards_deleteEachInTheirOwnPart() throws Exception {
    RandomTree tree =
        RandomTree.random().directories(20).files(60).links(5).build(source.resolve("tree"));
    assertThat(run(options()).exitCode()).isZero();
    int planted = 0;
    for (Path directory : tree.directories()) {
      Path copy = backup.resolve(source.relativize(directory));
      write(copy.resolve("extra"), "extra");
      write(copy.resolve("more/deep"), "extra");
      planted += 2;
    }
    long deleted = 0;
    for (int i = 1; i <= 3; i++) {
      Shard shard = Shard.of(i, 3);
      BackupReport report = mirror(options().shard(shard), ".");
      assertThat(report.failures()).as("%s", tree).isEmpty();
      deleted += report.totals().deleted();
      for (Path directory : tree.directories()) {
        Path target = source.relativize(directory);
        if (shard.owns(target)) {
          assertThat(backup.resolve(target).resolve("more")).as("%s", tree).doesNotExist();
        }
      }
    }
    assertThat(deleted).as("each is deleted by one, %s", tree).isEqualTo(planted);
    assertThat(Rsync.differences(source, backup, "--delete")).as("%s", tree).isEmpty();
  }

  @Test
  void runThatIsCutShort_deletesNothing() throws Exception {
    write(source.resolve("a"), "a");
    assertThat(run(options()).exitCode()).isZero();
    write(source.resolve("b"), "too much");
    write(backup.resolve("gone"), "maybe the same");

    BackupReport report =
        run(
            options()
                .deletion(new Deletion(true, Optional.empty(), true))
                .limits(Limits.NONE.withMaxTransfer(1)));

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.totals().deleted()).isZero();
    assertThat(backup.resolve("gone")).exists();
  }

  @Test
  void dryRun_tellsAndDeletesNothing() throws Exception {
    write(source.resolve("a"), "a");
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("extra/file"), "extra");
    ConcurrentSkipListSet<String> told = new ConcurrentSkipListSet<>();
    BackupListener listener =
        new BackupListener() {
          @Override
          public void decided(Path path, Metadata metadata, Action action, Reason reason) {
            if (action == Action.DELETE) {
              told.add(path + " " + metadata.kind());
            }
          }

          @Override
          public void deleted(Path path, Kind kind) {
            told.add("deleted " + path);
          }
        };
    BackupJob job = job(options().dryRun(true).deletion(Deletion.ALL)).source(Path.of(".")).build();

    BackupReport report = Mtb.backup(job, listener);

    assertThat(report.totals().deleted()).isEqualTo(1);
    assertThat(told).containsExactly("extra DIRECTORY", "extra/file FILE");
    assertThat(backup.resolve("extra/file")).exists();
  }

  // When nothing is deleted

  private void assertNothingDeleted(BackupReport report, int exitCode) {
    assertThat(report.exitCode()).isEqualTo(exitCode);
    assertThat(report.totals().deleted()).isZero();
    assertThat(report.failures().stream().filter(f -> f.stage() == Failure.Stage.DELETE))
        .as("%s", report.failures())
        .hasSize(1);
  }

  @Test
  void listedEntryMissing_deletesNothing() throws Exception {
    write(source.resolve("a/one"), "1");
    write(source.resolve("b/one"), "1");
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("a/extra"), "extra");
    Files.move(source.resolve("b"), temp.resolve("elsewhere"));

    assertNothingDeleted(mirror(options(), "a", "b"), 23);
    assertThat(backup.resolve("a/extra")).exists();
    assertThat(backup.resolve("b/one")).exists();

    BackupReport forced =
        Mtb.backup(
            job(options().deletion(new Deletion(true, Optional.empty(), true)))
                .source(Path.of("a"))
                .source(Path.of("b"))
                .build());
    assertThat(forced.exitCode()).isEqualTo(23);
    assertThat(forced.totals().deleted()).isEqualTo(1);
    assertThat(backup.resolve("a/extra")).doesNotExist();
    assertThat(backup.resolve("b/one")).as("it is not below a listed directory").exists();
  }

  @Test
  void listedDirectoryEmpty_asIfNotMounted_deletesNothing() throws Exception {
    write(source.resolve("data/one"), "1");
    assertThat(run(options()).exitCode()).isZero();
    Files.delete(source.resolve("data/one"));

    assertNothingDeleted(mirror(options(), "data"), 23);
    assertThat(backup.resolve("data/one")).exists();

    BackupReport inAListedOne = mirror(options(), ".");
    assertThat(inAListedOne.failures()).isEmpty();
    assertThat(backup.resolve("data/one")).doesNotExist();
  }

  @Test
  void mountPointOfAnEarlierRun_notMountedNow_deletesNothing() throws Exception {
    write(source.resolve("mnt/one"), "1");
    assertThat(run(options()).exitCode()).isZero();
    Files.delete(source.resolve("mnt/one"));
    write(temp.resolve("state/source-mounts"), PathBytes.toUri(source.resolve("mnt")) + "\n");

    BackupReport report = mirror(options(), ".");

    assertNothingDeleted(report, 23);
    assertThat(report.failures().get(0).error()).contains("was a mount point");
    assertThat(backup.resolve("mnt/one")).exists();
  }

  /** Units of systemd and containers hide directories that way. */
  @Test
  void emptyDirectoryThatIsMountedOverAnother_deletesNothing() throws Exception {
    write(source.resolve("sub/tmp/one"), "1");
    assertThat(run(options()).exitCode()).isZero();
    Path empty = Files.createDirectory(temp.resolve("empty"));
    Path point = source.resolve("sub/tmp");
    assumeTrue(command("mount", "--bind", empty.toString(), point.toString()) == 0, "no root");
    try {
      BackupReport report = mirror(options(), ".");

      assertNothingDeleted(report, 23);
      assertThat(report.failures().get(0).error()).contains("is a mount point now");
      assertThat(backup.resolve("sub/tmp/one")).exists();
    } finally {
      assertThat(command("umount", point.toString())).isZero();
    }
    Files.delete(source.resolve("sub/tmp/one"));
    assertThat(mirror(options(), ".").failures()).isEmpty();
    assertThat(backup.resolve("sub/tmp/one")).doesNotExist();
  }

  private static int command(String... words) throws Exception {
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void mountPoints_areRememberedFromRunToRun() throws Exception {
    // /dev/shm is a separate file system below /dev.
    Path inShm = Files.createTempDirectory(Path.of("/dev/shm"), "mtb-mirror");
    try {
      Path state = temp.resolve("state");
      SourceMounts mounts = SourceMounts.in(state);
      Metadata ofShm = Metadata.following(Path.of("/dev/shm"));
      mounts.look(Path.of("/dev/shm"), ofShm);
      mounts.look(inShm, Metadata.following(inShm));
      mounts.save();
      assertThat(Files.readString(state.resolve("source-mounts"))).isEqualTo("file:///dev/shm\n");
      assertThat(SourceMounts.in(state).isMissing(Path.of("/dev/shm"))).isTrue();
      assertThat(SourceMounts.in(state).isMissing(inShm)).isFalse();
      assertThat(SourceMounts.in(state).isMountPoint(Path.of("/dev/shm"), ofShm)).isTrue();
      assertThat(SourceMounts.in(state).isMountPoint(inShm, ofShm)).isFalse();
    } finally {
      Files.delete(inShm);
    }
  }

  @Test
  void tooMany_deletesNothing_andEndsWith25() throws Exception {
    write(source.resolve("a"), "a");
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("x/1"), "1");
    write(backup.resolve("x/2"), "2");
    write(backup.resolve("3"), "3");

    // x, x/1, x/2 and 3, of five.
    for (String limit : List.of("3", "79%", "0")) {
      BackupReport report = run(options().deletion(atMost(limit)));
      assertNothingDeleted(report, 25);
      assertThat(backup.resolve("x/1")).exists();
    }
    BackupReport report = run(options().deletion(atMost("4")));
    assertThat(report.failures()).isEmpty();
    assertThat(report.totals().deleted()).isEqualTo(3);
    assertThat(Rsync.differences(source, backup, "--delete")).isEmpty();
  }

  @Test
  void percentage_ofWhatTheBackupHolds() throws Exception {
    write(source.resolve("a"), "a");
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("x/1"), "1");
    write(backup.resolve("x/2"), "2");
    write(backup.resolve("3"), "3");

    assertThat(run(options().deletion(atMost("80%"))).failures()).isEmpty();
    assertThat(backup.resolve("x")).doesNotExist();
  }

  @Test
  void limits_thatMakeNoSense_areRefused() {
    for (String text : List.of("", "-1", "x", "101%", "1.5", "%", "10 %")) {
      assertThatThrownBy(() -> Deletion.Limit.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(Deletion.Limit.parse("10%").of(99)).isEqualTo(9);
    assertThat(Deletion.Limit.parse("7").of(3)).isEqualTo(7);
  }

  // Old versions

  private static OldVersions in(String directory, String suffix) {
    return new OldVersions(
        directory.isEmpty() ? Optional.empty() : Optional.of(Path.of(directory)), suffix);
  }

  @Test
  void backupDirectory_holdsWhatWasOverwrittenAndDeleted() throws Exception {
    write(source.resolve("d/changed"), "old content");
    write(source.resolve("d/shorter"), "old, and longer than the new one");
    write(source.resolve("gone/file"), "gone");
    Files.createSymbolicLink(source.resolve("link"), Path.of("old-target"));
    write(source.resolve("becomes-directory"), "a file");
    write(source.resolve("becomes-file/inside"), "inside");
    write(source.resolve("same"), "same");
    assertThat(run(options()).exitCode()).isZero();
    write(source.resolve("d/changed"), "new content, longer");
    write(source.resolve("d/shorter"), "new");
    Files.delete(source.resolve("gone/file"));
    Files.delete(source.resolve("gone"));
    Files.delete(source.resolve("link"));
    Files.createSymbolicLink(source.resolve("link"), Path.of("another-target"));
    Files.delete(source.resolve("becomes-directory"));
    write(source.resolve("becomes-directory/file"), "in it");
    Files.delete(source.resolve("becomes-file/inside"));
    Files.delete(source.resolve("becomes-file"));
    write(source.resolve("becomes-file"), "now a file");

    for (String place : List.of("../old", "kept/old")) {
      BackupReport report = mirror(options().oldVersions(in(place, ".bak")), ".");
      assertThat(report.failures()).isEmpty();
    }

    Path old = temp.resolve("old");
    assertThat(old.resolve("d/changed.bak")).hasContent("old content");
    assertThat(old.resolve("d/shorter.bak")).hasContent("old, and longer than the new one");
    assertThat(Files.getLastModifiedTime(old.resolve("d/changed.bak")).toInstant())
        .isEqualTo(Instant.parse("2024-01-01T00:00:00Z"));
    assertThat(old.resolve("gone/file.bak")).hasContent("gone");
    assertThat(Files.readSymbolicLink(old.resolve("link.bak"))).isEqualTo(Path.of("old-target"));
    assertThat(old.resolve("becomes-directory.bak")).hasContent("a file");
    assertThat(old.resolve("becomes-file.bak/inside")).hasContent("inside");
    assertThat(old.resolve("same.bak")).doesNotExist();
    assertThat(Rsync.differences(source, backup, "--delete")).isEmpty();
  }

  @Test
  void backupDirectoryInTheDestination_isNeverDeletedFrom() throws Exception {
    write(source.resolve("a"), "first");
    assertThat(run(options()).exitCode()).isZero();
    for (String content : List.of("second!", "third!!!")) {
      write(source.resolve("a"), content);
      BackupReport report = mirror(options().oldVersions(in(".old/" + content.length(), "")), ".");
      assertThat(report.failures()).isEmpty();
      assertThat(report.totals().deleted()).isZero();
    }
    assertThat(backup.resolve(".old/7/a")).hasContent("first");
    assertThat(backup.resolve("a")).hasContent("third!!!");
    assertThat(backup.resolve(".old/8/a")).hasContent("second!");
  }

  @Test
  void suffixAlone_keepsThemBesideTheNewOnes() throws Exception {
    write(source.resolve("a"), "first");
    write(source.resolve("b"), "gone soon");
    assertThat(run(options()).exitCode()).isZero();
    write(source.resolve("a"), "second!");
    Files.delete(source.resolve("b"));
    for (int i = 0; i < 2; i++) {
      assertThat(mirror(options().oldVersions(in("", "~")), ".").failures()).isEmpty();
      assertThat(backup.resolve("a")).hasContent("second!");
      assertThat(backup.resolve("a~")).hasContent("first");
      assertThat(backup.resolve("b~")).hasContent("gone soon");
      assertThat(backup.resolve("b")).doesNotExist();
    }
  }

  @Test
  void placesThatMakeNoSense_areRefused() throws Exception {
    write(source.resolve("a"), "a");
    assertThatThrownBy(() -> in("", "a/b")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> mirror(options().oldVersions(in(".", "")), "."))
        .isInstanceOf(InvalidJobException.class);
    boolean isInShm =
        Metadata.following(temp).device() == Metadata.following(Path.of("/dev/shm")).device();
    String elsewhere = (isInShm ? "/" : "/dev/shm/") + "mtb-old";
    assertThat(mirror(options().oldVersions(in(elsewhere, "")), ".").exitCode()).isEqualTo(10);
    assertThat(Path.of(elsewhere)).doesNotExist();
  }

  @Test
  void backupDirectory_inShards_holdsWhatIsInTheWayOfADirectory() throws Exception {
    write(source.resolve("x/f"), "in it");
    write(backup.resolve("x"), "a file");
    for (int i = 1; i <= 2; i++) {
      BackupReport report = run(options().shard(Shard.of(i, 2)).oldVersions(in("../old", "")));
      assertThat(report.failures()).isEmpty();
    }
    assertThat(backup.resolve("x/f")).hasContent("in it");
    assertThat(temp.resolve("old/x")).hasContent("a file");
  }

  @Test
  void shards_makeNoDirectory_whereOnlyWhatExistsIsBackedUp() throws Exception {
    for (int i = 0; i < 20; i++) {
      write(source.resolve("d" + i + "/e/f"), "new");
    }
    Files.createDirectory(backup);
    for (int i = 1; i <= 3; i++) {
      BackupReport report =
          run(options().shard(Shard.of(i, 3)).updateRules(UpdateRules.NONE.withExisting(true)));
      assertThat(report.failures()).isEmpty();
    }
    assertThat(backup).isEmptyDirectory();
  }

  @Test
  void temporaryNotes_areRemoved_howeverTheRunEnds() throws Exception {
    write(source.resolve("a"), "a");
    assertThat(run(options()).exitCode()).isZero();
    write(backup.resolve("extra"), "extra");
    Path notes = Path.of(System.getProperty("java.io.tmpdir"));
    Set<Path> before = notes(notes);
    Thread.currentThread().interrupt();
    assertThat(mirror(options(), ".").outcome()).isEqualTo(BackupReport.Outcome.INTERRUPTED);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(run(options().dryRun(true).deletion(Deletion.ALL)).exitCode()).isZero();
    assertThat(mirror(options(), ".").exitCode()).isZero();
    Set<Path> added = new HashSet<>(notes(notes));
    added.removeAll(before);
    // Other processes may have files there, too, which are removed when their run ends. So the test
    // waits.
    long limit = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (added.stream().anyMatch(Files::exists) && System.nanoTime() < limit) {
      Thread.sleep(20);
    }
    assertThat(added).noneMatch(Files::exists);
  }

  private static Set<Path> notes(Path directory) throws IOException {
    try (var files = Files.newDirectoryStream(directory, "mtb-extraneous*")) {
      return ImmutableSet.copyOf(files);
    }
  }

  @Test
  void plantedLink_whereOldVersionsGo_isNotFollowed() throws Exception {
    write(source.resolve("d/a"), "old");
    assertThat(run(options()).exitCode()).isZero();
    Path outside = Files.createDirectory(temp.resolve("outside"));
    Path old = Files.createDirectory(temp.resolve("old"));
    Files.createSymbolicLink(old.resolve("d"), outside);
    write(source.resolve("d/a"), "new version");

    BackupReport report = mirror(options().oldVersions(in("../old", "")), ".");

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(outside).isEmptyDirectory();
    assertThat(backup.resolve("d/a")).as("it could not be kept").hasContent("old");
  }
}
