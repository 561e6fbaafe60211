package dev.mtb.scan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.place.Destinations;
import dev.mtb.place.OpenTree;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceListTest {
  private final FileSystem memory = Jimfs.newFileSystem(Configuration.unix());
  private final Path base = memory.getPath("/home/me");
  private final Path destination = memory.getPath("/mnt/backup");
  private final List<Entry> entries = new ArrayList<>();
  private final List<Path> unusable = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  /** Keeps what is handed out. */
  private final SourceList.Visitor collector =
      new SourceList.Visitor() {
        @Override
        public void entry(Entry entry) {
          entries.add(entry);
        }

        @Override
        public void unusable(Path path, String error) {
          unusable.add(path);
          errors.add(error);
        }
      };

  @BeforeEach
  void makeFiles() throws IOException {
    for (String file :
        List.of(
            "/home/me/docs/a.txt",
            "/home/me/docs/deep/b.txt",
            "/home/me/docs-2/c.txt",
            "/home/me/z",
            "/home/you/x",
            "/etc/hosts",
            "/etc/deep/er/file")) {
      Files.createDirectories(memory.getPath(file).getParent());
      Files.writeString(memory.getPath(file), file, UTF_8);
    }
    Files.createDirectories(destination);
  }

  @AfterEach
  void close() throws IOException {
    memory.close();
  }

  @ParameterizedTest
  @CsvSource({
    "docs/a.txt,            /home/me/docs/a.txt, docs/a.txt, false",
    "/home/me/docs/a.txt,   /home/me/docs/a.txt, docs/a.txt, false",
    "docs/,                 /home/me/docs,       docs,       false",
    "./docs//./deep/,       /home/me/docs/deep,  docs/deep,  false",
    "docs/../z,             /home/me/z,          z,          false",
    "../me/z,               /home/me/z,          z,          false",
    "/home/you/../me/z,     /home/me/z,          z,          false",
    "/etc/hosts,            /etc/hosts,          etc/hosts,  true",
    "../you/x,              /home/you/x,         home/you/x, true",
    "../../etc/hosts,       /etc/hosts,          etc/hosts,  true",
    "../../../../etc/hosts, /etc/hosts,          etc/hosts,  true",
    "/etc/,                 /etc,                etc,        true",
    "/home/me-too,          /home/me-too,        home/me-too, true",
    "missing,               /home/me/missing,    missing,    false"
  })
  void entry_landsAtItsPlace(String line, String source, String target, boolean outside)
      throws Exception {
    read(line);

    assertThat(entries)
        .containsExactly(new Entry(memory.getPath(source), memory.getPath(target), outside));
    assertThat(errors).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "./", "/home/me", "/home/me/", "docs/..", "../me"})
  void base_landsAtTheDestinationItself(String line) throws Exception {
    SourceList list = read(line);

    assertThat(entries).containsExactly(new Entry(base, memory.getPath(""), false));
    assertThat(list.wholeSource()).contains(base);
  }

  @Test
  void wholeSource_isEmptyForSmallerEntries() throws Exception {
    assertThat(read("docs", "z", "/etc").wholeSource()).isEmpty();
  }

  @Test
  void base_canBeTheRoot() throws Exception {
    handOut(job(memory.getPath("/"), "etc/hosts\n/home/you\n"));

    assertThat(targets()).containsExactly("etc/hosts", "home/you");
    assertThat(entries).noneMatch(Entry::outside);
  }

  @Test
  void namedSources_followTheSameRules() throws Exception {
    handOut(
        BackupJob.builder()
            .base(base)
            .source(memory.getPath("docs/a.txt"))
            .source(memory.getPath("/etc/hosts"))
            .source(memory.getPath("/home/me/docs/a.txt"))
            .destination(destination)
            .build());

    assertThat(targets()).containsExactly("docs/a.txt", "etc/hosts");
  }

  @Test
  void severalLists_areOne() throws Exception {
    Path first = Files.writeString(memory.getPath("/first"), "z\ndocs/a.txt\n", UTF_8);
    Path second = Files.writeString(memory.getPath("/second"), "docs\0#1\0", UTF_8);

    handOut(
        BackupJob.builder()
            .base(base)
            .filesFrom(first)
            .filesFrom0(second)
            .destination(destination)
            .build());

    assertThat(targets()).containsExactly("z", "docs", "#1");
  }

  @Test
  void duplicates_areHandedOutOnce() throws Exception {
    read("z", "./z", "/home/me/z", "docs/../z", "/etc/hosts", "../../etc/hosts");

    assertThat(targets()).containsExactly("z", "etc/hosts");
    assertThat(errors).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs\ndocs/deep/b.txt\ndocs/a.txt", "docs/deep/b.txt\ndocs/a.txt\ndocs"})
  void entriesBelowAnother_areNotHandedOut(String lines) throws Exception {
    read(lines);

    assertThat(targets()).containsExactly("docs");
    assertThat(errors).isEmpty();
  }

  @Test
  void entriesOutside_belowAnother_areNotHandedOut() throws Exception {
    read("/etc/deep/er/file", "/etc", "/etc/hosts");

    assertThat(targets()).containsExactly("etc");
    assertThat(errors).isEmpty();
  }

  @Test
  void everything_isBelowTheBaseItself() throws Exception {
    read("docs/deep/b.txt", ".", "z", "/etc/hosts");

    assertThat(targets()).containsExactly("", "etc/hosts");
    assertThat(errors).isEmpty();
  }

  @Test
  void namesThatBeginAlike_areNotBelowEachOther() throws Exception {
    read("docs", "docs-2/c.txt", "docs-2");

    assertThat(targets()).containsExactly("docs", "docs-2");
  }

  @Test
  void missingEntry_belowAnother_isReported() throws Exception {
    read("docs", "docs/none", "docs/none/at/all");

    assertThat(targets()).containsExactly("docs");
    assertThat(unusable)
        .containsExactly(base.resolve("docs/none"), base.resolve("docs/none/at/all"));
    assertThat(errors).containsOnly("no such file or directory");
  }

  @Test
  void entryThroughALink_belowAnother_isReported() throws Exception {
    Files.createSymbolicLink(base.resolve("docs/link"), memory.getPath("/etc/deep"));

    read("docs", "docs/link/er/file", "docs/link");

    assertThat(targets()).containsExactly("docs");
    assertThat(unusable).containsExactly(base.resolve("docs/link/er/file"));
    assertThat(errors.get(0)).contains("symbolic link /home/me/docs/link");
  }

  @Test
  void entryBelowAListedLink_isReported() throws Exception {
    Files.createSymbolicLink(base.resolve("link"), memory.getPath("/etc/deep"));

    read("link", "link/er/file");

    assertThat(targets()).containsExactly("link");
    assertThat(unusable).containsExactly(base.resolve("link/er/file"));
  }

  @Test
  void entriesThroughLinksAndNot_areToldApart() throws Exception {
    Files.createSymbolicLink(base.resolve("docs/link"), memory.getPath("/home/me/docs/deep"));

    read("docs", "docs/deep/b.txt", "docs/link/b.txt", "docs/a.txt", "docs/link/b.txt");

    assertThat(targets()).containsExactly("docs");
    assertThat(unusable).containsExactly(base.resolve("docs/link/b.txt"));
  }

  @Test
  void entryThroughALink_belowNoOther_isTaken() throws Exception {
    Files.createSymbolicLink(base.resolve("link"), memory.getPath("/etc/deep"));

    read("link/er/file");

    assertThat(targets()).containsExactly("link/er/file");
    assertThat(errors).isEmpty();
  }

  @Test
  void dotDot_behindALink_climbsFromItsTarget() throws Exception {
    Files.createSymbolicLink(base.resolve("link"), memory.getPath("/etc/deep/er"));

    read("link/../er/file", "link/../../hosts");

    assertThat(entries)
        .containsExactly(
            new Entry(
                memory.getPath("/etc/deep/er/file"), memory.getPath("etc/deep/er/file"), true),
            new Entry(memory.getPath("/etc/hosts"), memory.getPath("etc/hosts"), true));
  }

  @Test
  void outsideEntry_whereABaseEntryLands_isReported() throws Exception {
    Files.createDirectories(base.resolve("etc"));
    Files.writeString(base.resolve("etc/hosts"), "mine", UTF_8);

    read("/etc/hosts", "etc/hosts");

    assertThat(entries)
        .containsExactly(new Entry(base.resolve("etc/hosts"), memory.getPath("etc/hosts"), false));
    assertThat(unusable).containsExactly(memory.getPath("/etc/hosts"));
    assertThat(errors.get(0)).contains("/home/me/etc/hosts");
  }

  @Test
  void outsideEntry_whatABaseDirectoryHolds_isReported() throws Exception {
    Files.createDirectories(base.resolve("etc"));
    Files.writeString(base.resolve("etc/hosts"), "mine", UTF_8);

    read("etc", "/etc/hosts", "/etc/deep/er/file");

    assertThat(targets()).containsExactly("etc", "etc/deep/er/file");
    assertThat(unusable).containsExactly(memory.getPath("/etc/hosts"));
  }

  @Test
  void outsideDirectory_thatHoldsWhereABaseEntryLands_isReported() throws Exception {
    Files.createDirectories(base.resolve("etc"));
    Files.writeString(base.resolve("etc/hosts"), "mine", UTF_8);

    read("etc/hosts", "/etc");

    assertThat(unusable).hasSize(1);
    assertThat(errors.get(0)).contains("lands at the same place");
  }

  @Test
  void outsideEntry_belowWhereABaseFileLands_isReported() throws Exception {
    Files.writeString(base.resolve("etc"), "a file", UTF_8);

    read("etc", "/etc/hosts");

    assertThat(unusable).hasSize(1);
  }

  @Test
  void entryBelowABaseThatIsALink_isNotHandedOut() throws Exception {
    Path link = Files.createSymbolicLink(memory.getPath("/base"), base);

    handOut(job(link, ".\ndocs/a.txt\n"));

    assertThat(targets()).containsExactly("");
    assertThat(errors).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# nothing\n; here\n", " \n\t\n"})
  void emptyList_isRefused(String list) throws IOException {
    BackupJob job = job(base, list);

    assertThatThrownBy(
            () -> SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("/list")
        .hasMessageContaining("names no file or directory");
  }

  @Test
  void missingList_isRefused() {
    BackupJob job =
        BackupJob.builder()
            .base(base)
            .filesFrom(memory.getPath("/none"))
            .destination(destination)
            .build();

    assertThatThrownBy(
            () -> SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("/none");
  }

  @Test
  void listThatIsADirectory_isRefused() {
    BackupJob job = BackupJob.builder().base(base).filesFrom(base).destination(destination).build();

    assertThatThrownBy(
            () -> SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("/home/me");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/mnt", "/mnt/backup", "../../mnt", "/mnt/./backup/"})
  void destinationInsideASource_isRefused(String line) throws IOException {
    BackupJob job = job(base, "z\n" + line + "\n");

    assertThatThrownBy(
            () -> SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("inside the source");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/mnt/backup/a", "/mnt/backup/a/b/"})
  void sourceInsideTheDestination_isRefused(String line) throws IOException {
    BackupJob job = job(base, line + "\n");

    assertThatThrownBy(
            () -> SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("inside the destination");
  }

  @Test
  void sourceBesideTheDestination_isFine() throws Exception {
    read("/mnt/backup-source", "/mnt/back");

    assertThat(targets()).containsExactly("mnt/backup-source", "mnt/back");
  }

  @Test
  void destinationReachedThroughALink_isStillInsideTheSource() throws IOException {
    Path link = Files.createSymbolicLink(memory.getPath("/link"), memory.getPath("/home/me/docs"));
    BackupJob job = job(base, "docs\n");

    assertThatThrownBy(
            () ->
                SourceList.read(
                    job,
                    OpenTree.ofThisMachine(job.base()),
                    Destinations.namesOf(link.resolve("backup"))))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("inside the source");
  }

  @Test
  void destinationInsideASourceReachedThroughALink_isRefused(@TempDir Path folder)
      throws IOException {
    Path inside = Files.createDirectories(folder.resolve("real/docs/backup"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("real"));

    for (String line : List.of(".", "docs")) {
      BackupJob job = job(link, line + "\n");
      assertThatThrownBy(
              () ->
                  SourceList.read(
                      job, OpenTree.ofThisMachine(job.base()), Destinations.namesOf(inside)))
          .isInstanceOf(InvalidJobException.class)
          .hasMessageContaining("inside the source");
    }
  }

  @Test
  void destinationOnAnotherFileSystem_isNeverInside(@TempDir Path folder) throws Exception {
    BackupJob job = job(base, "/\n");

    SourceList.read(job, OpenTree.ofThisMachine(job.base()), Destinations.namesOf(folder))
        .forEach(collector);

    assertThat(targets()).containsExactly("");
    assertThat(entries.get(0).outside()).isTrue();
  }

  @Test
  void listThatIsGoneAtTheSecondReading_isReported_theOthersAreBackedUp() throws Exception {
    Path gone = Files.writeString(memory.getPath("/gone"), "docs\n");
    Path kept = Files.writeString(memory.getPath("/kept"), "z\n");
    BackupJob job =
        BackupJob.builder()
            .base(base)
            .filesFrom(gone)
            .filesFrom(kept)
            .destination(destination)
            .build();
    SourceList list =
        SourceList.read(job, OpenTree.ofThisMachine(job.base()), List.of(destination));
    Files.delete(gone);

    list.forEach(collector);

    assertThat(unusable).isNotEmpty().containsOnly(gone);
    assertThat(errors.get(0)).contains("no list /gone");
    assertThat(entries).extracting(Entry::source).containsExactly(base.resolve("z"));
  }

  @Test
  void listThatChangesBetweenTheReadings_isReported() throws Exception {
    BackupJob job = job(base, "z\n");
    SourceList list = SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations());
    Files.writeString(memory.getPath("/list"), "z\ndocs\n", UTF_8);

    list.forEach(collector);

    assertThat(targets()).containsExactly("z");
    assertThat(unusable).containsExactly(base.resolve("docs"));
    assertThat(errors.get(0)).contains("changed");
  }

  @Test
  void listThatLosesEntriesBetweenTheReadings_isReported() throws Exception {
    BackupJob job = job(base, "z\ndocs\ny\n");
    SourceList list = SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations());
    Files.writeString(memory.getPath("/list"), "z\n", UTF_8);

    list.forEach(collector);

    assertThat(targets()).containsExactly("z");
    assertThat(unusable).containsExactly(memory.getPath("/list"));
    assertThat(errors.get(0)).contains("changed").contains("2 of the entries");
  }

  @ParameterizedTest
  @ValueSource(strings = {"z\n\0", "", "gone"})
  void listThatIsInvalidAtTheSecondReading_isReported(String now) throws Exception {
    SourceList list =
        SourceList.read(job(base, "z\ndocs\n"), OpenTree.ofThisMachine(base), destinations());
    if (now.equals("gone")) {
      Files.delete(memory.getPath("/list"));
    } else {
      Files.writeString(memory.getPath("/list"), now, UTF_8);
    }

    list.forEach(collector);

    assertThat(unusable).isNotEmpty().containsOnly(memory.getPath("/list"));
    assertThat(errors).allMatch(error -> error.contains("changed while it was read"));
    assertThat(errors.get(errors.size() - 1)).contains("were not backed up");
  }

  @Test
  void listThatIsAPipe_isRefusedAndNotWaitedFor(@TempDir Path folder) throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    BackupJob job =
        BackupJob.builder().base(folder).filesFrom(pipe).destination(destination).build();

    assertThatThrownBy(
            () -> SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations()))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(pipe.toString())
        .hasMessageContaining("read twice");
  }

  @Test
  void visitorThatIsInterrupted_endsIt() throws Exception {
    SourceList list =
        SourceList.read(job(base, "z\ndocs\n/etc\n"), OpenTree.ofThisMachine(base), destinations());
    List<Entry> taken = new ArrayList<>();

    assertThatThrownBy(
            () ->
                list.forEach(
                    new SourceList.Visitor() {
                      @Override
                      public void entry(Entry entry) throws InterruptedException {
                        taken.add(entry);
                        throw new InterruptedException();
                      }

                      @Override
                      public void unusable(Path path, String error) {}
                    }))
        .isInstanceOf(InterruptedException.class);
    assertThat(taken).hasSize(1);
  }

  @Test
  void rawNames_areKeptOnTheDefaultFileSystem(@TempDir Path folder) throws Exception {
    byte[] name = {'d', '/', (byte) 0xe9, '%', '?'};
    byte[] line = {'d', '/', (byte) 0xe9, '%', '?', '\n', 'd', '/', (byte) 0xe8, '\n'};
    Path list = Files.write(folder.resolve("list"), line);
    Path source = Files.createDirectory(folder.resolve("source"));
    BackupJob job =
        BackupJob.builder().base(source).filesFrom(list).destination(destination).build();

    handOut(job);

    assertThat(entries).hasSize(2);
    assertThat(PathBytes.of(entries.get(0).target())).isEqualTo(name);
    assertThat(entries.get(0).source()).isEqualTo(PathBytes.resolve(source, name));
    assertThat(PathBytes.of(entries.get(1).target())).isEqualTo(new byte[] {'d', '/', (byte) 0xe8});
  }

  @Test
  void dotDot_onTheDefaultFileSystem_climbs(@TempDir Path folder) throws Exception {
    Path source = Files.createDirectories(folder.resolve("source/base"));
    Path list = Files.writeString(folder.resolve("list"), "../beside\na/../b\n", UTF_8);

    handOut(BackupJob.builder().base(source).filesFrom(list).destination(destination).build());

    assertThat(entries.get(0).source()).isEqualTo(folder.resolve("source/beside"));
    assertThat(entries.get(0).outside()).isTrue();
    assertThat(targets()).endsWith("b");
  }

  private SourceList read(String... lines) throws IOException, InterruptedException {
    return handOut(job(base, String.join("\n", lines) + "\n"));
  }

  private SourceList handOut(BackupJob job) throws InterruptedException {
    SourceList list = SourceList.read(job, OpenTree.ofThisMachine(job.base()), destinations());
    list.forEach(collector);
    return list;
  }

  private BackupJob job(Path from, String list) throws IOException {
    Path file = Files.writeString(memory.getPath("/list"), list, UTF_8);
    return BackupJob.builder().base(from).filesFrom(file).destination(destination).build();
  }

  private List<Path> destinations() {
    return Destinations.namesOf(destination);
  }

  private List<String> targets() {
    return entries.stream().map(entry -> entry.target().toString()).toList();
  }
}
