package dev.mtb.store.folder;

import static com.google.common.util.concurrent.Uninterruptibles.awaitUninterruptibly;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Shard;
import dev.mtb.place.Destinations;
import dev.mtb.place.KnownMounts;
import dev.mtb.store.DestinationException;
import dev.mtb.store.FileWrite;
import dev.mtb.store.ProcessIdentity;
import dev.mtb.store.Store;
import dev.mtb.store.StoreContract;
import dev.mtb.store.TemporaryNamesTest;
import dev.mtb.store.mount.MountStore;
import dev.mtb.store.mount.S3fsMountPoint;
import dev.mtb.store.mount.S3fsProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest extends StoreContract {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");

  @TempDir Path folder;

  @Override
  protected Path freshDirectory() throws IOException {
    return Files.createDirectory(folder.resolve("backup"));
  }

  @Override
  protected Store open(Path directory) throws IOException {
    return Destinations.open(directory, options().build(), /* readOnly= */ false);
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder().stateDirectory(folder.resolve("state"));
  }

  @Test
  void open_makesTheLastName() throws IOException {
    Path missing = folder.resolve("new");

    try (Store made = open(missing)) {
      assertThat(made.name()).isEqualTo(missing.toRealPath().toString());
      assertThat(made.isNew()).isTrue();
    }

    assertThat(missing).isDirectory();
    assertThat(destination.isNew()).isFalse();
  }

  @Test
  void open_moreMissing_isRefused() {
    assertThatThrownBy(() -> open(folder.resolve("a/b")))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("does not exist");
    assertThat(folder.resolve("a")).doesNotExist();
  }

  @Test
  void open_aFile_isRefused() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));

    assertThatThrownBy(() -> open(file)).isInstanceOf(DestinationException.class);
    assertThatThrownBy(() -> open(file.resolve("x"))).isInstanceOf(DestinationException.class);
  }

  @Test
  void open_withoutAMount_isRefusedOnRequest() {
    assertThatThrownBy(
            () ->
                Destinations.open(
                    root, options().connection(c -> c.withRequireMount(true)).build(), false))
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining("Connection.requireMount");
  }

  @Test
  void open_aBareMountPoint_isRefused_throughLinksToo() throws IOException {
    KnownMounts.in(folder.resolve("state")).remember(root);
    Path link = Files.createSymbolicLink(folder.resolve("link"), root);

    for (Path path : new Path[] {root, root.resolve("below"), link, link.resolve("below")}) {
      assertThatThrownBy(() -> open(path))
          .isInstanceOf(DestinationException.class)
          .hasMessageContaining("not mounted");
    }
    assertThat(root.resolve("below")).doesNotExist();
  }

  @Test
  void open_readOnly_changesNothing() throws IOException {
    String dead = TemporaryNamesTest.withProcess("2147483647", "1");
    Files.writeString(root.resolve(dead), "content", UTF_8);

    try (Store readOnly = Destinations.open(root, options().build(), true);
        Store missing = Destinations.open(folder.resolve("missing"), options().build(), true)) {
      assertThat(readOnly.list(path("")).names()).isEmpty();
      assertThat(missing.stat(path(""))).isEmpty();
    }

    assertThat(names()).containsExactly(dead);
    assertThat(folder.resolve("missing")).doesNotExist();
  }

  @Test
  void rawNames_areKeptByteForByte() throws IOException {
    byte[] name = {(byte) 0xff, '%', '\n', (byte) 0xe9};
    Path file = PathBytes.resolve(Path.of(""), name);
    Metadata source = file(3, 0644, TIME);
    try (FileWrite write = destination.write(file, source, Optional.empty())) {
      write.write(ByteBuffer.wrap(bytes(3)));
      write.commit(source);
    }

    assertThat(Files.readAllBytes(PathBytes.resolve(root, name))).isEqualTo(bytes(3));
    assertThat(destination.stat(file).orElseThrow().mtime()).isEqualTo(TIME);
  }

  @Test
  void linkPlantedMeanwhile_isReplaced() throws IOException {
    Path precious = Files.write(folder.resolve("precious"), bytes(50));
    Files.createSymbolicLink(root.resolve("f"), precious);
    Metadata source = file(10, 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(bytes(10)));
      write.commit(source);
    }

    assertFile("f", bytes(10), source);
    assertThat(Files.readAllBytes(precious)).isEqualTo(bytes(50));
  }

  @Test
  void whileItIsWritten_otherUsersCannotRead() throws IOException {
    Metadata source = file(10, 0777, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(bytes(10)));
      Path temporary = root.resolve(names().get(0));
      assertThat(Metadata.of(temporary).mode()).isEqualTo(0600);
    }
  }

  /**
   * The store remembers for each directory which owner and mode new files get. It must not use
   * those of another directory.
   */
  @Test
  void ownerAndMode_areTheSourcesOwn_whateverTheDirectoriesGive() throws IOException {
    assumeThat(destination.features().keepsOwner()).isTrue();
    ProcessIdentity process = ProcessIdentity.read();
    Files.createDirectory(root.resolve("grouped"));
    Files.setAttribute(root.resolve("grouped"), "unix:gid", 4321);
    Files.setAttribute(root.resolve("grouped"), "unix:mode", 02755);
    Metadata parent =
        new Metadata(Kind.DIRECTORY, 0, TIME, 0750, process.uid(), process.gid(), -1, -1);
    Map<String, Set<Attribute>> remaining = new TreeMap<>();
    for (String directory : new String[] {"plain", "plain/deep", "grouped/in", "grouped/in/deep"}) {
      Set<Attribute> unset = destination.createDirectory(path(directory), parent, Optional.empty());
      assertThat(unset.contains(Attribute.OWNER)).isEqualTo(directory.contains("grouped"));
      remaining.put(directory, unset);
      int mode = 0640;
      for (int owner : new int[] {process.uid(), 1234}) {
        for (int group : new int[] {process.gid(), 4321, process.gid()}) {
          String name = directory + "/f" + owner + "-" + group + "-" + mode;
          Metadata like = new Metadata(Kind.FILE, 3, TIME, mode, owner, group, -1, -1);
          write(name, bytes(3), like);
          assertFile(name, bytes(3), like);
          assertThat(stat(name).uid()).as(name).isEqualTo(owner);
          assertThat(stat(name).gid()).as(name).isEqualTo(group);
          mode = mode == 0640 ? 04755 : 0640;
        }
      }
    }
    for (String directory : remaining.keySet()) {
      destination.setMetadata(path(directory), parent, remaining.get(directory));
      assertThat(stat(directory).mode()).as(directory).isEqualTo(0750);
      assertThat(stat(directory).gid()).as(directory).isEqualTo(process.gid());
    }
  }

  @Test
  void groupOfADirectory_thatThisRunSets_isNotThatOfLaterFiles() throws Exception {
    assumeThat(destination.features().keepsOwner()).isTrue();
    Path etc = Path.of("etc");
    destination.createDirectory(etc, metadata(Kind.DIRECTORY, 0755, 0), Optional.empty());
    writeOfRoot(destination, "etc/a");
    destination.setMetadata(
        etc, metadata(Kind.DIRECTORY, 02775, 1234), EnumSet.of(Attribute.OWNER, Attribute.MODE));
    writeOfRoot(destination, "etc/b");
    assertThat(Files.getAttribute(root.resolve("etc/b"), "unix:gid")).isEqualTo(0);
  }

  @Test
  void groupOfADirectory_thatAnotherShardSets_isNotThatOfLaterFiles() throws Exception {
    assumeThat(destination.features().keepsOwner()).isTrue();
    Path directory = Files.createDirectory(folder.resolve("shared"));
    BackupOptions shard = options().shard(Shard.of(1, 2)).build();
    try (Store store = Destinations.open(directory, shard, /* readOnly= */ false)) {
      Metadata etc = metadata(Kind.DIRECTORY, 0755, 0);
      store.createDirectory(Path.of("etc"), etc, Optional.empty());
      writeOfRoot(store, "etc/a");
      Files.setAttribute(directory.resolve("etc"), "unix:gid", 1234);
      Files.setAttribute(directory.resolve("etc"), "unix:mode", 02775);
      writeOfRoot(store, "etc/b");
    }
    assertThat(Files.getAttribute(directory.resolve("etc/b"), "unix:gid")).isEqualTo(0);
  }

  private static Metadata metadata(Kind kind, int mode, int gid) {
    return new Metadata(kind, /* size= */ 1, TIME, mode, /* uid= */ 0, gid, 1, 1);
  }

  private static void writeOfRoot(Store store, String path) throws IOException {
    Metadata source = metadata(Kind.FILE, 0640, 0);
    try (FileWrite write = store.write(Path.of(path), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(new byte[] {1}));
      write.commit(source);
    }
  }

  @Test
  void twoThreadsThatMakeOneDirectory_neverReplaceIt() throws Exception {
    for (int i = 0; i < 200; i++) {
      Path directory = Path.of("d" + i);
      List<CompletableFuture<Object>> made = new ArrayList<>();
      CountDownLatch begin = new CountDownLatch(1);
      for (int thread = 0; thread < 2; thread++) {
        made.add(
            CompletableFuture.supplyAsync(
                () -> {
                  awaitUninterruptibly(begin);
                  try {
                    destination.createDirectory(
                        directory, metadata(Kind.DIRECTORY, 0755, 0), Optional.empty());
                    return Files.readAttributes(root.resolve(directory), BasicFileAttributes.class)
                        .fileKey();
                  } catch (IOException e) {
                    return e;
                  }
                }));
      }
      begin.countDown();
      List<Object> results = List.of(made.get(0).get(), made.get(1).get());
      assertThat(results).filteredOn(IOException.class::isInstance).hasSize(1);
      assertThat(results)
          .contains(
              Files.readAttributes(root.resolve(directory), BasicFileAttributes.class).fileKey());
    }
  }

  @Test
  void aFileThatAppearedMeanwhile_isReplaced() throws IOException {
    Metadata source = file(10, 0644, TIME);
    try (FileWrite write = destination.write(path("f"), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(bytes(10)));
      Files.writeString(root.resolve("f"), "quicker", UTF_8);
      write.commit(source);
    }

    assertFile("f", bytes(10), source);
  }

  /** During a replacement, the complete old or new file exists at every moment. */
  @Test
  void overwriting_leavesNoMomentWithoutAWholeFile() throws Exception {
    Metadata source = file(10, 0640, TIME);
    write("f", bytes(10), source);
    Path file = root.resolve("f");
    AtomicBoolean isOver = new AtomicBoolean();
    CompletableFuture<Long> seen =
        CompletableFuture.supplyAsync(
            () -> {
              long wrong = 0;
              while (!isOver.get()) {
                try {
                  Metadata now = Metadata.of(file);
                  boolean isWhole =
                      now.size() == 10 && now.mode() == 0640 && now.mtime().equals(TIME);
                  wrong += isWhole ? 0 : 1;
                } catch (IOException e) {
                  wrong++;
                }
              }
              return wrong;
            });
    for (int i = 0; i < 2000; i++) {
      write("f", bytes(10), source);
    }
    isOver.set(true);

    assertThat(seen.get()).isZero();
  }

  @Test
  void setuid_survivesAChangeOfOwner() throws IOException {
    assumeThat(destination.features().keepsOwner()).isTrue();
    write("f", bytes(3), file(3, 0755, TIME));
    Metadata source = new Metadata(Kind.FILE, 3, TIME, 06755, 1234, 4321, -1, -1);

    destination.setMetadata(path("f"), source, EnumSet.allOf(Attribute.class));

    assertThat(stat("f").mode()).isEqualTo(06755);
    assertThat(stat("f").uid()).isEqualTo(1234);
  }

  @Test
  void mtimeBefore1970_isKept() throws IOException {
    Instant old = Instant.parse("1961-04-12T06:07:00Z");

    write("f", bytes(3), file(3, 0644, old));

    assertMtime(stat("f").mtime(), old);
  }

  @Test
  void mtimeBefore1970_withAFraction_isKeptToTheSecond() throws IOException {
    Instant old = Instant.parse("1961-04-12T06:07:00.25Z");

    write("f", bytes(3), file(3, 0644, old));

    assertMtime(stat("f").mtime(), Instant.parse("1961-04-12T06:07:00Z"));
  }

  @Test
  void s3fs_sourceWithoutOwnerAndMode_isWritten() throws IOException {
    assumeThat(destination.features().keepsOwner()).isTrue();
    Metadata source = new Metadata(Kind.FILE, 3, TIME, -1, -1, -1, -1, -1);
    ProcessIdentity process = ProcessIdentity.read();
    S3fsMountPoint point = S3fsMountPoint.hold(root);

    try (Store s3fs =
            new MountStore(
                new FolderPlace(root, false, false, false, false, process, Optional.empty()),
                point,
                S3fsProcess.UNKNOWN,
                false);
        FileWrite write = s3fs.write(path("f"), source, Optional.empty())) {
      write.write(ByteBuffer.wrap(bytes(3)));
      write.commit(source);
    }

    assertThat(read("f")).isEqualTo(bytes(3));
  }

  @Test
  void check_whenTheDestinationIsGone_fails() throws IOException {
    Files.delete(root);

    assertThatThrownBy(() -> destination.check())
        .isInstanceOf(DestinationException.class)
        .hasMessageContaining(root.getFileName().toString());
  }
}
