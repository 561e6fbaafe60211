package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Deletion;
import dev.mtb.options.OldVersions;
import dev.mtb.options.Shard;
import dev.mtb.place.Destinations;
import dev.mtb.store.FileWrite;
import dev.mtb.store.Store;
import dev.mtb.testing.RandomTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Old versions: where they are kept, and that a complete file exists at every moment. */
class OldVersionsTest {
  private static final Instant TIME = Instant.parse("2024-01-01T00:00:00Z");

  @TempDir Path temp;
  private Path source;
  private Path backup;

  @BeforeEach
  void prepare() throws IOException {
    source = Files.createDirectory(temp.resolve("source"));
    backup = temp.resolve("backup");
  }

  private BackupOptions.Builder options(String directory, String suffix) {
    return BackupOptions.builder()
        .threads(4)
        .stateDirectory(temp.resolve("state"))
        .oldVersions(
            new OldVersions(
                Optional.of(directory).filter(d -> !d.isEmpty()).map(Path::of), suffix));
  }

  private BackupReport run(BackupOptions.Builder options) {
    return Mtb.backup(
        BackupJob.builder()
            .base(source)
            .source(Path.of("."))
            .destination(backup)
            .options(options.build())
            .build());
  }

  private static Path write(Path file, String content) throws IOException {
    return RandomTree.write(file, content.getBytes(UTF_8), TIME);
  }

  /**
   * As with rsync, the files stay in the directory under other names. That is no failure in this or
   * a later run.
   */
  @Test
  void directoryThatIsGone_holdsItsOldVersions() throws Exception {
    write(source.resolve("gone/d/a"), "a");
    Files.createDirectories(source.resolve("gone/empty"));
    write(source.resolve("kept"), "kept");
    assertThat(run(options("", "~")).failures()).isEmpty();
    MoreFiles.deleteRecursively(source.resolve("gone"), RecursiveDeleteOption.ALLOW_INSECURE);
    for (int run = 0; run < 2; run++) {
      BackupReport report = run(options("", "~").deletion(Deletion.ALL));
      assertThat(report.failures()).isEmpty();
      assertThat(report.totals().deleted()).isEqualTo(run == 0 ? 1 : 0);
      assertThat(backup.resolve("gone/d/a~")).hasContent("a");
      assertThat(backup.resolve("gone/d/a")).doesNotExist();
      assertThat(backup.resolve("gone/empty")).doesNotExist();
    }
  }

  // A complete file at each moment

  private static void overwrite(Store destination, String content) throws IOException {
    Metadata metadata = new Metadata(Kind.FILE, content.length(), TIME, 0640, -1, -1, -1, -1);
    Path file = Path.of("d/a");
    try (FileWrite write = destination.write(file, metadata, destination.stat(file))) {
      write.write(ByteBuffer.wrap(content.getBytes(UTF_8)));
      write.commit(metadata);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../old", "old", ".", ""})
  void nameHoldsAWholeFileAtEachMoment(String place) throws Exception {
    Path file = write(backup.resolve("d/a"), "version 0");
    AtomicBoolean isDone = new AtomicBoolean();
    AtomicInteger missing = new AtomicInteger();
    AtomicInteger looks = new AtomicInteger();
    Thread reader =
        new Thread(
            () -> {
              while (!isDone.get()) {
                try {
                  looks.incrementAndGet();
                  if (!Files.readString(file).startsWith("version ")) {
                    missing.incrementAndGet();
                  }
                } catch (IOException e) {
                  missing.incrementAndGet();
                }
              }
            });
    reader.start();
    try (Store destination =
        Destinations.open(backup, options(place, "~").build(), /* readOnly= */ false)) {
      for (int i = 1; i <= 500 || (looks.get() < 2000 && i < 20_000); i++) {
        overwrite(destination, "version " + i);
        Path old = backup.resolve(place).resolve("d/a~");
        assertThat(old).hasContent("version " + (i - 1));
      }
    } finally {
      isDone.set(true);
      reader.join();
    }
    assertThat(missing.get()).as("moments without a whole file, of %s", looks).isZero();
  }

  @Test
  void newFileThatCannotTakeTheName_leavesTheOldOneWhole() throws Exception {
    Path file = write(backup.resolve("d/a"), "old");
    try (Store destination =
        Destinations.open(backup, options("../old", "").build(), /* readOnly= */ false)) {
      Metadata metadata = new Metadata(Kind.FILE, 3, TIME, 0640, -1, -1, -1, -1);
      assertThatThrownBy(
              () -> {
                try (FileWrite write =
                    destination.write(Path.of("d/a"), metadata, destination.stat(Path.of("d/a")))) {
                  write.write(ByteBuffer.wrap("new".getBytes(UTF_8)));
                  for (Path temporary : temporaries(file.getParent())) {
                    Files.delete(temporary);
                  }
                  write.commit(metadata);
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(file).hasContent("old");
    assertThat(temp.resolve("old/d/a")).doesNotExist();
  }

  private static List<Path> temporaries(Path directory) throws IOException {
    try (var files = Files.newDirectoryStream(directory, ".mtb-tmp*")) {
      return com.google.common.collect.ImmutableList.copyOf(files);
    }
  }

  @Test
  void runThatWasKilledAfterItHadKeptTheOldVersion_isRepeated() throws Exception {
    Path file = write(backup.resolve("d/a"), "old");
    write(source.resolve("d/a"), "new one");
    Path old = Files.createDirectories(temp.resolve("old/d")).resolve("a");
    Files.createLink(old, file);
    assertThat(run(options("../old", "")).failures()).isEmpty();
    assertThat(file).hasContent("new one");
    assertThat(old).hasContent("old");
    assertThat(temporaries(old.getParent())).isEmpty();
  }

  // Other file systems

  private static void assertKept(Path root, Path state) throws IOException {
    Path from = root.resolve("from");
    Path to = root.resolve("to");
    for (String content : List.of("first", "second!", "and a third")) {
      write(from.resolve("d/a"), content);
      Files.setLastModifiedTime(
          from.resolve("d/a"),
          java.nio.file.attribute.FileTime.from(TIME.plusSeconds(10L * content.length())));
      BackupReport report =
          Mtb.backup(
              BackupJob.builder()
                  .base(from)
                  .source(root.getFileSystem().getPath("d"))
                  .destination(to)
                  .options(
                      BackupOptions.builder()
                          .stateDirectory(state)
                          .oldVersions(
                              new OldVersions(
                                  Optional.of(root.getFileSystem().getPath("../old")), ""))
                          .build())
                  .build());
      assertThat(report.failures()).isEmpty();
    }
    assertThat(Files.readString(to.resolve("d/a"))).isEqualTo("and a third");
    assertThat(Files.readString(root.resolve("old/d/a"))).isEqualTo("second!");
    assertThat(Files.getLastModifiedTime(root.resolve("old/d/a")).toInstant())
        .isEqualTo(TIME.plusSeconds(70));
  }

  @Test
  void jimfs_keepsOldVersions_andRefusesTheSamePlaces() throws Exception {
    for (Configuration configuration :
        List.of(Configuration.unix(), Configuration.osX(), Configuration.windows())) {
      try (FileSystem fs = Jimfs.newFileSystem(configuration)) {
        Path root =
            Files.createDirectory(fs.getRootDirectories().iterator().next().resolve("world"));
        Files.createDirectory(root.resolve("from"));
        assertKept(root, temp.resolve("state"));
        Path link = Files.createSymbolicLink(root.resolve("link"), root.resolve("to"));
        Path linked = Files.createSymbolicLink(root.resolve("linked"), root.resolve("from"));
        for (Path place : List.of(link, root, root.resolve("from/d/old"), linked.resolve("d"))) {
          BackupJob job =
              BackupJob.builder()
                  .base(root.resolve("from"))
                  .source(fs.getPath("d"))
                  .destination(root.resolve("to"))
                  .options(
                      BackupOptions.builder()
                          .stateDirectory(temp.resolve("state"))
                          .oldVersions(new OldVersions(Optional.of(place), ""))
                          .build())
                  .build();
          assertThatThrownBy(() -> Mtb.backup(job))
              .as("%s", place)
              .isInstanceOf(InvalidJobException.class);
        }
      }
    }
  }

  @Test
  void zip_whichHasNoLinks_keepsCopies() throws Exception {
    try (FileSystem fs =
        FileSystems.newFileSystem(temp.resolve("a.zip"), Map.of("create", "true"))) {
      Path root = Files.createDirectory(fs.getPath("/world"));
      Files.createDirectory(root.resolve("from"));
      assertKept(root, temp.resolve("state"));
    }
  }

  // Places

  private void refused(String place, String... words) {
    assertThatThrownBy(() -> run(options(place, "")))
        .as(place)
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void placesThatCanMeetTheDestination_areRefused() throws Exception {
    write(source.resolve("a"), "a");
    Files.createDirectory(backup);
    Path link = Files.createSymbolicLink(temp.resolve("link"), backup);
    Path up = Files.createSymbolicLink(temp.resolve("up"), temp);
    Files.createSymbolicLink(temp.resolve("dangling"), backup.resolve("not-there"));
    write(temp.resolve("file"), "a file");
    refused(link.toString(), "in the destination itself");
    refused(up.resolve("backup").toString(), "in the destination itself");
    refused("../link", "in the destination itself");
    refused("../backup", "in the destination itself");
    refused(up.toString(), "holds the destination");
    refused("/", "holds the destination");
    refused("../dangling", "leads to nothing");
    refused("../file", "is not a directory");
    assertThat(backup).isEmptyDirectory();
  }

  @Test
  void placesThatOverlapASource_areRefused() throws Exception {
    write(source.resolve("data/a"), "a");
    write(source.resolve("old/report"), "a source");
    Path list = write(temp.resolve("lists/list"), "data\n");
    Path link = Files.createSymbolicLink(temp.resolve("link"), source.resolve("old"));
    Path elsewhere = Files.createSymbolicLink(temp.resolve("elsewhere"), source);
    for (Path place :
        List.of(
            source.resolve("old"),
            link,
            source.resolve("old/deep"),
            elsewhere.resolve("old"),
            source)) {
      for (Path base : List.of(source, elsewhere)) {
        BackupJob job =
            BackupJob.builder()
                .base(base)
                .source(Path.of("data"))
                .source(Path.of("old"))
                .destination(source.resolve("backup"))
                .options(options(place.toString(), "").build())
                .build();
        assertThatThrownBy(() -> Mtb.backup(job))
            .as("%s, from %s", place, base)
            .isInstanceOf(InvalidJobException.class)
            .hasMessageContaining("old versions cannot be kept in");
      }
    }
    BackupJob job =
        BackupJob.builder()
            .base(source)
            .filesFrom(list)
            .destination(backup)
            .options(options(list.getParent().toString(), "").build())
            .build();
    assertThatThrownBy(() -> Mtb.backup(job))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("the list");
    assertThat(source.resolve("old/report")).hasContent("a source");
    assertThat(backup).doesNotExist();
  }

  @Test
  void shards_doNotHideCollisions() throws Exception {
    write(source.resolve("a"), "a 1");
    write(source.resolve("a~"), "live");
    assertThat(run(BackupOptions.builder().stateDirectory(temp.resolve("state"))).failures())
        .isEmpty();
    write(source.resolve("a"), "a, second");
    int failures = 0;
    for (int i = 1; i <= 3; i++) {
      failures += run(options("", "~").shard(Shard.of(i, 3))).failures().size();
    }
    assertThat(failures).isEqualTo(1);
    assertThat(backup.resolve("a~")).hasContent("live");
    assertThat(backup.resolve("a")).hasContent("a 1");
  }

  @Test
  void listedAlone_itsNeighbourInTheSourceStillCounts() throws Exception {
    write(source.resolve("a"), "a 1");
    write(source.resolve("a~"), "live");
    assertThat(run(BackupOptions.builder().stateDirectory(temp.resolve("state"))).failures())
        .isEmpty();
    write(source.resolve("a"), "a, second");
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("a"))
                .destination(backup)
                .options(options("", "~").build())
                .build());
    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(backup.resolve("a~")).hasContent("live");
  }

  @Test
  void linksInADirectoryThatIsReplaced_areNotFollowed() throws Exception {
    Path outside = write(temp.resolve("outside/precious"), "precious").getParent();
    write(source.resolve("d/x/a"), "a");
    Files.createSymbolicLink(source.resolve("d/x/link"), outside);
    assertThat(run(BackupOptions.builder().stateDirectory(temp.resolve("state"))).failures())
        .isEmpty();
    for (Path file : List.of(Path.of("d/x/a"), Path.of("d/x/link"), Path.of("d/x"))) {
      Files.delete(source.resolve(file));
    }
    write(source.resolve("d/x"), "a file");
    BackupOptions.Builder mirror =
        BackupOptions.builder().stateDirectory(temp.resolve("state")).deletion(Deletion.ALL);
    assertThat(run(mirror).failures()).isEmpty();
    assertThat(outside.resolve("precious")).hasContent("precious");
    assertThat(backup.resolve("d/x")).hasContent("a file");
  }
}
