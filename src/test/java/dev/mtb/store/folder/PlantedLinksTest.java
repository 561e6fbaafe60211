package dev.mtb.store.folder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.place.Destinations;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Listing;
import dev.mtb.store.Store;
import dev.mtb.store.TemporaryNames;
import dev.mtb.store.TemporaryNamesTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another user who may write to the destination plants symbolic links that lead out of it. */
public class PlantedLinksTest {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");
  public static final String ABANDONED = TemporaryNamesTest.withProcess("2147483647", "1");

  @TempDir Path folder;
  private Path root;
  private Path outside;
  private Store destination;
  private Map<String, String> before;

  @BeforeEach
  void open() throws IOException {
    outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("f"), "precious");
    Files.createSymbolicLink(outside.resolve("l"), Path.of("precious"));
    Files.writeString(Files.createDirectory(outside.resolve("tree")).resolve("f"), "precious");
    Files.writeString(outside.resolve(ABANDONED), "somebody else's");
    before = state(outside);
    root = Files.createDirectory(folder.resolve("backup"));
    Files.writeString(Files.createDirectory(root.resolve("d")).resolve("f"), "old");
    BackupOptions options = BackupOptions.builder().stateDirectory(folder.resolve("state")).build();
    destination = Destinations.open(root, options, /* readOnly= */ false);
    // The write opens directories, since directories that are held open must be safe, too.
    put("d/other", "content");
  }

  @AfterEach
  void nothingOutsideIsTouched() throws IOException {
    destination.close();
    assertThat(state(outside)).isEqualTo(before);
  }

  /**
   * The visible state of the outside directory, without its mtime, which a failed attempt may
   * change.
   */
  public static Map<String, String> state(Path outside) throws IOException {
    Map<String, String> state = new TreeMap<>();
    try (var paths = Files.walk(outside)) {
      for (Path path : paths.toList()) {
        Metadata metadata = Metadata.of(path);
        String content = metadata.kind() == Kind.FILE ? Files.readString(path) : "";
        String times = path.equals(outside) ? "" : metadata.mtime() + " " + metadata.ctime();
        state.put(
            path.toString(),
            metadata.kind() + " " + metadata.mode() + " " + metadata.uid() + times + content);
      }
    }
    return state;
  }

  private static Metadata source(Kind kind, int size, int mode) {
    return new Metadata(kind, size, TIME, mode, 1234, 4321, -1, -1);
  }

  private Optional<Metadata> existing(String path) throws IOException {
    return destination.stat(Path.of(path));
  }

  private void put(String path, String content) throws IOException {
    try (FileWrite write = begin(path, content, existing(path))) {
      write.commit(source(Kind.FILE, content.length(), 0644));
    }
  }

  private FileWrite begin(String path, String content, Optional<Metadata> existing)
      throws IOException {
    Metadata source = source(Kind.FILE, content.length(), 0644);
    FileWrite write = destination.write(Path.of(path), source, existing);
    write.write(ByteBuffer.wrap(content.getBytes(UTF_8)));
    return write;
  }

  /** Puts a link to the outside in the place of a directory, and keeps that beside it. */
  private void plant(String directory) throws IOException {
    Files.move(root.resolve(directory), root.resolve(directory + ".moved"));
    Files.createSymbolicLink(root.resolve(directory), outside);
  }

  @Test
  void write_intoADirectoryThatBecameALink_fails() throws IOException {
    Optional<Metadata> existing = existing("d/f");
    plant("d");

    assertThatThrownBy(
            () -> {
              try (FileWrite write = begin("d/f", "new", existing)) {
                write.commit(source(Kind.FILE, 3, 0644));
              }
            })
        .isInstanceOf(IOException.class);

    assertThat(root.resolve("d.moved/f")).hasContent("old");
  }

  @Test
  void write_whenTheDirectoryBecomesALinkMeanwhile_fails_andLeavesNothing() throws IOException {
    assertThatThrownBy(
            () -> {
              try (FileWrite write = begin("d/f", "new", existing("d/f"))) {
                plant("d");
                write.commit(source(Kind.FILE, 3, 04755));
              }
            })
        .isInstanceOf(IOException.class);

    assertThat(root.resolve("d.moved/f")).hasContent("old");
    assertThat(root.resolve("d.moved").toFile().list()).containsExactlyInAnyOrder("f", "other");
  }

  @Test
  void write_deepBelowADirectoryThatBecameALink_fails() throws IOException {
    Files.createDirectory(root.resolve("d/tree"));
    put("d/tree/f", "old");
    plant("d");

    assertThatThrownBy(() -> put("d/tree/f", "new")).isInstanceOf(IOException.class);

    assertThat(root.resolve("d.moved/tree/f")).hasContent("old");
  }

  @Test
  void write_afterTheDirectoryIsBack_works() throws IOException {
    plant("d");
    assertThatThrownBy(() -> put("d/f", "new")).isInstanceOf(IOException.class);
    Files.delete(root.resolve("d"));
    Files.createDirectory(root.resolve("d"));

    put("d/f", "new");

    assertThat(root.resolve("d/f")).hasContent("new");
    assertThat(root.resolve("d.moved/f")).hasContent("old");
  }

  @Test
  void write_overALink_replacesTheLink() throws IOException {
    Optional<Metadata> existing = existing("d/f");
    Files.delete(root.resolve("d/f"));
    Files.createSymbolicLink(root.resolve("d/f"), outside.resolve("f"));

    try (FileWrite write = begin("d/f", "new", existing)) {
      write.commit(source(Kind.FILE, 3, 04755));
    }

    assertThat(Metadata.of(root.resolve("d/f")).kind()).isEqualTo(Kind.FILE);
    assertThat(root.resolve("d/f")).hasContent("new");
  }

  @Test
  void rename_whenTheDirectoryAboveBecomesALink_isDoneInThatDirectory() throws IOException {
    Files.writeString(root.resolve("d/f"), "new");

    try (Folder held = ((FolderStore) destination).tree.folderOf(root.resolve("d/f"))) {
      plant("d");
      assertThat(held.isHeld()).isTrue();
      destination.rename(Path.of("d/f"), Path.of("d/tree"));
    }

    assertThat(root.resolve("d.moved/tree")).hasContent("new");
  }

  @Test
  void metadata_behindADirectoryThatBecameALink_isNotSet() throws IOException {
    plant("d");

    for (Metadata source :
        new Metadata[] {source(Kind.FILE, 3, 0777), source(Kind.FILE, 3, 04755)}) {
      assertThatThrownBy(
              () -> destination.setMetadata(Path.of("d/f"), source, EnumSet.allOf(Attribute.class)))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void metadata_ofAFileOrDirectoryThatBecameALink_isNotSet() throws IOException {
    Files.delete(root.resolve("d/f"));
    Files.createSymbolicLink(root.resolve("d/f"), outside.resolve("f"));
    Files.createSymbolicLink(root.resolve("e"), outside);

    assertThatThrownBy(
            () ->
                destination.setMetadata(
                    Path.of("d/f"), source(Kind.FILE, 3, 0777), EnumSet.allOf(Attribute.class)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(
            () ->
                destination.setMetadata(
                    Path.of("e"), source(Kind.DIRECTORY, 0, 0777), EnumSet.allOf(Attribute.class)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void modeOfALink_isNeverThatOfItsTarget() throws IOException {
    Files.createSymbolicLink(root.resolve("l"), outside.resolve("f"));

    assertThatThrownBy(() -> ((FolderStore) destination).metadata.setMode(root.resolve("l"), 04777))
        .isInstanceOf(IOException.class);
  }

  @Test
  void linkAndDirectory_intoADirectoryThatBecameALink_areNotMade() throws IOException {
    Optional<Metadata> oldFile = existing("d/f");
    plant("d");
    Metadata untouched = Metadata.of(outside);

    for (Optional<Metadata> existing : List.of(Optional.<Metadata>empty(), oldFile)) {
      assertThatThrownBy(
              () ->
                  destination.writeLink(
                      Path.of("d/l"), Path.of("x"), source(Kind.LINK, 1, 0777), existing))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(
              () ->
                  destination.createDirectory(
                      Path.of("d/f"), source(Kind.DIRECTORY, 0, 0755), existing))
          .isInstanceOf(IOException.class);
    }
    assertThat(root.resolve("d.moved/f")).hasContent("old");
    // They were not even made for a moment under another name.
    assertThat(Metadata.of(outside)).isEqualTo(untouched);
  }

  @Test
  void list_ofADirectoryThatBecameALink_removesNothingThere() throws IOException {
    plant("d");

    assertThatThrownBy(() -> destination.list(Path.of("d"))).isInstanceOf(IOException.class);
  }

  @Test
  void abandonedDirectory_isRemoved() throws IOException {
    Files.createDirectory(root.resolve("d").resolve(ABANDONED));

    Listing listing = destination.list(Path.of("d"));
    assertThat(listing.names()).isEmpty();
    destination.deleteStale(Path.of("d"), listing);

    assertThat(root.resolve("d").resolve(ABANDONED)).doesNotExist();
  }

  /**
   * Nothing outside is changed even if another user replaces the directory with a link and back all
   * the time. Only a link or directory that Java makes by path may be made outside, under a
   * temporary name, and is removed if it is found again.
   */
  @Test
  void whileADirectoryIsReplacedRepeatedly_nothingOutsideChanges() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), outside);
    Path real = folder.resolve("real");
    AtomicBoolean isOver = new AtomicBoolean();
    Thread swapper =
        new Thread(
            () -> {
              try {
                while (!isOver.get()) {
                  Files.move(root.resolve("d"), real);
                  Files.move(link, root.resolve("d"));
                  Files.move(root.resolve("d"), link);
                  Files.move(real, root.resolve("d"));
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    swapper.start();
    int done = 0;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    for (int i = 0; System.nanoTime() < end; i++) {
      try {
        switch (i % 3) {
          case 0 -> put("d/f", "new");
          case 1 ->
              destination.writeLink(
                  Path.of("d/l"),
                  Path.of("x"),
                  source(Kind.LINK, 1, 0777),
                  Optional.of(source(Kind.LINK, 1, 0777)));
          default ->
              destination.createDirectory(
                  Path.of("d/made" + i), source(Kind.DIRECTORY, 0, 0755), Optional.empty());
        }
        done++;
      } catch (IOException e) {
        // The path led through the link, and MTB noticed it.
      }
    }
    isOver.set(true);
    swapper.join();
    assertThat(done).isPositive();
    try (var paths = Files.list(outside)) {
      for (Path path : paths.toList()) {
        if (TemporaryNames.isTemporary(path.getFileName()) && !path.endsWith(ABANDONED)) {
          assertThat(Metadata.of(path).kind()).isNotEqualTo(Kind.FILE);
          Files.delete(path);
        }
      }
    }
  }
}
