package dev.mtb.store.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Listing;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.RefusedException;
import dev.mtb.store.ReplacedException;
import dev.mtb.store.Store;
import dev.mtb.store.folder.FolderPlace;
import dev.mtb.store.folder.PlantedLinksTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Writes to S3FS, with a folder instead of the mount: which writes are refused because of a link,
 * and which files are written in place. Other tests use a real s3fs.
 */
class S3fsOnAFolderTest {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");
  private static final int ONE_WRITE = 128 << 10;

  @TempDir Path folder;
  private Path outside;
  private Path root;
  private Store destination;
  private Map<String, String> before;

  @BeforeEach
  void open() throws IOException {
    outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("f"), "precious");
    Files.createSymbolicLink(outside.resolve("l"), Path.of("precious"));
    Files.writeString(Files.createDirectory(outside.resolve("tree")).resolve("f"), "precious");
    Files.writeString(outside.resolve(PlantedLinksTest.ABANDONED), "somebody else's");
    before = PlantedLinksTest.state(outside);
    root = Files.createDirectory(folder.resolve("backup"));
    Files.createDirectory(root.resolve("real"));
    // A link stands in the place of a directory, and of a directory above one.
    Files.createSymbolicLink(root.resolve("d"), outside);
    destination =
        new MountStore(
            new FolderPlace(
                root,
                /* isNew= */ false,
                /* readOnly= */ false,
                /* fsync= */ false,
                /* isShared= */ false,
                ProcessIdentity.read(),
                Optional.empty()),
            S3fsMountPoint.hold(root),
            S3fsProcess.UNKNOWN,
            /* readsBack= */ false);
  }

  @AfterEach
  void nothingOutsideIsTouched() throws IOException {
    destination.close();
    assertThat(PlantedLinksTest.state(outside)).isEqualTo(before);
  }

  private static Metadata source(Kind kind, int size) {
    return new Metadata(kind, size, TIME, kind == Kind.DIRECTORY ? 0750 : 0640, 0, 0, -1, -1);
  }

  private void write(String path, int size, Optional<Metadata> existing) throws IOException {
    Metadata source = source(Kind.FILE, size);
    try (FileWrite write = destination.write(Path.of(path), source, existing)) {
      write.write(ByteBuffer.allocate(size));
      write.commit(source);
    }
  }

  /** A new file, a file that is not longer than the old one, and longer ones. */
  @ParameterizedTest
  @CsvSource({"d/new, 5, -1", "d/f, 10, 8", "d/f, 5, 8", "d/f, 300000, 8", "d/tree/f, 10, 8"})
  void file_behindALink_isNotWritten(String path, int size, int oldSize) {
    Optional<Metadata> existing =
        oldSize < 0 ? Optional.empty() : Optional.of(source(Kind.FILE, oldSize));

    assertThatThrownBy(() -> write(path, size, existing)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"d", "d/tree"})
  void linkAndDirectory_behindALink_areNotMade(String directory) {
    for (Optional<Metadata> existing :
        Stream.of(Kind.FILE, Kind.LINK).map(kind -> Optional.of(source(kind, 8))).toList()) {
      assertThatThrownBy(
              () ->
                  destination.writeLink(
                      Path.of(directory, "l"), Path.of("x"), source(Kind.LINK, 1), existing))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(
              () ->
                  destination.createDirectory(
                      Path.of(directory, "f"), source(Kind.DIRECTORY, 0), existing))
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(
            () ->
                destination.writeLink(
                    Path.of(directory, "n"), Path.of("x"), source(Kind.LINK, 1), Optional.empty()))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(
            () ->
                destination.createDirectory(
                    Path.of(directory, "n"), source(Kind.DIRECTORY, 0), Optional.empty()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void metadata_behindALink_isNotSet() {
    for (String path : new String[] {"d/f", "d/tree/f"}) {
      assertThatThrownBy(() -> setMetadata(path, Kind.FILE)).isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> setMetadata("d/tree", Kind.DIRECTORY)).isInstanceOf(IOException.class);
  }

  @Test
  void metadata_ofWhatBecameALink_isNotSet() throws IOException {
    Files.createSymbolicLink(root.resolve("real/f"), outside.resolve("f"));

    assertThatThrownBy(() -> setMetadata("real/f", Kind.FILE))
        .isInstanceOf(ReplacedException.class);
    assertThatThrownBy(() -> setMetadata("d", Kind.DIRECTORY))
        .isInstanceOf(ReplacedException.class);
  }

  private void setMetadata(String path, Kind kind) throws IOException {
    destination.setMetadata(Path.of(path), source(kind, 8), EnumSet.allOf(Attribute.class));
  }

  @Test
  void fileThatBecameALink_isNotWrittenThrough() throws IOException {
    Files.createSymbolicLink(root.resolve("real/f"), outside.resolve("f"));

    assertThatThrownBy(() -> write("real/f", 10, Optional.of(source(Kind.FILE, 8))))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> write("real/f", 10, Optional.empty())).isInstanceOf(IOException.class);
    write("real/f", 5, Optional.of(source(Kind.FILE, 8)));
    assertThat(Metadata.of(root.resolve("real/f")).kind()).isEqualTo(Kind.FILE);
  }

  @Test
  void whatADeadRunLeft_behindALink_isNotRemoved() throws IOException {
    Listing listing = destination.list(Path.of("d"));
    assertThatThrownBy(() -> destination.deleteStale(Path.of("d"), listing))
        .isInstanceOf(IOException.class);

    Path abandoned = Files.createFile(root.resolve("real").resolve(PlantedLinksTest.ABANDONED));
    Listing real = destination.list(Path.of("real"));
    assertThat(real.names().orElseThrow()).isEmpty();
    destination.deleteStale(Path.of("real"), real);
    assertThat(abandoned).doesNotExist();
  }

  /**
   * Between two writes s3fs may upload what it has: the beginning of the new content and the end of
   * the old.
   */
  @ParameterizedTest
  @ValueSource(ints = {ONE_WRITE, ONE_WRITE + 1})
  void overwriteThatTakesMoreThanOneWrite_goesBeside(int size) throws IOException {
    Path file = Files.write(root.resolve("real/f"), new byte[] {1, 2, 3});
    Metadata source = source(Kind.FILE, size);
    try (FileWrite write =
        destination.write(Path.of("real/f"), source, Optional.of(Metadata.of(file)))) {
      write.write(ByteBuffer.allocate(size));
      try (Stream<Path> files = Files.list(root.resolve("real"))) {
        assertThat(files).hasSize(size > ONE_WRITE ? 2 : 1);
      }
      assertThat(file).hasBinaryContent(new byte[] {1, 2, 3});
      write.commit(source);
    }
    assertThat(file).hasSize(size);
    try (Stream<Path> files = Files.list(root.resolve("real"))) {
      assertThat(files).containsExactly(file);
    }
  }

  /** One with a control character would make the whole directory unreadable. */
  @Test
  void namesThatS3CannotHold_areRefusedBeforeAnythingIsWritten() throws IOException {
    Path path = Path.of("real", "a\u0001b");
    assertThatThrownBy(() -> write(path.toString(), 5, Optional.empty()))
        .isInstanceOf(RefusedException.class);
    assertThatThrownBy(
            () -> destination.writeLink(path, Path.of("t"), source(Kind.LINK, 1), Optional.empty()))
        .isInstanceOf(RefusedException.class);
    assertThatThrownBy(
            () ->
                destination.writeLink(
                    Path.of("real/l"), Path.of(" t"), source(Kind.LINK, 2), Optional.empty()))
        .isInstanceOf(RefusedException.class);
    assertThatThrownBy(
            () -> destination.createDirectory(path, source(Kind.DIRECTORY, 0), Optional.empty()))
        .isInstanceOf(RefusedException.class);
    assertThat(root.resolve("real")).isEmptyDirectory();
  }

  /** The file has grown since the look. If it were overwritten in place, its end would stay. */
  @Test
  void fileThatHasGrownMeanwhile_isReplacedAsAWhole() throws IOException {
    Path file = Files.write(root.resolve("real/f"), new byte[100]);

    write("real/f", 10, Optional.of(source(Kind.FILE, 8)));

    assertThat(file).hasBinaryContent(new byte[10]);
  }
}
