package dev.mtb.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.MoreFiles;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.options.Deletion;
import dev.mtb.options.Waiting;
import dev.mtb.place.Destinations;
import dev.mtb.store.Store;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import dev.mtb.testing.Rsync;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source that another program changes during the backup, on a real file system. */
class MovingSourceTest {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");
  private static final String SECRET = "secret of the outside";
  private static final int LARGE = 3 * Store.SMALL_FILE + 48;

  @TempDir Path temp;
  private Path source;
  private Path destination;
  private Path outside;
  private int retries = Waiting.DEFAULT_RETRIES;

  @BeforeEach
  void tree() throws IOException {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
    outside = Files.createDirectories(temp.resolve("outside"));
    for (int i = 0; i < 5; i++) {
      Files.writeString(outside.resolve("f" + i), SECRET);
      // The files of the source have the same size as those outside.
      Files.writeString(
          Files.createDirectories(source.resolve("d")).resolve("f" + i),
          "x".repeat(SECRET.length()));
    }
  }

  /** A change that another program makes at a given moment of the run. */
  private interface SourceChange {
    void make() throws IOException;
  }

  private static FaultyStore.Fault once(Operation moment, String path, SourceChange change) {
    AtomicBoolean isDone = new AtomicBoolean();
    return (operation, at) -> {
      if (operation == moment && at.toString().startsWith(path) && !isDone.getAndSet(true)) {
        if (operation == Operation.WRITE) {
          waitForTheScan();
        }
        change.make();
      }
    };
  }

  /**
   * Waits for the scan, which takes a millisecond for so few files. Changes during the scan are
   * tested elsewhere.
   */
  private static void waitForTheScan() {
    try {
      Thread.sleep(300);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private BackupReport run(FaultyStore.Fault fault) {
    return run(fault, 1, CompareMode.SIZE_MTIME, BackupListener.NONE);
  }

  private BackupReport run() {
    return run((operation, path) -> {});
  }

  private BackupReport run(
      FaultyStore.Fault fault, int threads, CompareMode mode, BackupListener listener) {
    return run(fault, threads, mode, listener, Deletion.NONE);
  }

  private BackupReport run(
      FaultyStore.Fault fault,
      int threads,
      CompareMode mode,
      BackupListener listener,
      Deletion deletion) {
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(destination)
            .options(
                BackupOptions.builder()
                    .threads(threads)
                    .checkers(threads)
                    .compare(mode)
                    // The window is zero, so that a second change within a second is seen, too.
                    .comparison(c -> c.withModifyWindow(Duration.ZERO))
                    .deletion(deletion)
                    .waiting(w -> w.withRetries(retries))
                    .stateDirectory(temp.resolve("state"))
                    .build())
            .build();
    return Run.backup(
        job,
        readOnly -> new FaultyStore(Destinations.open(destination, job.options(), readOnly), fault),
        listener);
  }

  private void assertNothingOutsideWasRead() throws IOException {
    try (var paths = Files.walk(destination)) {
      assertThat(paths.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)))
          .allSatisfy(path -> assertThat(Files.readString(path)).doesNotContain("secret"));
    }
  }

  /**
   * Checks that the next run completes the backup. It deletes, since a directory that has become
   * something else is replaced only then.
   */
  private void assertConverges() throws Exception {
    BackupReport report =
        run((operation, path) -> {}, 1, CompareMode.SIZE_MTIME, BackupListener.NONE, Deletion.ALL);
    assertThat(report.exitCode()).as("%s", report.failures()).isZero();
    assertThat(Rsync.differences(source, destination)).isEmpty();
  }

  private void plant() throws IOException {
    Files.move(source.resolve("d"), temp.resolve("moved"));
    Files.createSymbolicLink(source.resolve("d"), outside);
  }

  /** The files that wait in the queue meanwhile are those of the directory. */
  @Test
  void directoryThatBecomesALink_beforeItsFilesAreCopied_isNotFollowed() throws Exception {
    BackupReport report = run(once(Operation.WRITE, "d/", this::plant));

    assertThat(report.exitCode()).isEqualTo(24);
    assertThat(report.failures()).hasSize(4);
    assertNothingOutsideWasRead();
    assertConverges();
    assertThat(destination.resolve("d")).isSymbolicLink();
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"MKDIR", "LIST", "STAT"})
  void directoryThatBecomesALink_whileItIsScanned_isNotFollowed(Operation moment) throws Exception {
    if (moment != Operation.MKDIR) {
      run();
      for (int i = 0; i < 5; i++) {
        Files.setLastModifiedTime(source.resolve("d/f" + i), FileTime.from(TIME));
      }
    }
    BackupReport report = run(once(moment, "d", this::plant));

    assertThat(report.exitCode()).as("%s", report.failures()).isEqualTo(24);
    assertNothingOutsideWasRead();
    assertConverges();
  }

  @Test
  void directoryAboveThatBecomesALink_isNotFollowed() throws Exception {
    Files.createDirectories(source.resolve("p"));
    Files.move(source.resolve("d"), source.resolve("p/d"));
    Files.createDirectory(temp.resolve("o2"));
    Files.move(outside, temp.resolve("o2/d"));
    BackupReport report =
        run(
            once(
                Operation.WRITE,
                "p/d/",
                () -> {
                  Files.move(source.resolve("p"), temp.resolve("moved"));
                  Files.createSymbolicLink(source.resolve("p"), temp.resolve("o2"));
                }));

    assertThat(report.exitCode()).isEqualTo(24);
    assertNothingOutsideWasRead();
    assertConverges();
  }

  @Test
  void linkAboveAListedEntry_isFollowed() throws Exception {
    Path real = temp.resolve("real");
    Files.move(source, real);
    Files.createSymbolicLink(source, real);

    assertThat(run().exitCode()).isZero();

    assertThat(Rsync.differences(real, destination)).isEmpty();
  }

  @Test
  void directoryThatIsRenamed_isVanished() throws Exception {
    BackupReport report =
        run(once(Operation.MKDIR, "d", () -> Files.move(source.resolve("d"), source.resolve("e"))));

    assertThat(report.exitCode()).isEqualTo(24);
    assertThat(report.failures()).hasSizeGreaterThanOrEqualTo(5);
    assertConverges();
  }

  @Test
  void directoryThatIsDeleted_isVanished() throws Exception {
    BackupReport report =
        run(once(Operation.WRITE, "d/", () -> MoreFiles.deleteRecursively(source.resolve("d"))));

    assertThat(report.exitCode()).isEqualTo(24);
    assertThat(report.failures()).hasSize(4);
  }

  @Test
  void directoryThatBecomesAFile_isVanished() throws Exception {
    for (Operation moment : List.of(Operation.MKDIR, Operation.WRITE)) {
      BackupReport report =
          run(
              once(
                  moment,
                  "d",
                  () -> {
                    Files.move(source.resolve("d"), temp.resolve("moved"));
                    Files.writeString(source.resolve("d"), "a file");
                  }));

      assertThat(report.exitCode()).as("%s", report.failures()).isEqualTo(24);
      assertConverges();
      Files.delete(source.resolve("d"));
      Files.move(temp.resolve("moved"), source.resolve("d"));
      MoreFiles.deleteRecursively(destination);
    }
  }

  @Test
  void directoryThatReplacesAnother_isCopied() throws Exception {
    BackupReport report =
        run(
            once(
                Operation.WRITE,
                "d/",
                () -> {
                  Files.move(source.resolve("d"), temp.resolve("moved"));
                  Files.createDirectory(source.resolve("d"));
                  for (int i = 0; i < 5; i++) {
                    Files.writeString(source.resolve("d/f" + i), "of the new one");
                  }
                }));

    assertThat(report.exitCode()).as("%s", report.failures()).isZero();
    try (var files = Files.list(destination.resolve("d"))) {
      assertThat(files.filter(file -> content(file).equals("of the new one"))).hasSize(4);
    }
    assertConverges();
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void fileThatBecomesADirectory_isVanished() throws Exception {
    Path file = source.resolve("large");
    version(file, 1, LARGE, StandardOpenOption.CREATE_NEW);
    BackupReport report =
        run(
            once(
                Operation.CONTENT,
                "large",
                () -> {
                  Files.delete(file);
                  Files.createDirectory(file);
                }));

    assertThat(report.exitCode()).isEqualTo(24);
    assertThat(destination.resolve("large")).doesNotExist();
    assertConverges();
  }

  @Test
  void contentChangedUnderTheSameMtime_isCopiedAgain() throws Exception {
    Path file = source.resolve("large");
    version(file, 1, LARGE, StandardOpenOption.CREATE_NEW);
    Files.setLastModifiedTime(file, FileTime.from(TIME));
    BackupReport report =
        run(
            once(
                Operation.CONTENT,
                "large",
                () -> {
                  version(file, 2, LARGE, StandardOpenOption.WRITE);
                  Files.setLastModifiedTime(file, FileTime.from(TIME));
                }));

    assertThat(report.exitCode()).isZero();
    assertThat(versionOf(destination.resolve("large"))).isEqualTo(2);
    assertThat(Rsync.differences(source, destination)).isEmpty();
  }

  @Test
  void permissionsChangedMeanwhile_areThoseOfTheCopy() throws Exception {
    Path file = source.resolve("large");
    version(file, 1, LARGE, StandardOpenOption.CREATE_NEW);
    BackupReport report =
        run(once(Operation.CONTENT, "large", () -> Files.setAttribute(file, "unix:mode", 0640)));

    assertThat(report.exitCode()).isZero();
    assertThat(Metadata.of(destination.resolve("large")).mode()).isEqualTo(0640);
  }

  @Test
  void vanishedAndFailed_isAnError() throws Exception {
    // Fewer retries, since all retries of a lasting failure take a minute.
    retries = 1;
    BackupReport report =
        run(
            (operation, path) -> {
              if (operation == Operation.WRITE && path.startsWith("d")) {
                Files.deleteIfExists(source.resolve("d/f0"));
                Files.deleteIfExists(source.resolve("d/f1"));
                throw new IOException("injected");
              }
            });

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).extracting(Failure::cause).contains(Failure.Cause.SOURCE_MOVED);
  }

  @Test
  void metadataOfAFileThatChangedSince_isNotMixedWithOldContent() throws Exception {
    Path file = Files.writeString(source.resolve("file"), "first");
    run();
    Files.setAttribute(file, "unix:mode", 0640);
    BackupReport report =
        run(
            once(
                Operation.STAT,
                "file",
                () -> {
                  Files.writeString(file, "second version");
                  Files.setAttribute(file, "unix:mode", 0600);
                }));

    assertThat(report.exitCode()).isZero();
    assertThat(destination.resolve("file")).hasContent("second version");
    assertThat(Metadata.of(destination.resolve("file")).mode()).isEqualTo(0600);
  }

  /** Every 16 bytes carry the version, so that a mixture is recognised. */
  private static void version(Path file, int number, int size, StandardOpenOption option)
      throws IOException {
    ByteBuffer content = ByteBuffer.allocateDirect(size);
    byte[] block = "%015d\n".formatted(number).getBytes(UTF_8);
    while (content.hasRemaining()) {
      content.put(block);
    }
    content.flip();
    // The file is written with one call, so that there is no state between two versions that looks
    // complete.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, option)) {
      int written = channel.write(content);
      assertThat(written).isEqualTo(size);
    }
  }

  /** The version of a file. All blocks must have the same. */
  private static int versionOf(Path file) throws IOException {
    List<String> blocks = Files.readAllLines(file);
    assertThat(Set.copyOf(blocks)).as("versions in %s", file).hasSize(1);
    assertThat(Files.size(file)).isEqualTo(16L * blocks.size());
    return Integer.parseInt(blocks.get(0));
  }

  /** Changes a tree at random, until told to stop. */
  private final class Mutator implements Runnable {
    private final Random random;
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final Map<Integer, Integer> sizes = new ConcurrentHashMap<>();
    private final List<Path> directories = new ArrayList<>();
    private int number;
    private Throwable failure;

    Mutator(long seed) throws IOException {
      random = new Random(seed);
      for (int i = 0; i < 8; i++) {
        directories.add(Files.createDirectories(source.resolve("m" + i % 3 + "/n" + i)));
      }
      for (int i = 0; i < 150; i++) {
        replace(file());
      }
    }

    private Path file() {
      return directories.get(random.nextInt(directories.size())).resolve("f" + random.nextInt(25));
    }

    private int size() {
      return 16 * (1 + random.nextInt(random.nextInt(20) == 0 ? 40_000 : 500));
    }

    private void replace(Path file) throws IOException {
      int size = size();
      number++;
      sizes.put(number, size);
      Path fresh = temp.resolve("fresh");
      version(fresh, number, size, StandardOpenOption.CREATE_NEW);
      if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        Files.delete(file);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void overwrite(Path file) throws IOException {
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        Metadata old = Metadata.of(file);
        number++;
        sizes.put(number, (int) old.size());
        version(file, number, (int) old.size(), StandardOpenOption.WRITE);
        if (random.nextBoolean()) {
          Files.setLastModifiedTime(file, FileTime.from(old.mtime()));
        }
      }
    }

    private void swap(Path directory, boolean withLink) throws IOException {
      Path away = temp.resolve("away");
      Files.move(directory, away);
      if (withLink) {
        Files.createSymbolicLink(directory, outside);
      }
      pause();
      Files.deleteIfExists(directory);
      Files.move(away, directory);
    }

    private void pause() {
      try {
        Thread.sleep(random.nextInt(4));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void change() throws IOException {
      Path file = file();
      switch (random.nextInt(10)) {
        case 0, 1 -> replace(file);
        case 2, 3, 4 -> overwrite(file);
        case 5 -> {
          Files.deleteIfExists(file);
          Files.createSymbolicLink(file, outside.resolve("f0"));
        }
        case 6 -> {
          Files.deleteIfExists(file);
          Files.createDirectory(file);
        }
        case 7 -> Files.deleteIfExists(file);
        case 8 -> swap(file.getParent(), /* withLink= */ true);
        default -> swap(file.getParent().getParent(), random.nextBoolean());
      }
    }

    @Override
    public void run() {
      try {
        while (!isOver.get()) {
          change();
          pause();
        }
      } catch (IOException | RuntimeException | AssertionError e) {
        failure = e;
      }
    }
  }

  @Test
  void whileEverythingChanges_nothingWrongIsCalledSafe_andAfterwardsItConverges() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Mutator mutator = new Mutator(seed);
    Thread thread = new Thread(mutator);
    thread.start();
    int copies = 0;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(6);
    while (System.nanoTime() < end) {
      Map<Path, Metadata> copied = new ConcurrentHashMap<>();
      BackupReport report =
          run(
              (operation, path) -> {},
              4,
              CompareMode.SIZE_MTIME,
              new BackupListener() {
                @Override
                public void copied(Path path, Metadata metadata) {
                  copied.put(path, metadata);
                }
              });
      // A directory that became a file is not replaced, since the run does not delete.
      assertThat(report.failures())
          .as("seed %d", seed)
          .allSatisfy(
              failure ->
                  assertThat(
                          failure.cause() == Failure.Cause.SOURCE_MOVED
                              || failure.error().contains("a directory that is not empty"))
                      .as("%s", failure)
                      .isTrue());
      for (Map.Entry<Path, Metadata> copy : copied.entrySet()) {
        Path file = destination.resolve(copy.getKey());
        if (copy.getValue().kind() == Kind.FILE && !copy.getKey().startsWith("d")) {
          int version = versionOf(file);
          assertThat((long) mutator.sizes.get(version))
              .as("%s, seed %d", file, seed)
              .isEqualTo(Files.size(file));
          copies++;
        }
      }
      assertNothingOutsideWasRead();
    }
    mutator.isOver.set(true);
    thread.join();
    assertThat(mutator.failure).as("seed %d", seed).isNull();
    assertThat(copies).isPositive();
    // The last run compares contents, since a change with the same size and mtime shows only there.
    BackupReport last =
        run((operation, path) -> {}, 4, CompareMode.CHECKSUM, BackupListener.NONE, Deletion.ALL);
    assertThat(last.exitCode()).as("seed %d: %s", seed, last.failures()).isZero();
    assertThat(Rsync.differences(source, destination)).as("seed %d", seed).isEmpty();
  }
}
