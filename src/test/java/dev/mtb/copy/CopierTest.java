package dev.mtb.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.model.DigestAlgorithm;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.Destinations;
import dev.mtb.store.Content;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Retry;
import dev.mtb.store.Store;
import dev.mtb.store.Tree;
import dev.mtb.store.folder.FolderTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.apache.commons.codec.binary.Hex;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CopierTest {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");
  private static final int LARGE = 3 * Store.SMALL_FILE + 11;
  private static final byte[] OLD = "the old copy".getBytes(UTF_8);

  private final FileSystem memory =
      Jimfs.newFileSystem(
          Configuration.unix().toBuilder().setAttributeViews("basic", "posix").build());
  private final Path source = memory.getPath("/source");
  private final Path target = memory.getPath("copy");
  private final Path copied = memory.getPath("/backup/copy");
  private final Tree tree = FolderTree.of(Path.of("/"));
  private final List<Duration> pauses = new ArrayList<>();
  private long bytesWritten;
  private Store destination;

  /** A change that another program makes to the source meanwhile. */
  private interface SourceChange {
    void make() throws IOException;
  }

  @BeforeEach
  void open() throws IOException {
    Files.createDirectory(copied.getParent());
    destination = Destinations.open(copied.getParent(), BackupOptions.builder().build(), false);
  }

  @AfterEach
  void close() throws IOException {
    destination.close();
    tree.close();
    memory.close();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        Store.SMALL_FILE - 1,
        Store.SMALL_FILE,
        Store.SMALL_FILE + 1,
        2 * Store.SMALL_FILE,
        LARGE
      })
  void file_isCopiedWhole(int size) throws IOException {
    byte[] content = bytes(size);
    writeSource(content);

    Metadata result =
        copier(() -> {}).copy(tree.entry(source), target, Optional.empty()).metadata();

    assertThat(result).isEqualTo(Metadata.of(source));
    assertCopied(content);
    assertThat(Metadata.of(copied).mtime()).isEqualTo(TIME);
    assertThat(bytesWritten).isEqualTo(size);
    assertThat(pauses).isEmpty();
  }

  /** Copies on a file system that has ctimes. */
  private Copied copySeen(Path file, Metadata seen) throws IOException {
    return copier(() -> {})
        .copy(tree.entry(file), Optional.of(seen), target, destination.stat(target));
  }

  private static Metadata changedLongAgo(Metadata seen) {
    return new Metadata(
        seen.kind(),
        seen.size(),
        seen.mtime(),
        seen.mode(),
        seen.uid(),
        seen.gid(),
        seen.device(),
        seen.inode(),
        seen.ctime().map(c -> c.minusSeconds(9)));
  }

  @Test
  void whatTheWalkHasSeen_isNotTrusted_whenTheFileHasChangedSince(@TempDir Path folder)
      throws IOException {
    for (int size : new int[] {3, LARGE}) {
      Path file = Files.write(folder.resolve("file"), bytes(7));
      Metadata seen = changedLongAgo(Metadata.of(file));
      Files.write(file, bytes(size));

      Copied result = copySeen(file, seen);

      assertThat(result.metadata()).isEqualTo(Metadata.of(file));
      assertCopied(bytes(size));
      // The change does not count as one during the copy: the copier waits only for the tick of the
      // clock.
      assertThat(pauses).allMatch(pause -> pause.toMillis() <= 20);
    }
  }

  @Test
  void whatTheWalkHasSeen_ofAnotherFile_isNotTrusted(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("file"), bytes(7));
    Path other = Files.write(folder.resolve("other"), bytes(7));

    assertThat(copySeen(file, changedLongAgo(Metadata.of(other))).metadata())
        .isEqualTo(Metadata.of(file));
  }

  @ParameterizedTest
  @EnumSource(DigestAlgorithm.class)
  void digest_isThatOfWhatWasCopied(DigestAlgorithm algorithm) throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Copier copier = digesting(() -> {}, algorithm);
    List<Integer> sizes =
        new ArrayList<>(
            List.of(
                0,
                1,
                Store.SMALL_FILE - 1,
                Store.SMALL_FILE,
                Store.SMALL_FILE + 1,
                2 * Store.SMALL_FILE - 1,
                2 * Store.SMALL_FILE));
    for (int i = 0; i < 10; i++) {
      sizes.add(random.nextInt(LARGE));
    }
    for (int size : sizes) {
      byte[] content = bytes(size);
      writeSource(content);
      Optional<Metadata> existing =
          Files.exists(copied) ? Optional.of(Metadata.of(copied)) : Optional.empty();

      Copied result = copier.copy(tree.entry(source), target, existing);

      String expected = Hex.encodeHexString(algorithm.start().digest(content));
      assertThat(result.digest()).as("%d bytes, seed %d", size, seed).contains(expected);
      assertThat(copier.digestOf(tree.entry(source), result.metadata())).contains(expected);
      assertCopied(content);
    }
  }

  @Test
  void digest_ofASourceThatChanges_isThatOfTheVersionThatWasCommitted() throws IOException {
    writeSource(bytes(LARGE));
    byte[] changed = bytes(LARGE);
    changed[LARGE - 1]++;
    SourceChange change = once(() -> writeSource(changed, TIME.plusNanos(1)));

    Copied result =
        digesting(change, DigestAlgorithm.MD5).copy(tree.entry(source), target, oldCopy());

    assertCopied(changed);
    assertThat(result.metadata()).isEqualTo(Metadata.of(source));
    assertThat(result.digest())
        .contains(Hex.encodeHexString(DigestAlgorithm.MD5.start().digest(changed)));
  }

  @Test
  void digestOf_aSourceThatIsAnotherVersion_isEmpty() throws IOException {
    writeSource(bytes(10));
    Metadata before = Metadata.of(source);
    writeSource(bytes(10), TIME.plusSeconds(1));

    assertThat(digesting(() -> {}, DigestAlgorithm.MD5).digestOf(tree.entry(source), before))
        .isEmpty();
  }

  @Test
  void digest_thatIsNotNeeded_isNotComputed() throws IOException {
    writeSource(bytes(10));

    assertThat(copier(() -> {}).copy(tree.entry(source), target, Optional.empty()).digest())
        .isEmpty();
  }

  @Test
  void link_isCopiedAsALink() throws IOException {
    Files.createSymbolicLink(source, memory.getPath("no/where"));

    Metadata result =
        copier(() -> {}).copy(tree.entry(source), target, Optional.empty()).metadata();

    assertThat(result.kind()).isEqualTo(Kind.LINK);
    assertThat(Files.readSymbolicLink(copied)).isEqualTo(memory.getPath("no/where"));
    assertThat(Metadata.of(copied).mtime()).isEqualTo(Metadata.of(source).mtime());
  }

  @Test
  void sourceThatChangesOnce_isCopiedAgain() throws IOException {
    writeSource(bytes(LARGE));
    byte[] changed = bytes(LARGE + 1);
    Instant later = TIME.plusSeconds(1);

    Metadata result =
        copier(once(() -> writeSource(changed, later)))
            .copy(tree.entry(source), target, oldCopy())
            .metadata();

    assertCopied(changed);
    assertThat(result.mtime()).isEqualTo(later);
    assertThat(Metadata.of(copied).mtime()).isEqualTo(later);
    assertThat(pauses).hasSize(1);
  }

  @Test
  void sourceThatIsRewrittenInTheSameSize_isCopiedAgain() throws IOException {
    writeSource(bytes(LARGE));
    byte[] changed = bytes(LARGE);
    changed[LARGE / 2]++;

    Metadata result =
        copier(once(() -> writeSource(changed, TIME.plusNanos(1))))
            .copy(tree.entry(source), target, oldCopy())
            .metadata();

    assertCopied(changed);
    assertThat(result.mtime()).isEqualTo(TIME.plusNanos(1));
  }

  /** A small file is read at once, but not at the same moment at which it was looked at. */
  @Test
  void smallSourceThatIsRewrittenAllTheTime_isCopiedAsOneVersionOrNot(@TempDir Path folder)
      throws Exception {
    Path file = Files.write(folder.resolve("file"), bytes(10));
    copyWhile(size -> Files.write(file, bytes(size)), file);
  }

  @Test
  void linkThatIsReplacedAllTheTime_isCopiedAsOneVersionOrNot(@TempDir Path folder)
      throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("x"));
    copyWhile(
        size -> {
          Path next = folder.resolve("next");
          Files.createSymbolicLink(next, Path.of("x".repeat(size + 1)));
          Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
        },
        link);
  }

  /** Makes another version of something. */
  private interface Version {
    void make(int size) throws IOException;
  }

  private void copyWhile(Version version, Path file) throws Exception {
    Path folder = file.getParent();
    Path backup = Files.createDirectory(folder.resolve("backup"));
    BackupOptions options = BackupOptions.builder().stateDirectory(folder.resolve("state")).build();
    AtomicBoolean isOver = new AtomicBoolean();
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 0; !isOver.get(); i++) {
                int size = 7 * i % 100;
                run(() -> version.make(size));
              }
            });
    try (Store local = Destinations.open(backup, options, false)) {
      Copier copier = copier(local, count -> {}, () -> false, pause -> {});
      for (int i = 0; i < 500; i++) {
        try {
          Metadata result = copier.copy(tree.entry(file), target, local.stat(target)).metadata();
          assertThat(Metadata.of(backup.resolve("copy")).size()).isEqualTo(result.size());
        } catch (SourceException e) {
          assertThat(e.moved()).isTrue();
        }
      }
    } finally {
      isOver.set(true);
    }
    writer.get();
  }

  /** The file has not changed, and its content is longer or shorter than its size says. */
  @ParameterizedTest
  @ValueSource(strings = {"/proc/version", "/sys/devices/system/cpu/online"})
  void fileWhoseSizeIsNotTrue_isNotCopied(Path fileOfWrongSize) throws IOException {
    assumeThat(fileOfWrongSize).isRegularFile();
    assumeThat(Files.size(fileOfWrongSize))
        .isNotEqualTo(Files.readString(fileOfWrongSize).length());

    SourceException e =
        catchThrowableOfType(
            SourceException.class,
            () -> copier(() -> {}).copy(tree.entry(fileOfWrongSize), target, Optional.empty()));
    assertThat(e).hasMessageContaining("kept changing");
    assertNothingLeft();
  }

  /** Two changes within one tick of the clock have the same ctime. */
  @Test
  void sourceThatChangedJustNow_isLookedAtWhenTheTickIsOver(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path file = folder.resolve("file");
    Path backup = Files.createDirectory(folder.resolve("backup"));
    byte[] changed = bytes(20);
    BackupOptions options = BackupOptions.builder().stateDirectory(folder.resolve("state")).build();
    try (Store local = Destinations.open(backup, options, false)) {
      Copier copier =
          copier(
              local,
              count -> {},
              () -> false,
              pause -> {
                pauses.add(pause);
                run(
                    () -> {
                      Instant changedAt = Metadata.of(file).ctime().orElseThrow();
                      assertThat(Instant.now().plus(pause)).isAfter(changedAt.plusMillis(19));
                      Files.write(file, changed);
                    });
              });
      Metadata copy = null;
      // On a busy machine, the tick may be over before the copier looks at the file.
      for (int i = 0; i < 100 && pauses.isEmpty(); i++) {
        Files.write(file, bytes(10));
        copy = copier.copy(tree.entry(file), target, local.stat(target)).metadata();
      }
      assertThat(pauses).hasSize(1);
      assertThat(copy).isEqualTo(Metadata.of(file));
      assertThat(backup.resolve("copy")).hasBinaryContent(changed);

      Thread.sleep(50);
      copier.copy(tree.entry(file), target, local.stat(target));
      assertThat(pauses).hasSize(1);
    }
  }

  /** If the destination reads the source itself, the copier looks at it again before the commit. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sourceThatChangesWhileTheDestinationReadsIt_isCopiedAgain(boolean withDigest)
      throws IOException {
    writeSource(bytes(LARGE));
    byte[] changed = bytes(LARGE);
    changed[LARGE / 2]++;
    destination = readingByItself(once(() -> writeSource(changed, TIME.plusNanos(1))));

    Copied result =
        copier(() -> {}, withDigest ? Optional.of(DigestAlgorithm.MD5) : Optional.empty())
            .copy(tree.entry(source), target, oldCopy());

    assertCopied(changed);
    assertThat(result.metadata().mtime()).isEqualTo(TIME.plusNanos(1));
    assertThat(pauses).hasSize(1);
  }

  /** A store that reads the whole source in upload, as a bucket does. */
  private Store readingByItself(SourceChange afterwards) {
    Store real = destination;
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) -> {
              if (!method.getName().equals("upload")) {
                try {
                  return method.invoke(real, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              }
              FileWrite write =
                  real.write((Path) arguments[0], (Metadata) arguments[1], oldMetadata());
              try (SeekableByteChannel in = ((Content) arguments[3]).open()) {
                write.write(ByteBuffer.wrap(Channels.newInputStream(in).readAllBytes()));
              }
              run(afterwards);
              return Optional.of(write);
            });
  }

  private Optional<Metadata> oldMetadata() throws IOException {
    return Files.exists(copied) ? Optional.of(Metadata.of(copied)) : Optional.empty();
  }

  @Test
  void sourceThatShrinksOnce_isCopiedAgain() throws IOException {
    writeSource(bytes(LARGE));
    byte[] changed = bytes(100);

    Metadata result =
        copier(once(() -> writeSource(changed, TIME.plusSeconds(1))))
            .copy(tree.entry(source), target, Optional.empty())
            .metadata();

    assertCopied(changed);
    assertThat(result.size()).isEqualTo(100);
  }

  @Test
  void sourceThatAlwaysChanges_isMoved_andTheOldCopyStays() throws IOException {
    writeSource(bytes(LARGE));
    Optional<Metadata> existing = oldCopy();
    Copier copier =
        copier(
            () ->
                Files.setLastModifiedTime(
                    source, FileTime.from(Metadata.of(source).mtime().plusSeconds(1))));

    assertMoved(copier, existing, "kept changing");

    assertCopied(OLD);
    assertThat(pauses).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200));
  }

  @Test
  void sourceThatGrowsEndlessly_isGivenUp() throws IOException {
    writeSource(bytes(LARGE));
    Optional<Metadata> existing = oldCopy();
    byte[] more = bytes(2 * Store.SMALL_FILE);
    Copier copier = copier(() -> Files.write(source, more, StandardOpenOption.APPEND));

    assertMoved(copier, existing, "kept changing");

    assertCopied(OLD);
    assertThat(bytesWritten).isLessThan(Files.size(source));
  }

  @Test
  void sourceThatVanishedBefore_isMoved() throws IOException {
    Optional<Metadata> existing = oldCopy();

    assertMoved(copier(() -> {}), existing, "vanished");

    assertCopied(OLD);
    assertThat(bytesWritten).isZero();
  }

  @Test
  void sourceThatVanishesMeanwhile_isMoved_andTheOldCopyStays() throws IOException {
    writeSource(bytes(LARGE));
    Optional<Metadata> existing = oldCopy();

    assertMoved(copier(once(() -> Files.delete(source))), existing, "vanished");

    assertCopied(OLD);
  }

  @Test
  void sourceThatVanishesBetweenTries_isMoved() throws IOException {
    writeSource(bytes(LARGE));
    Copier copier =
        copier(
            destination,
            count -> run(() -> writeSource(bytes(LARGE), TIME.plusSeconds(9))),
            () -> false,
            duration -> run(() -> Files.delete(source)));

    assertMoved(copier, Optional.empty(), "vanished");

    assertThat(copied).doesNotExist();
    assertNothingLeft();
  }

  @Test
  void sourceThatBecomesADirectory_isMoved() throws IOException {
    Files.createDirectory(source);

    assertMoved(copier(() -> {}), Optional.empty(), "no file any more");

    assertNothingLeft();
  }

  @Test
  void sourceThatBecomesALink_isCopiedAsOne() throws IOException {
    writeSource(bytes(LARGE));
    Path pointsTo = memory.getPath("target");

    Metadata result =
        copier(
                once(
                    () -> {
                      Files.delete(source);
                      Files.createSymbolicLink(source, pointsTo);
                    }))
            .copy(tree.entry(source), target, oldCopy())
            .metadata();

    assertThat(result.kind()).isEqualTo(Kind.LINK);
    assertThat(Files.readSymbolicLink(copied)).isEqualTo(pointsTo);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void stopInALargeFile_leavesTheOldCopy(int chunks) throws IOException {
    writeSource(bytes(LARGE));
    Optional<Metadata> existing = oldCopy();
    Copier copier =
        copier(
            destination,
            count -> bytesWritten += count,
            () -> bytesWritten >= (long) chunks * Store.SMALL_FILE,
            pauses::add);

    assertThatThrownBy(() -> copier.copy(tree.entry(source), target, existing))
        .isInstanceOf(StoppedException.class);

    assertThat(bytesWritten).isEqualTo((long) chunks * Store.SMALL_FILE);
    assertCopied(OLD);
  }

  @Test
  void stop_beforeANewFile_makesNone() throws IOException {
    writeSource(bytes(10));
    Copier copier = copier(destination, count -> {}, () -> true, pauses::add);

    assertThatThrownBy(() -> copier.copy(tree.entry(source), target, Optional.empty()))
        .isInstanceOf(StoppedException.class);

    assertThat(copied).doesNotExist();
    assertNothingLeft();
  }

  @Test
  void failureOfTheDestination_isNotReportedAsOneOfTheSource() throws IOException {
    writeSource(bytes(LARGE));
    Path missing = memory.getPath("none/copy");

    assertThatThrownBy(() -> copier(() -> {}).copy(tree.entry(source), missing, Optional.empty()))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SourceException.class);
  }

  @Test
  void buffers_areUsedAgain() throws IOException {
    Buffers buffers = new Buffers();
    ByteBuffer first;
    try (Buffers.Loan loan = buffers.lend()) {
      first = loan.buffer();
      first.position(7);
    }
    try (Buffers.Loan again = buffers.lend();
        Buffers.Loan other = buffers.lend()) {
      assertThat(again.buffer()).isSameAs(first);
      assertThat(again.buffer().remaining()).isEqualTo(Store.SMALL_FILE);
      assertThat(other.buffer()).isNotSameAs(first);
    }
  }

  /**
   * Java cannot count a file's blocks. So the file is large enough to change the free space of the
   * disk.
   */
  @Test
  void sparseFile_staysSparse(@TempDir Path folder) throws IOException {
    long size = 1L << 30;
    FileStore store = Files.getFileStore(folder);
    assumeThat(store.getUsableSpace()).isGreaterThan(3 * size);
    byte[] island = bytes(1000);
    Path sparse = folder.resolve("sparse");
    long atFirst = store.getUsableSpace();
    try (SeekableByteChannel out =
        Files.newByteChannel(sparse, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      out.position(size / 3).write(ByteBuffer.wrap(island));
      out.position(size - 1).write(ByteBuffer.allocate(1));
    }
    long before = store.getUsableSpace();
    assumeThat(atFirst - before).isLessThan(size / 2);
    Path backup = Files.createDirectory(folder.resolve("backup"));
    BackupOptions options = BackupOptions.builder().stateDirectory(folder.resolve("state")).build();
    try (Store local = Destinations.open(backup, options, false)) {
      Metadata result =
          copier(local, count -> {}, () -> false, pauses::add)
              .copy(tree.entry(sparse), Path.of("copy"), Optional.empty())
              .metadata();
      assertThat(result.size()).isEqualTo(size);
    }

    assertThat(before - store.getUsableSpace()).isLessThan(size / 2);
    assertThat(Files.mismatch(sparse, backup.resolve("copy"))).isEqualTo(-1);
  }

  private void assertMoved(Copier copier, Optional<Metadata> existing, String message) {
    SourceException e =
        catchThrowableOfType(
            SourceException.class, () -> copier.copy(tree.entry(source), target, existing));
    assertThat(e).hasMessageContaining(message);
    assertThat(e.moved()).isTrue();
  }

  /** Checks that the copy has this content, and that no other file is beside it. */
  private void assertCopied(byte[] content) throws IOException {
    assertThat(Files.readAllBytes(copied)).isEqualTo(content);
    try (Stream<Path> files = Files.list(copied.getParent())) {
      assertThat(files).containsExactly(copied);
    }
  }

  private void assertNothingLeft() throws IOException {
    try (Stream<Path> files = Files.list(copied.getParent())) {
      assertThat(files).isEmpty();
    }
  }

  private Optional<Metadata> oldCopy() throws IOException {
    Files.write(copied, OLD);
    return Optional.of(Metadata.of(copied));
  }

  private Copier copier(SourceChange change) {
    return copier(change, Optional.empty());
  }

  private Copier digesting(SourceChange change, DigestAlgorithm algorithm) {
    return copier(change, Optional.of(algorithm));
  }

  private Copier copier(SourceChange change, Optional<DigestAlgorithm> algorithm) {
    CopyControl control =
        new CopyControl(
            count -> {
              bytesWritten += count;
              run(change);
            },
            () -> false,
            pauses::add);
    return copier(destination, control, algorithm);
  }

  private Copier copier(Store to, CopyControl control, Optional<DigestAlgorithm> algorithm) {
    return new Copier(tree, to, new Buffers(), control, Retry.never(to), algorithm);
  }

  private Copier copier(
      Store to, LongConsumer bytesWritten, BooleanSupplier isStopping, Retry.Pause pause) {
    return copier(to, new CopyControl(bytesWritten, isStopping, pause), Optional.empty());
  }

  private static SourceChange once(SourceChange change) {
    boolean[] isDone = new boolean[1];
    return () -> {
      if (!isDone[0]) {
        isDone[0] = true;
        change.make();
      }
    };
  }

  private static void run(SourceChange change) {
    try {
      change.make();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeSource(byte[] content) throws IOException {
    writeSource(content, TIME);
  }

  private void writeSource(byte[] content, Instant mtime) throws IOException {
    Files.write(source, content);
    Files.setLastModifiedTime(source, FileTime.from(mtime));
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
