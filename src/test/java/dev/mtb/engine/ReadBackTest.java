package dev.mtb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.job.BackupReport.Outcome;
import dev.mtb.job.Failure;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.place.Destinations;
import dev.mtb.store.DestinationException;
import dev.mtb.testing.FaultyStore;
import dev.mtb.testing.FaultyStore.Operation;
import dev.mtb.testing.FaultyStore.Spoiler;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies that are read back from a destination that stores wrong content. */
class ReadBackTest {
  private static final int SMALL = 5000;
  private static final int LARGE = 700_000;

  @TempDir Path temp;
  private Path source;
  private Path destination;

  /** The damage to a piece of content. */
  private enum Damage {
    NONE {
      @Override
      ByteBuffer of(ByteBuffer piece) {
        return piece;
      }
    },
    /** Right size, one bit wrong. */
    FLIPPED {
      @Override
      ByteBuffer of(ByteBuffer piece) {
        byte[] bytes = take(piece);
        bytes[bytes.length / 2] ^= 4;
        return ByteBuffer.wrap(bytes);
      }
    },
    TRUNCATED {
      @Override
      ByteBuffer of(ByteBuffer piece) {
        byte[] bytes = take(piece);
        return ByteBuffer.wrap(bytes, 0, bytes.length - 1);
      }
    },
    /** Zeros, as in a block that a file system had no time to write. */
    ZEROED {
      @Override
      ByteBuffer of(ByteBuffer piece) {
        return ByteBuffer.allocate(take(piece).length);
      }
    };

    abstract ByteBuffer of(ByteBuffer piece);

    private static byte[] take(ByteBuffer piece) {
      byte[] bytes = new byte[piece.remaining()];
      piece.get(bytes);
      return bytes;
    }
  }

  @BeforeEach
  void tree() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
    RandomTree.smallFiles(source, 3, 5, SMALL);
    Files.write(source.resolve("d1/large"), RandomTree.bytes(7, LARGE));
    Files.createSymbolicLink(source.resolve("d1/link"), Path.of("large"));
  }

  private BackupReport run(
      boolean verifyAfter,
      CompareMode mode,
      FaultyStore.Fault fault,
      Spoiler spoiler,
      BackupListener listener) {
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(destination)
            .options(
                BackupOptions.builder()
                    .threads(8)
                    .compare(mode)
                    .checks(c -> c.withVerifyAfter(verifyAfter))
                    .waiting(w -> w.withRetries(0))
                    .stateDirectory(temp.resolve("state"))
                    .build())
            .build();
    return Run.backup(
        job,
        readOnly ->
            new FaultyStore(
                Destinations.open(destination, job.options(), readOnly), fault, spoiler),
        listener);
  }

  private BackupReport run(Spoiler spoiler) {
    return run(true, CompareMode.SIZE_MTIME, noFault(), spoiler, BackupListener.NONE);
  }

  private static FaultyStore.Fault noFault() {
    return (operation, path) -> {};
  }

  private static boolean isVictim(Path file) {
    return file.endsWith("d1/f2") || file.endsWith("d1/large");
  }

  private void assertWhole() throws IOException {
    try (var files = Files.walk(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = destination.resolve(source.relativize(file));
        assertThat(Files.mismatch(file, copy)).as("%s", file).isEqualTo(-1);
        assertSameTime(copy, file);
      }
    }
  }

  /** The JDK sets microseconds. */
  private static void assertSameTime(Path copy, Path original) throws IOException {
    assertThat(Metadata.of(copy).mtime())
        .isCloseTo(Metadata.of(original).mtime(), within(1, ChronoUnit.MILLIS));
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void wrongCopy_isFound_andTheNextRunRepairsIt(Damage damage) throws IOException {
    Set<Path> safe = ConcurrentHashMap.newKeySet();
    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            noFault(),
            (file, piece) -> isVictim(file) ? damage.of(piece) : piece,
            new BackupListener() {
              @Override
              public void copied(Path path, Metadata metadata) {
                safe.add(path);
              }
            });

    if (damage == Damage.NONE) {
      assertThat(report.outcome()).isEqualTo(Outcome.OK);
      assertThat(report.totals().copied()).isEqualTo(17);
    } else {
      assertThat(report.exitCode()).isEqualTo(23);
      assertThat(report.totals().copied()).isEqualTo(15);
      assertThat(report.failures())
          .extracting(f -> f.path().toString())
          .containsExactlyInAnyOrder("d1/f2", "d1/large");
      assertThat(report.failures()).extracting(Failure::stage).containsOnly(Failure.Stage.VERIFY);
      assertThat(report.failures().get(0).error())
          .contains("the copy in the backup is wrong", "the next run copies it again");
      assertThat(safe).noneMatch(ReadBackTest::isVictim);
      assertThat(run(Spoiler.NONE).totals().copied()).isEqualTo(2);
    }
    assertWhole();
    assertThat(run(Spoiler.NONE).totals().copied()).isZero();
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void wrongCopy_isRepaired_inWhateverModeTheNextRunCompares(CompareMode mode) throws IOException {
    run((file, piece) -> isVictim(file) ? Damage.FLIPPED.of(piece) : piece);

    BackupReport next =
        run(/* verifyAfter= */ false, mode, noFault(), Spoiler.NONE, BackupListener.NONE);

    assertThat(next.outcome()).isEqualTo(Outcome.OK);
    assertWhole();
  }

  @Test
  void withoutReadingBack_theWrongCopyIsNotNoticed() {
    Spoiler spoiler = (file, piece) -> isVictim(file) ? Damage.FLIPPED.of(piece) : piece;

    BackupReport report =
        run(false, CompareMode.SIZE_MTIME, noFault(), spoiler, BackupListener.NONE);

    // Without this test, the tests above could pass without any check.
    assertThat(report.outcome()).isEqualTo(Outcome.OK);
  }

  @Test
  void copyThatIsWrongOnce_isCopiedAgainAtOnce() throws IOException {
    AtomicInteger left = new AtomicInteger(1);

    BackupReport report =
        run(
            (file, piece) ->
                file.endsWith("d1/f2") && left.getAndDecrement() > 0
                    ? Damage.FLIPPED.of(piece)
                    : piece);

    assertThat(left.get()).isNegative();
    assertThat(report.outcome()).isEqualTo(Outcome.OK);
    assertThat(report.totals().copied()).isEqualTo(17);
    assertWhole();
    assertSameTime(destination.resolve("d1"), source.resolve("d1"));
    assertThat(run(Spoiler.NONE).totals().copied()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 1", "100, 1"})
  void copyThatCannotBeReadBack_isCopiedAgain_andThenIsNotSafe(int times, int failures) {
    AtomicInteger left = new AtomicInteger(times);

    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            (operation, path) -> {
              if (operation == Operation.READ
                  && path.endsWith("d1/f2")
                  && left.getAndDecrement() > 0) {
                throw new IOException("injected");
              }
            },
            Spoiler.NONE,
            BackupListener.NONE);

    assertThat(report.failures()).hasSize(failures);
    report
        .failures()
        .forEach(f -> assertThat(f.error()).contains("cannot be read back").contains("injected"));
    assertThat(run(Spoiler.NONE).totals().copied()).isEqualTo(failures);
  }

  @Test
  void wrongCopy_thatCannotBeCopiedAgain_isStillRepairedByTheNextRun() throws IOException {
    AtomicInteger writes = new AtomicInteger();

    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            (operation, path) -> {
              if (operation == Operation.WRITE
                  && path.endsWith("d1/f2")
                  && writes.incrementAndGet() > 1) {
                throw new IOException("disk full");
              }
            },
            (file, piece) -> file.endsWith("d1/f2") ? Damage.ZEROED.of(piece) : piece,
            BackupListener.NONE);

    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).stage()).isEqualTo(Failure.Stage.VERIFY);
    assertThat(report.failures().get(0).error()).contains("disk full");
    assertThat(run(Spoiler.NONE).totals().copied()).isEqualTo(1);
    assertWhole();
  }

  @Test
  void wrongCopy_whoseSourceIsGone_isNotCalledVanished() {
    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            (operation, path) -> {
              if (operation == Operation.READ && path.endsWith("d1/f2")) {
                Files.deleteIfExists(source.resolve(path));
              }
            },
            (file, piece) -> file.endsWith("d1/f2") ? Damage.FLIPPED.of(piece) : piece,
            BackupListener.NONE);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error()).contains("is wrong", "vanished");
  }

  @Test
  void wrongCopy_thatCannotBeMarked_isReportedSo() {
    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            (operation, path) -> {
              if (operation == Operation.METADATA && path.endsWith("d1/f2")) {
                throw new IOException("no way");
              }
            },
            (file, piece) -> file.endsWith("d1/f2") ? Damage.FLIPPED.of(piece) : piece,
            BackupListener.NONE);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures().get(0).error())
        .contains("no way", "CompareMode.ALWAYS")
        .doesNotContain("it is marked");
  }

  @Test
  void destinationThatIsLostWhileReadingBack_endsTheRun() {
    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            (operation, path) -> {
              if (operation == Operation.READ) {
                throw new DestinationException("the mount is gone");
              }
            },
            Spoiler.NONE,
            BackupListener.NONE);

    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.totals().copied()).isZero();
  }

  @Test
  void links_areReadBack() throws IOException {
    List<String> read = new CopyOnWriteArrayList<>();

    run(
        true,
        CompareMode.SIZE_MTIME,
        (operation, path) -> {
          if (operation == Operation.READ) {
            read.add(path.toString());
          }
        },
        Spoiler.NONE,
        BackupListener.NONE);

    assertThat(read).hasSize(17).doesNotHaveDuplicates().contains("d1/link");
  }

  @Test
  void linkThatLeadsElsewhere_isFound() throws IOException {
    BackupReport report =
        run(
            true,
            CompareMode.SIZE_MTIME,
            (operation, path) -> {
              if (operation == Operation.READ && path.endsWith("link")) {
                Path link = destination.resolve(path);
                Files.delete(link);
                Files.createSymbolicLink(link, Path.of("elsewhere"));
              }
            },
            Spoiler.NONE,
            BackupListener.NONE);

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).error()).contains("leads elsewhere than its source");
  }
}
