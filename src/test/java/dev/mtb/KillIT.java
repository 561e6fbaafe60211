package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.S3fsMount;
import dev.mtb.testing.Secrets;
import dev.mtb.testing.Seed;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * MTB is killed with -9 many times, at random moments, while the source grows and changes. Each
 * file that was backed up once stays complete, in one of its versions. One run that is not killed
 * then completes the backup, and no temporary files remain.
 */
@Thorough
class KillIT {
  /** 20 with {@code -Pthorough}: each is a run, or half of one. */
  private static final int KILLS = Integer.getInteger("mtb.kills", 6);

  /** Each run is killed after this time at the latest, also on a slow machine. */
  private static final Duration LONGEST = Duration.ofSeconds(3);

  /** Twice the time of --modify-window. */
  private static final Duration SAME_TIME = Duration.ofSeconds(2);

  @TempDir Path temp;
  private Path source;
  private SplittableRandom random;
  private String description;

  /**
   * All contents that each file has had. A file of the first, complete backup must always exist.
   */
  private final Map<Path, List<byte[]>> versions = new LinkedHashMap<>();

  private int files;

  @BeforeEach
  void grow() throws IOException {
    source = Files.createDirectory(temp.resolve("source"));
    long seed = Seed.of("kills");
    description = "seed " + seed;
    random = new SplittableRandom(seed);
    for (int f = 0; f < 60; f++) {
      write(source.resolve("d" + f % 6 + "/f" + files++), Instant.now().minusSeconds(100_000));
    }
  }

  private void write(Path file, Instant modified) throws IOException {
    // The logarithm is uniform: as many files below 1 KB as from 20 to 400 KB.
    byte[] content = new byte[(int) Math.pow(10, 1.3 + 4.3 * random.nextDouble())];
    random.nextBytes(content);
    RandomTree.write(file, content, modified);
    versions.computeIfAbsent(file, f -> new ArrayList<>()).add(content);
  }

  /** Makes some new files, and changes some. */
  private void change() throws IOException {
    for (int i = 0; i < 8; i++) {
      write(source.resolve("d" + random.nextInt(8) + "/f" + files++), Instant.now());
    }
    List<Path> all = new ArrayList<>(versions.keySet());
    for (int i = 0; i < 8; i++) {
      Path file = all.get(random.nextInt(all.size()));
      Instant changed = Files.getLastModifiedTime(file).toInstant();
      if (changed.isAfter(Instant.now().minus(SAME_TIME))) {
        // A second change at the same mtime cannot be seen by comparing times, so the file is
        // skipped.
        continue;
      }
      if (random.nextInt(3) == 0) {
        // The size stays the same, so that only the mtime shows the change.
        byte[] content = versions.get(file).get(versions.get(file).size() - 1).clone();
        random.nextBytes(content);
        RandomTree.write(file, content, Instant.now());
        versions.get(file).add(content);
      } else {
        write(file, Instant.now());
      }
    }
  }

  /** Reads what the backup holds of a file; empty if it is not there. */
  private interface Reader {
    Optional<byte[]> read(Path name) throws Exception;
  }

  /**
   * Runs the test.
   *
   * @param settled waits until the server has finished what the killed process has started
   */
  private void killAgainAndAgain(
      S3fsFixture.ThrowingRunnable settled, Reader reader, List<String> arguments)
      throws Exception {
    List<String> all = new ArrayList<>(List.of("backup", "-b", source.toString()));
    all.addAll(arguments);
    String[] command = all.toArray(String[]::new);
    long start = System.nanoTime();
    assertThat(MtbProcess.run(temp, command).exitCode()).isZero();
    long whole = (System.nanoTime() - start) / 1_000_000;
    List<Path> kept = List.copyOf(versions.keySet());
    long latest = Math.max(400, Math.min(whole, LONGEST.toMillis()));
    int killed = 0;
    for (int kill = 1; kill <= KILLS; kill++) {
      change();
      MtbProcess mtb = MtbProcess.start(temp, Map.of(), List.of(), command);
      Thread.sleep(200 + random.nextLong(latest - 200));
      mtb.signal("KILL");
      if (mtb.exitCode() == 137) {
        killed++;
      } else {
        // The run ended before the kill, so the later kills come earlier: the first run had more to
        // do.
        latest = Math.max(400, latest * 3 / 4);
      }
      settled.run();
      String when = description + ", kill " + kill;
      for (Path file : kept) {
        Optional<byte[]> copy = reader.read(source.relativize(file));
        assertThat(copy).as("%s: %s", when, file).isPresent();
        assertThat(versions.get(file).stream().anyMatch(v -> Arrays.equals(v, copy.get())))
            .as("%s: %s is one of its versions, not a mixture of them", when, file)
            .isTrue();
      }
    }
    assertThat(killed).as(description).isGreaterThan(KILLS / 4);
    System.out.println(description + ": " + killed + " killed, within " + latest + " ms");
    MtbProcess last = MtbProcess.run(temp, command);
    assertThat(last.exitCode()).as("%s%n%s", description, last.err()).isZero();
  }

  @Test
  void killedAgainAndAgain_onALocalFolder_theNextRunIsWhole() throws Exception {
    killOnALocalFolder();
  }

  @Test
  void killedAgainAndAgain_whileOldVersionsAreKept_eachNameHasAWholeFile() throws Exception {
    killOnALocalFolder("--backup-dir", "../old");
    try (Stream<Path> old = Files.walk(temp.resolve("old"))) {
      assertThat(old.filter(Files::isRegularFile)).as(description).isNotEmpty();
    }
  }

  private void killOnALocalFolder(String... options) throws Exception {
    Path backup = temp.resolve("backup");
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(List.of(".", backup.toString()));
    killAgainAndAgain(
        () -> {},
        name -> {
          Path file = backup.resolve(name);
          return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        },
        arguments);
    assertThat(Rsync.differences(source, backup, "--delete")).as(description).isEmpty();
  }

  @Test
  @RequiresS3fs
  void killedAgainAndAgain_onS3fs_theNextRunIsWhole() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start();
        S3Probe probe = S3Probe.of(s3fs.server())) {
      s3fs.proxy().setRoundTrip(Duration.ofMillis(2));
      killAgainAndAgain(
          () -> {
            // s3fs still uploads files that the killed process has closed.
            s3fs.proxy().awaitQuiet(Duration.ofMillis(200), Duration.ofSeconds(30));
            // If the process was killed before it set the mtime, the file has the time of its
            // upload. A change of the same size within --modify-window of this time could not be
            // seen, so the test waits.
            Thread.sleep(SAME_TIME.toMillis());
          },
          name -> read(probe, name),
          List.of("--via", "mount", ".", s3fs.root().resolve("backup").toString()));
      // If the process was killed before it set the mtime, the file has the time of its upload. If
      // that is within --modify-window, the next run does not set it. So the times are compared
      // with this window, and the contents exactly.
      assertWhole(s3fs, probe, "--modify-window=1");
    }
  }

  @Test
  @RequiresS3fs
  void killedAgainAndAgain_onTheBucket_theNextRunIsWhole() throws Exception {
    try (S3fsFixture s3fs = S3fsFixture.start();
        S3Probe probe = S3Probe.of(s3fs.server())) {
      s3fs.proxy().setRoundTrip(Duration.ofMillis(10));
      Path passwd = temp.resolve("passwd");
      Secrets.write(passwd, s3fs.server().identity() + ":" + s3fs.server().credential());
      killAgainAndAgain(
          () -> {},
          name -> read(probe, name),
          List.of(
              "--endpoint-url",
              "http://127.0.0.1:" + s3fs.proxy().port(),
              "--passwd-file",
              passwd.toString(),
              ".",
              "s3://" + s3fs.server().bucket() + "/backup"));
      assertWhole(s3fs, probe);
    }
  }

  private static Optional<byte[]> read(S3Probe probe, Path name) {
    return probe.content("backup/" + name);
  }

  private void assertWhole(S3fsFixture s3fs, S3Probe probe, String... judge) throws Exception {
    List<String> options = new ArrayList<>(List.of(judge));
    options.add("--delete");
    try (S3fsMount truth = s3fs.direct()) {
      Path backup = truth.mountPoint().resolve("backup");
      assertThat(Rsync.differences(source, backup, options.toArray(String[]::new)))
          .as(description)
          .isEmpty();
    }
    assertThat(probe.unfinishedUploads()).as(description).isEmpty();
  }
}
