package dev.mtb.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.common.collect.ImmutableSet;
import com.google.common.io.ByteStreams;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The contract of every store. A subclass supplies an empty directory. Where stores differ, the
 * {@link Features} tell what is expected.
 */
public abstract class StoreContract {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");

  /** JDK 17 sets the times of links in microseconds. */
  private static final Instant LINK_TIME = TIME.truncatedTo(ChronoUnit.MICROS);

  private static final ImmutableSet<Attribute> ALL = ImmutableSet.copyOf(Attribute.values());
  private static final int LARGE = Store.SMALL_FILE;

  public Path root;
  public Store destination;

  /** An empty directory that exists. */
  protected abstract Path freshDirectory() throws IOException;

  /** Opens a store for writing. */
  protected abstract Store open(Path directory) throws IOException;

  /** Waits until what was written can be seen; for file systems that remember old attributes. */
  protected void settle() throws IOException {}

  @BeforeEach
  final void openFresh() throws IOException {
    root = freshDirectory();
    destination = open(root);
  }

  @AfterEach
  final void closeAgain() throws IOException {
    if (destination != null) {
      destination.close();
    }
  }

  // Deleting

  @Test
  protected void deleted_isGone_andWhatIsNotThereIsDeletedAlready() throws IOException {
    makeDirectory("d", Optional.empty());
    write("d/f", bytes(10), file(10, 0644, TIME));
    write("other", bytes(10), file(10, 0644, TIME));
    makeDirectory("empty", Optional.empty());
    Map<Path, Kind> toDelete = new LinkedHashMap<>();
    toDelete.put(path("d/f"), Kind.FILE);
    toDelete.put(path("empty"), Kind.DIRECTORY);
    toDelete.put(path("never"), Kind.FILE);
    toDelete.put(path("never/there"), Kind.FILE);
    for (Map.Entry<Path, Kind> one : toDelete.entrySet()) {
      assertThat(destination.delete(Map.of(one.getKey(), one.getValue()))).isEmpty();
    }
    assertThat(destination.delete(Map.of(path("d"), Kind.DIRECTORY))).isEmpty();

    assertThat(names()).containsExactly("other");
    assertThat(destination.listNames(path("")).names().orElseThrow()).hasSize(1);
  }

  // Files

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 17})
  protected void newFile_hasContentModeAndMtime(int size) throws IOException {
    byte[] content = bytes(size);

    write("new", content, file(size, 0640, TIME));

    assertFile("new", content, file(size, 0640, TIME));
    assertThat(names()).containsExactly("new");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1000",
    "1000, 0",
    "1000, 1000",
    "1000, 999",
    "999, 1000",
    "1000, 1",
    "1, 1000",
    "1000, 600000",
    "600000, 1000",
    "600000, 600000",
    "600000, 500000",
    "500000, 600000"
  })
  protected void overwritten_isTheNewFile_whateverTheSizes(int oldSize, int newSize)
      throws IOException {
    write("f", bytes(oldSize), file(oldSize, 0600, TIME.minusSeconds(1000)));
    byte[] content = bytes(newSize);

    write("f", content, file(newSize, 0444, TIME));

    assertFile("f", content, file(newSize, 0444, TIME));
    assertThat(names()).containsExactly("f");
  }

  @Test
  protected void content_mayComeInPieces() throws IOException {
    byte[] content = bytes(2 * LARGE + 5);
    Metadata source = file(content.length, 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      for (int start = 0; start < content.length; start += 65_537) {
        int length = Math.min(65_537, content.length - start);
        ByteBuffer piece = ByteBuffer.wrap(content, start, length);
        write.write(piece);
        assertThat(piece.hasRemaining()).isFalse();
      }
      write.commit(source);
    }

    assertFile("f", content, source);
  }

  @ParameterizedTest
  @CsvSource({"0, 3", "1, 2", "3, 0", "1, 0", "0, 1"})
  protected void runsOfZeros_areKept(int blocksBefore, int blocksAfter) throws IOException {
    byte[] block = new byte[LARGE];
    byte[] middle = bytes(LARGE);
    Metadata source = file((long) LARGE * (blocksBefore + 1 + blocksAfter), 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      for (int i = 0; i < blocksBefore; i++) {
        write.write(ByteBuffer.wrap(block));
      }
      write.write(ByteBuffer.wrap(middle));
      for (int i = 0; i < blocksAfter; i++) {
        write.write(ByteBuffer.wrap(block));
      }
      write.commit(source);
    }

    byte[] expected = new byte[(int) source.size()];
    System.arraycopy(middle, 0, expected, LARGE * blocksBefore, LARGE);
    assertFile("f", expected, source);
  }

  @Test
  protected void nothingButZeros_isAWholeFile() throws IOException {
    byte[] zeros = new byte[LARGE];
    Metadata source = file(2L * LARGE, 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(zeros));
      write.write(ByteBuffer.wrap(zeros));
      write.commit(source);
    }

    assertFile("f", new byte[2 * LARGE], source);
  }

  @Test
  protected void newFile_mayHaveTheLongestName() throws IOException {
    String longest = "n".repeat(255);

    write(longest, bytes(10), file(10, 0644, TIME));
    write(longest, bytes(600_000), file(600_000, 0644, TIME));

    assertThat(names()).containsExactly(longest);
    assertThat(stat(longest).size()).isEqualTo(600_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "100%", "#?&", "line\nbreak", "ü€", "-x", "a\\b", "<&\">"})
  protected void awkwardNames_areKept(String name) throws IOException {
    write(name, bytes(3), file(3, 0644, TIME));

    assertThat(names()).containsExactly(name);
    assertThat(stat(name).kind()).isEqualTo(Kind.FILE);
    assertThat(destination.list(path("")).mayHold(destination.nameOf(path(name)))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0000", "0111", "0400", "0644", "0755", "0777", "01777", "02755", "06711"})
  protected void mode_isKept(String octal) throws IOException {
    int mode = Integer.parseInt(octal, 8);

    write("f", bytes(5), file(5, mode, TIME));
    assertMode(stat("f"), mode);

    write("f", bytes(7), file(7, mode, TIME));
    assertMode(stat("f"), mode);
  }

  @ParameterizedTest
  @CsvSource({"12345, 54321", "12345, 0", "0, 54321"})
  protected void owner_isKeptWhereItCanBe(int uid, int gid) throws IOException {
    assumeThat(destination.features().keepsOwner()).isTrue();
    Metadata source = new Metadata(Kind.FILE, 5, TIME, 06755, uid, gid, -1, -1);

    write("f", bytes(5), source);
    assertOwner(stat("f"), source);
    assertMode(stat("f"), 06755);
    assertMtime(stat("f").mtime(), TIME);

    write("f", bytes(5), source);
    assertOwner(stat("f"), source);
    assertMode(stat("f"), 06755);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:01Z",
        "1999-12-31T23:59:59.999999999Z",
        "2000-01-01T00:00:00.001Z",
        "2024-02-29T12:00:00.000000001Z",
        "2037-01-01T00:00:00.5Z"
      })
  protected void mtime_isKeptAsFinelyAsTheFeaturesSay(Instant mtime) throws IOException {
    write("f", bytes(5), file(5, 0644, mtime));
    assertMtime(stat("f").mtime(), mtime);

    write("f", bytes(600_000), file(600_000, 0644, mtime));
    assertMtime(stat("f").mtime(), mtime);

    destination.setMetadata(path("f"), file(5, 0644, TIME), Set.of(Attribute.MTIME));
    assertMtime(stat("f").mtime(), TIME);
  }

  // Writes that are not committed

  @ParameterizedTest
  @ValueSource(ints = {0, 1, LARGE, 2 * LARGE + 1})
  protected void abandonedNewFile_isNotThere(int written) throws IOException {
    Metadata source = file(3L * LARGE, 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(bytes(written)));
    }

    assertThat(names()).isEmpty();
    settle();
    assertThat(destination.stat(path("f"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"600000, 0", "600000, 300000", "600000, 600000", "10, 0", "10, 5"})
  protected void abandonedOverwrite_leavesTheOldFile(int newSize, int written) throws IOException {
    byte[] old = bytes(1000);
    write("f", old, file(1000, 0640, TIME));
    Metadata source = file(newSize, 0600, TIME.plusSeconds(5));
    try (FileWrite write = destination.write(path("f"), source, destination.stat(path("f")))) {
      write.write(ByteBuffer.wrap(bytes(written)));
    }

    assertFile("f", old, file(1000, 0640, TIME));
    assertThat(names()).containsExactly("f");
  }

  /** A subclass may override this, since a store on S3FS cannot do it. */
  @Test
  protected void abandonedSmallOverwrite_leavesTheOldFile() throws IOException {
    byte[] old = bytes(1000);
    write("f", old, file(1000, 0640, TIME));
    Metadata source = file(2000, 0600, TIME.plusSeconds(5));
    try (FileWrite write = destination.write(path("f"), source, destination.stat(path("f")))) {
      write.write(ByteBuffer.wrap(bytes(500)));
    }

    assertFile("f", old, file(1000, 0640, TIME));
    assertThat(names()).containsExactly("f");
  }

  @Test
  protected void untilCommit_theOldFileIsThere() throws IOException {
    byte[] old = bytes(1000);
    write("f", old, file(1000, 0640, TIME));
    byte[] content = bytes(600_000);
    Metadata source = file(content.length, 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, destination.stat(path("f")))) {
      write.write(ByteBuffer.wrap(content));
      assertThat(read("f")).isEqualTo(old);
      write.commit(source);
    }

    assertFile("f", content, source);
  }

  @Test
  protected void close_afterCommit_undoesNothing() throws IOException {
    byte[] content = bytes(10);
    Metadata source = file(10, 0644, TIME);
    FileWrite write = destination.write(path("f"), source, Optional.empty());
    write.write(ByteBuffer.wrap(content));
    write.commit(source);
    write.close();
    write.close();

    assertFile("f", content, source);
  }

  @Test
  protected void write_whereTheParentIsMissing_fails() throws IOException {
    Path file = path("none").resolve("f");

    assertThatThrownBy(
            () -> {
              try (FileWrite write =
                  destination.write(file, file(1, 0644, TIME), Optional.empty())) {
                write.commit(file(1, 0644, TIME));
              }
            })
        .isInstanceOf(IOException.class);
    assertThat(names()).isEmpty();
  }

  // Links

  @ParameterizedTest
  @ValueSource(strings = {"target", "../up/ü", "/absolute/x", "a b%20", "."})
  protected void link_hasTargetAndMtime(String target) throws IOException {
    destination.writeLink(path("l"), path(target), link(target, LINK_TIME), Optional.empty());

    assertThat(destination.readLink(path("l")).toString()).isEqualTo(target);
    Metadata written = stat("l");
    assertThat(written.kind()).isEqualTo(Kind.LINK);
    assertMtime(written.mtime(), LINK_TIME);
    assertThat(names()).containsExactly("l");
  }

  @Test
  protected void link_mtimeHasMicroseconds() throws IOException {
    // The JDK cannot set links more precisely.
    Instant time = TIME.truncatedTo(ChronoUnit.MICROS);

    destination.writeLink(path("l"), path("target"), link("target", time), Optional.empty());

    assertMtime(stat("l").mtime(), time);
  }

  @Test
  protected void link_isReplacedByAnother() throws IOException {
    destination.writeLink(path("l"), path("one"), link("one", LINK_TIME), Optional.empty());
    Instant later = LINK_TIME.plusSeconds(1000);

    destination.writeLink(
        path("l"), path("other"), link("other", later), destination.stat(path("l")));

    settle();
    assertThat(destination.readLink(path("l")).toString()).isEqualTo("other");
    assertMtime(stat("l").mtime(), later);
    assertThat(names()).containsExactly("l");
  }

  @Test
  protected void link_ownerIsKeptWhereItCanBe() throws IOException {
    assumeThat(destination.features().keepsOwner()).isTrue();
    Metadata source = new Metadata(Kind.LINK, 4, LINK_TIME, 0777, 12345, 54321, -1, -1);

    destination.writeLink(path("l"), path("none"), source, Optional.empty());

    assertOwner(stat("l"), source);
    assertMtime(stat("l").mtime(), LINK_TIME);
  }

  @Test
  protected void setMetadata_ofALink_leavesItsTargetAlone() throws IOException {
    write("f", bytes(3), file(3, 0640, TIME));
    destination.writeLink(path("l"), path("f"), link("f", LINK_TIME), Optional.empty());
    Instant later = LINK_TIME.plusSeconds(1000);

    destination.setMetadata(path("l"), link("f", later), ALL);

    settle();
    assertMtime(stat("l").mtime(), later);
    assertMtime(stat("f").mtime(), TIME);
    assertMode(stat("f"), 0640);
  }

  @Test
  protected void read_refusesLinks() throws IOException {
    write("f", bytes(3), file(3, 0644, TIME));
    destination.writeLink(path("l"), path("f"), link("f", LINK_TIME), Optional.empty());

    assertThatThrownBy(
            () -> {
              try (ReadableByteChannel channel = destination.read(path("l"))) {
                assertThat(channel.read(ByteBuffer.allocate(1))).isLessThan(0);
              }
            })
        .isInstanceOf(IOException.class);
  }

  @Test
  protected void readAndReadLink_ofTheWrongKind_fail() throws IOException {
    write("f", bytes(3), file(3, 0644, TIME));

    assertThatThrownBy(() -> destination.readLink(path("f"))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> destination.readLink(path("none"))).isInstanceOf(IOException.class);
    assertThatThrownBy(
            () -> {
              try (ReadableByteChannel channel = destination.read(path("none"))) {
                assertThat(channel.isOpen()).isFalse();
              }
            })
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 600_000})
  protected void linkInThePlaceOfAFile_isReplacedNotFollowed(int size) throws IOException {
    byte[] precious = bytes(50);
    write("precious", precious, file(50, 0640, TIME));
    destination.writeLink(
        path("f"), path("precious"), link("precious", LINK_TIME), Optional.empty());
    byte[] content = bytes(size);

    write("f", content, file(size, 0644, TIME));

    assertFile("f", content, file(size, 0644, TIME));
    assertFile("precious", precious, file(50, 0640, TIME));
    assertThat(names()).containsExactlyInAnyOrder("f", "precious");
  }

  /** The comparison has seen no file, or a file, and another user has planted a link since. */
  @ParameterizedTest
  @CsvSource({"false, 10", "false, 600000", "true, 10", "true, 60", "true, 600000"})
  protected void linkPlantedMeanwhile_isNeverFollowed(boolean hasExisted, int size)
      throws IOException {
    byte[] precious = bytes(50);
    write("precious", precious, file(50, 0640, TIME));
    Optional<Metadata> seen = hasExisted ? destination.stat(path("precious")) : Optional.empty();
    destination.writeLink(
        path("f"), path("precious"), link("precious", LINK_TIME), Optional.empty());
    byte[] content = bytes(size);
    Metadata source = file(size, 0644, TIME);

    boolean isRefused = false;
    try (FileWrite write = destination.write(path("f"), source, seen)) {
      write.write(ByteBuffer.wrap(content));
      write.commit(source);
    } catch (IOException e) {
      isRefused = true;
    }

    settle();
    assertFile("precious", precious, file(50, 0640, TIME));
    if (isRefused) {
      assertThat(destination.readLink(path("f")).toString()).isEqualTo("precious");
    } else {
      assertFile("f", content, source);
    }
    assertThat(names()).containsExactlyInAnyOrder("f", "precious");
  }

  // Directories

  @ParameterizedTest
  @ValueSource(strings = {"0755", "0555", "0000", "0700", "01777", "02775", "0777"})
  protected void directory_canBeFilledAndHasItsMetadataThen(String octal) throws IOException {
    int mode = Integer.parseInt(octal, 8);
    Metadata source = directory(mode, TIME);

    Set<Attribute> remaining = destination.createDirectory(path("d"), source, Optional.empty());
    if (remaining.contains(Attribute.MODE)) {
      assertThat(stat("d").mode() & 0700).isEqualTo(0700);
    }
    write("d/f", bytes(3), file(3, 0644, TIME));
    destination.setMetadata(path("d"), source, remaining);

    settle();
    Metadata made = stat("d");
    assertThat(made.kind()).isEqualTo(Kind.DIRECTORY);
    assertMode(made, mode);
    assertMtime(made.mtime(), TIME);
    assertThat(read("d/f")).hasSize(3);
  }

  @Test
  protected void directory_ownerIsKeptWhereItCanBe() throws IOException {
    assumeThat(destination.features().keepsOwner()).isTrue();
    Metadata source = new Metadata(Kind.DIRECTORY, 0, TIME, 02750, 12345, 54321, -1, -1);

    Set<Attribute> remaining = destination.createDirectory(path("d"), source, Optional.empty());
    destination.setMetadata(path("d"), source, remaining);

    settle();
    assertOwner(stat("d"), source);
    assertMode(stat("d"), 02750);
  }

  @Test
  protected void contentsMoveDirectoryMtime_isCorrect() throws IOException {
    Metadata source = directory(0755, TIME);
    destination.setMetadata(
        path("d"), source, destination.createDirectory(path("d"), source, Optional.empty()));

    write("d/f", bytes(3), file(3, 0644, TIME));

    settle();
    boolean isMoved = Duration.between(TIME, stat("d").mtime()).abs().compareTo(aDay()) > 0;
    assertThat(isMoved).isEqualTo(destination.features().contentsMoveDirectoryMtime());
  }

  @Test
  protected void createDirectory_whereTheParentIsMissing_fails() throws IOException {
    Path deep = path("none").resolve("d");

    assertThatThrownBy(
            () -> destination.createDirectory(deep, directory(0755, TIME), Optional.empty()))
        .isInstanceOf(IOException.class);
    assertThat(names()).isEmpty();
  }

  // One kind in the place of another

  @ParameterizedTest
  @ValueSource(ints = {10, 600_000})
  protected void file_takesThePlaceOfADirectory_byItsTemporaryName(int size) throws IOException {
    makeDirectory("x", Optional.empty());
    byte[] content = bytes(size);
    String temporary = TemporaryNames.next();

    write(temporary, content, file(size, 0644, TIME));
    settle();
    assertThat(destination.delete(Map.of(path("x"), Kind.DIRECTORY))).isEmpty();
    destination.rename(path(temporary), path("x"));

    settle();
    assertFile("x", content, file(size, 0644, TIME));
    assertThat(names()).containsExactly("x");
  }

  @Test
  protected void link_takesThePlaceOfADirectory_byItsTemporaryName() throws IOException {
    makeDirectory("x", Optional.empty());
    String temporary = TemporaryNames.next();

    destination.writeLink(path(temporary), path("t"), link("t", TIME), Optional.empty());
    settle();
    assertThat(destination.delete(Map.of(path("x"), Kind.DIRECTORY))).isEmpty();
    destination.rename(path(temporary), path("x"));

    settle();
    assertThat(destination.readLink(path("x")).toString()).isEqualTo("t");
    assertThat(names()).containsExactly("x");
  }

  @Test
  protected void writing_neverReplacesADirectory() throws IOException {
    makeTree("x");

    assertThatThrownBy(() -> write("x", bytes(5), file(5, 0644, TIME)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(
            () ->
                destination.writeLink(
                    path("x"), path("t"), link("t", TIME), destination.stat(path("x"))))
        .isInstanceOf(IOException.class);

    settle();
    assertThat(read("x/deep/f")).hasSize(5);
    assertThat(names()).containsExactly("x");
  }

  @Test
  protected void link_replacesAFile() throws IOException {
    write("x", bytes(5), file(5, 0644, TIME));

    destination.writeLink(path("x"), path("t"), link("t", LINK_TIME), destination.stat(path("x")));

    settle();
    assertThat(destination.readLink(path("x")).toString()).isEqualTo("t");
    assertMtime(stat("x").mtime(), LINK_TIME);
    assertThat(names()).containsExactly("x");
  }

  @Test
  protected void directory_replacesAFile() throws IOException {
    write("x", bytes(5), file(5, 0644, TIME));

    makeDirectory("x", destination.stat(path("x")));

    settle();
    assertThat(stat("x").kind()).isEqualTo(Kind.DIRECTORY);
  }

  @Test
  protected void directory_replacesALinkToADirectory_andLeavesThatAlone() throws IOException {
    makeTree("tree");
    destination.writeLink(path("x"), path("tree"), link("tree", TIME), Optional.empty());

    makeDirectory("x", destination.stat(path("x")));

    settle();
    assertThat(stat("x").kind()).isEqualTo(Kind.DIRECTORY);
    assertThat(read("tree/deep/f")).hasSize(5);
  }

  @Test
  protected void aNewFile_doesNotRemoveATreeThatAppearedMeanwhile() throws IOException {
    makeTree("x");
    Metadata source = file(5, 0644, TIME);

    assertThatThrownBy(
            () -> {
              try (FileWrite write = destination.write(path("x"), source, Optional.empty())) {
                write.write(ByteBuffer.wrap(bytes(5)));
                write.commit(source);
              }
            })
        .isInstanceOf(IOException.class);
    assertThat(read("x/deep/f")).hasSize(5);
    assertThat(names()).containsExactly("x");
  }

  // Looking

  @Test
  protected void stat_ofNothing_isEmpty() throws IOException {
    assertThat(destination.stat(path("none"))).isEmpty();
    assertThat(destination.stat(path("none/below"))).isEmpty();
  }

  @Test
  protected void stat_ofTheEmptyPath_isTheDestination() throws IOException {
    assertThat(destination.stat(path("")).orElseThrow().kind()).isEqualTo(Kind.DIRECTORY);
  }

  @Test
  protected void stat_ofADanglingLink_isTheLink() throws IOException {
    destination.writeLink(path("l"), path("none"), link("none", TIME), Optional.empty());

    assertThat(stat("l").kind()).isEqualTo(Kind.LINK);
  }

  @Test
  protected void paths_mayComeFromAnotherFileSystem() throws IOException {
    Path foreign = FileSystems.getDefault().getPath("d", "f ü");
    Metadata source = file(4, 0644, TIME);
    Set<Attribute> unused =
        destination.createDirectory(foreign.getParent(), directory(0755, TIME), Optional.empty());
    try (FileWrite write = destination.write(foreign, source, Optional.empty())) {
      write.write(ByteBuffer.wrap("text".getBytes(UTF_8)));
      write.commit(source);
    }

    assertThat(read("d/f ü")).isEqualTo("text".getBytes(UTF_8));
    assertThat(destination.list(foreign.getParent()).mayHold(destination.nameOf(path("f ü"))))
        .isTrue();
  }

  @Test
  protected void list_knowsEveryKindOfEntry() throws IOException {
    makeTree("x");
    write("f", bytes(3), file(3, 0644, TIME));
    destination.writeLink(path("l"), path("none"), link("none", TIME), Optional.empty());

    Listing listing = destination.list(path(""));

    for (String name : List.of("x", "f", "l")) {
      assertThat(listing.mayHold(destination.nameOf(path(name)))).as(name).isTrue();
    }
    if (destination.features().listingBringsMetadata()) {
      assertThat(listing.mayHold(destination.nameOf(path("none")))).isFalse();
    }
  }

  @Test
  protected void list_ofNothing_fails() {
    assertThatThrownBy(() -> destination.list(path("none"))).isInstanceOf(IOException.class);
  }

  // Temporary files

  @Test
  protected void tidying_removesWhatADeadProcessLeft_andNothingElse() throws IOException {
    String dead = TemporaryNamesTest.withProcess("2147483647", "1");
    String own = TemporaryNames.next();
    for (String name : List.of(dead, own, ".mtb-tmp.notes", "f")) {
      plant(name, Instant.now());
    }

    Listing listing = destination.list(path(""));

    assertThat(names()).as("a query").containsExactlyInAnyOrder(dead, own, ".mtb-tmp.notes", "f");
    assertThat(listing.stale().keySet())
        .extracting(Path::toString)
        .containsExactlyInAnyOrder(dead, own);
    destination.deleteStale(path(""), listing);
    assertThat(names()).containsExactlyInAnyOrder(own, ".mtb-tmp.notes", "f");
    assertThat(listing.mayHold(destination.nameOf(path("f")))).isTrue();
  }

  @Test
  protected void tidying_removesWhatAnotherMachineLeft_afterADay() throws IOException {
    String foreign = TemporaryNames.next().replaceFirst("tmp\\.[0-9a-f]{8}", "tmp.00000000");
    plant(foreign, Instant.now());
    destination.deleteStale(path(""), destination.list(path("")));
    assertThat(names()).containsExactly(foreign);

    plant(foreign, Instant.now().minus(2, ChronoUnit.DAYS));
    destination.deleteStale(path(""), destination.list(path("")));
    assertThat(names()).isEmpty();
  }

  @Test
  protected void check_ofAGoodDestination_isSilent() throws IOException {
    destination.check();
  }

  // Helpers

  protected final Path path(String text) {
    return root.getFileSystem().getPath(text);
  }

  protected final Metadata stat(String path) throws IOException {
    return destination.stat(path(path)).orElseThrow();
  }

  /** Writes as the engine does, which knows the existing entry. */
  protected final void write(String path, byte[] content, Metadata source) throws IOException {
    try (FileWrite write = destination.write(path(path), source, destination.stat(path(path)))) {
      write.write(ByteBuffer.wrap(content));
      write.commit(source);
    }
    settle();
  }

  protected final byte[] read(String path) throws IOException {
    try (ReadableByteChannel channel = destination.read(path(path))) {
      return ByteStreams.toByteArray(Channels.newInputStream(channel));
    }
  }

  /** All names in the root, including temporary files. */
  protected List<String> names() throws IOException {
    try (Stream<Path> children = Files.list(root)) {
      return children.map(child -> child.getFileName().toString()).toList();
    }
  }

  protected final Metadata file(long size, int mode, Instant mtime) throws IOException {
    return owned(Kind.FILE, size, mode, mtime);
  }

  protected final Metadata link(String target, Instant mtime) throws IOException {
    return owned(Kind.LINK, target.length(), 0777, mtime);
  }

  protected final Metadata directory(int mode, Instant mtime) throws IOException {
    return owned(Kind.DIRECTORY, 0, mode, mtime);
  }

  /** Random content; the seed is its size, so that a failure can be repeated. */
  protected final byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  protected final void assertFile(String path, byte[] content, Metadata source) throws IOException {
    Metadata written = stat(path);
    assertThat(written.kind()).isEqualTo(Kind.FILE);
    assertThat(written.size()).isEqualTo(content.length);
    assertMode(written, source.mode());
    assertMtime(written.mtime(), source.mtime());
    assertThat(read(path)).isEqualTo(content);
  }

  protected final void assertMtime(Instant written, Instant source) {
    Features features = destination.features();
    Instant kept = source.isBefore(features.earliestMtime()) ? features.earliestMtime() : source;
    if (features.mtimeGranularity().isZero()) {
      assertThat(written).isEqualTo(kept);
    } else {
      assertThat(written).isBeforeOrEqualTo(kept);
      assertThat(Duration.between(written, kept)).isLessThan(features.mtimeGranularity());
    }
  }

  private void assertMode(Metadata written, int mode) {
    if (destination.features().keepsPermissions()) {
      // Only the JDK's own file system keeps the higher bits.
      int kept = root.getFileSystem() == FileSystems.getDefault() ? mode : mode & 0777;
      assertThat(Integer.toOctalString(written.mode())).isEqualTo(Integer.toOctalString(kept));
    }
  }

  private static void assertOwner(Metadata written, Metadata source) {
    assertThat(written.uid()).isEqualTo(source.uid());
    assertThat(written.gid()).isEqualTo(source.gid());
  }

  /** Makes an empty directory as the engine does. */
  protected final void makeDirectory(String name, Optional<Metadata> existing) throws IOException {
    Metadata source = directory(0755, TIME);
    destination.setMetadata(
        path(name), source, destination.createDirectory(path(name), source, existing));
  }

  /** Puts a file into the destination without using the store. */
  protected void plant(String name, Instant mtime) throws IOException {
    Path file = Files.writeString(root.resolve(name), "content", UTF_8);
    Files.setLastModifiedTime(file, FileTime.from(mtime));
    settle();
  }

  protected final void makeTree(String name) throws IOException {
    for (String directory : List.of(name, name + "/deep")) {
      makeDirectory(directory, Optional.empty());
    }
    write(name + "/deep/f", bytes(5), file(5, 0644, TIME));
  }

  private Metadata owned(Kind kind, long size, int mode, Instant mtime) throws IOException {
    Metadata mine = Metadata.of(root);
    return new Metadata(kind, size, mtime, mode, mine.uid(), mine.gid(), -1, -1);
  }

  private static Duration aDay() {
    return Duration.ofDays(1);
  }
}
