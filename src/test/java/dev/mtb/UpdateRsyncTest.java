package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Totals;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.UpdateRules;
import dev.mtb.testing.Rsync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random trees that are copied over other random trees: with the same update rules, rsync and MTB
 * must have the same result. {@code -Dmtb.seed=N} repeats one.
 */
class UpdateRsyncTest {
  /** Each of the eight sets of rules eight times. CI makes 160, to meet each kind of tree. */
  private static final int RUNS = Integer.getInteger("mtb.update.runs", 64);

  private static final Long ONLY = Long.getLong("mtb.seed");
  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e");
  private static final Instant TIME = Instant.parse("2024-05-06T07:08:09Z");

  @TempDir Path temp;

  @BeforeEach
  void needsRsync() {
    assumeTrue(Rsync.isInstalled() || "1".equals(System.getenv("MTB_REQUIRE_S3FS")));
  }

  @Test
  void randomTrees_becomeTheSameAsWithRsync() throws Exception {
    long start = ONLY != null ? ONLY : System.nanoTime() & 0xffffffL;
    System.out.printf("trees from seed %d on%n", start);
    boolean keepsOtherKinds = rsyncKeepsOtherKinds();
    int skipped = 0;
    for (long seed = start; seed < start + (ONLY != null ? 1 : RUNS); seed++) {
      Path here = Files.createDirectory(temp.resolve(String.valueOf(seed)));
      Random random = new Random(seed);
      Path source = grow(here.resolve("source"), random);
      long old = random.nextLong();
      UpdateRules rules = new UpdateRules((seed & 1) != 0, (seed & 2) != 0, (seed & 4) != 0);
      Path byRsync = here.resolve("rsync");
      Path byMtb = here.resolve("mtb");
      for (Path copy : List.of(byRsync, byMtb)) {
        grow(copy, new Random(old));
        if (keepsOtherKinds) {
          makeOtherKindsOlder(source, copy);
        }
      }
      int code = rsync(source, byRsync, rules);
      BackupReport report = mtb(source, byMtb, rules);
      // With --ignore-existing, rsync keeps a file in the place of a directory, and then fails to
      // copy what is in the directory. MTB does not try that, so that 0 is right, too.
      assertThat(report.exitCode())
          .as("repeat with -Dmtb.seed=%d: %s: %s", seed, rules, report.failures())
          .isIn(rules.ignoreExisting() ? List.of(0, code) : List.of(code));
      assertThat(differences(source, byRsync, byMtb))
          .as("repeat with -Dmtb.seed=%d: %s", seed, rules)
          .isEmpty();
      Totals totals = report.totals();
      assertThat(totals.scanned())
          .isEqualTo(totals.copied() + totals.unchanged() + totals.skipped() + totals.failed());
      skipped += totals.skipped() > 0 && totals.copied() > 0 ? 1 : 0;
      if (rules.equals(UpdateRules.NONE)) {
        assertThat(totals.skipped()).isZero();
      }
    }
    // Rules that skip all or nothing would not test anything.
    assertThat(skipped).isGreaterThan(ONLY != null ? -1 : RUNS / 4);
  }

  /**
   * With --ignore-existing, rsync keeps a file in the place of a directory, but sets the mtime of
   * the directory on it. MTB does not change the file.
   */
  private static List<String> differences(Path source, Path byRsync, Path byMtb) throws Exception {
    return Rsync.differences(byRsync, byMtb, "--delete").stream()
        .filter(
            line -> {
              String name = line.replaceFirst("^\\S+ ", "").replaceFirst(" -> to.$", "");
              return !(line.matches("[.][fL]..[tT]...... .*")
                  && Files.isDirectory(source.resolve(name), LinkOption.NOFOLLOW_LINKS));
            })
        .toList();
  }

  private static Path grow(Path root, Random random) throws IOException {
    List<Path> directories = new ArrayList<>(List.of(Files.createDirectory(root)));
    List<Path> all = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      Path path =
          directories
              .get(random.nextInt(directories.size()))
              .resolve(NAMES.get(random.nextInt(NAMES.size())));
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      switch (random.nextInt(6)) {
        case 0, 1 -> directories.add(Files.createDirectory(path));
        case 2 -> Files.createSymbolicLink(path, Path.of("to" + random.nextInt(2)));
        default -> Files.writeString(path, "x".repeat(random.nextInt(3)) + random.nextInt(2));
      }
      all.add(path);
    }
    all.add(0, root);
    for (int i = all.size() - 1; i >= 0; i--) {
      Instant time = TIME.plusSeconds(new int[] {0, 0, 1, 10, 20}[random.nextInt(5)]);
      if (Files.isSymbolicLink(all.get(i))) {
        // The mtime depends on the target, since MTB sees a change of a link by its mtime.
        time = TIME.plusSeconds(Files.readSymbolicLink(all.get(i)).endsWith("to0") ? 0 : 10);
      }
      setTime(all.get(i), time);
    }
    return root;
  }

  /**
   * Whether {@code rsync --update} keeps a newer link in the place of a file. Its manual says that
   * a difference of kind is always updated; it does so from version 3.4.4 on.
   */
  private boolean rsyncKeepsOtherKinds() throws Exception {
    Path file = Files.createDirectory(temp.resolve("file")).resolve("a");
    Path link = Files.createDirectory(temp.resolve("link")).resolve("a");
    Files.setLastModifiedTime(Files.createFile(file), FileTime.from(TIME));
    Files.createSymbolicLink(link, Path.of("to0"));
    rsync(file.getParent(), link.getParent(), new UpdateRules(true, false, false));
    return Files.isSymbolicLink(link);
  }

  /** Makes what is of another kind than its source so old that every rsync updates it. */
  private static void makeOtherKindsOlder(Path source, Path before) throws IOException {
    try (Stream<Path> all = Files.walk(before)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        Path other = source.resolve(before.relativize(path));
        if (Files.exists(other, LinkOption.NOFOLLOW_LINKS)
            && Metadata.of(path).kind() != Metadata.of(other).kind()) {
          setTime(path, TIME.minusSeconds(10));
        }
      }
    }
  }

  private static void setTime(Path path, Instant time) throws IOException {
    Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(FileTime.from(time), null, null);
  }

  private static int rsync(Path source, Path destination, UpdateRules rules) throws Exception {
    // With --force a file replaces a directory, as with MTB.
    List<String> command = new ArrayList<>(List.of("rsync", "-rlptgoD"));
    if (rules.update()) {
      command.add("--update");
    }
    if (rules.ignoreExisting()) {
      command.add("--ignore-existing");
    }
    if (rules.existing()) {
      command.add("--existing");
    }
    command.add(source + "/");
    command.add(destination + "/");
    return run(command.toArray(String[]::new));
  }

  private static int run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    int code = process.waitFor();
    // 23: a directory that holds something was not deleted to make way for a file.
    assertThat(code).as("%s: %s", List.of(command), output).isIn(0, 23);
    return code;
  }

  private BackupReport mtb(Path source, Path destination, UpdateRules rules) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(destination)
            .options(
                BackupOptions.builder()
                    .comparison(c -> c.withModifyWindow(Duration.ZERO))
                    .threads(2)
                    .checkers(2)
                    .stateDirectory(temp.resolve("state"))
                    .updateRules(rules)
                    .build())
            .build());
  }
}
