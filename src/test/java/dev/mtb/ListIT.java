package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.job.BackupItem;
import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupReport;
import dev.mtb.job.Failure;
import dev.mtb.job.ListJob;
import dev.mtb.job.ListListener;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.S3Location;
import dev.mtb.options.Via;
import dev.mtb.testing.CountingProxy;
import dev.mtb.testing.CountingProxy.Counts;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.S3Probe;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Mtb#list} on a real bucket: through s3fs, past its mount, and directly. */
@RequiresS3fs
class ListIT {
  private static S3fsFixture s3fs;
  private static S3Probe probe;

  @TempDir Path temp;
  private Path source;
  private String prefix;
  private final List<BackupItem> found = new ArrayList<>();
  private final List<Failure> failed = new ArrayList<>();

  /** The ways to a backup. */
  enum Way {
    THROUGH_MOUNT,
    BEHIND_MOUNT,
    BUCKET
  }

  @BeforeAll
  static void mount() throws Exception {
    s3fs = S3fsFixture.start();
    probe = S3Probe.of(s3fs.server());
  }

  @AfterAll
  static void unmount() throws Exception {
    probe.close();
    s3fs.close();
  }

  @BeforeEach
  void freshTree(TestInfo test) throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    prefix =
        test.getTestMethod().orElseThrow().getName() + "-" + Long.toHexString(System.nanoTime());
    Secrets.write(
        temp.resolve("passwd"), s3fs.server().identity() + ":" + s3fs.server().credential());
  }

  private BackupOptions.Builder options() {
    return BackupOptions.builder()
        .stateDirectory(temp.resolve("state"))
        .connection(
            c ->
                c.withEndpoint(URI.create("http://127.0.0.1:" + s3fs.proxy().port()))
                    .withPasswdFile(temp.resolve("passwd")));
  }

  private S3Location location() {
    return new S3Location(s3fs.server().bucket(), prefix);
  }

  private void backUp() throws Exception {
    BackupReport report =
        Mtb.backup(
            BackupJob.builder()
                .base(source)
                .source(Path.of("."))
                .destination(location())
                .options(options().build())
                .build());
    assertThat(report.failures()).isEmpty();
    s3fs.freshMount();
  }

  private ListJob.Builder job(Way way) {
    Path mounted = s3fs.root().resolve(prefix);
    return switch (way) {
      case THROUGH_MOUNT ->
          ListJob.builder()
              .from(mounted)
              .options(options().connection(c -> c.withVia(Via.MOUNT)).build());
      case BEHIND_MOUNT ->
          ListJob.builder()
              .from(mounted)
              .options(options().connection(c -> c.withVia(Via.BUCKET)).build());
      case BUCKET -> ListJob.builder().from(location()).options(options().build());
    };
  }

  private BackupReport run(ListJob.Builder job) {
    found.clear();
    failed.clear();
    return Mtb.list(
        job.build(),
        new ListListener() {
          @Override
          public void found(BackupItem item) {
            found.add(item);
          }

          @Override
          public void failed(Failure failure) {
            failed.add(failure);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void everything_isShownAsItIsInTheSource(Way way) throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(12)
            .emptyDirectories(3)
            .files(60)
            .links(15)
            .awkwardNames()
            .build(source);
    tree.deleteLinksThatS3fsCannotKeep();
    backUp();

    BackupReport report = run(job(way).recursive(true).details(true));

    assertThat(report.failures()).as("%s", tree).isEmpty();
    assertThat(report.exitCode()).isZero();
    Map<String, String> shown = new TreeMap<>();
    for (BackupItem item : found) {
      String text = description(item.metadata().orElseThrow(), item.target());
      assertThat(shown.put(PathBytes.toText(item.path()), text)).isNull();
    }
    assertThat(shown).as("%s", tree).isEqualTo(described());
    // Each directory before what is in it, and siblings by their bytes.
    List<String> keys = found.stream().map(ListIT::sortKey).toList();
    assertThat(keys).isSorted();
  }

  private static String sortKey(BackupItem item) {
    String bytes = new String(PathBytes.of(item.path()), StandardCharsets.ISO_8859_1);
    return (item.isDirectory() ? bytes + "/" : bytes).replace('/', '\0');
  }

  private Map<String, String> described() throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(f -> !f.equals(source)).toList()) {
        Metadata metadata = Metadata.of(file);
        Optional<Path> target =
            metadata.kind() == Kind.LINK
                ? Optional.of(Files.readSymbolicLink(file))
                : Optional.empty();
        all.put(PathBytes.toText(source.relativize(file)), description(metadata, target));
      }
    }
    return all;
  }

  /** Through a mount an mtime has the digits that s3fs 1.90 shows: those of the kernel's stat. */
  private static String description(Metadata metadata, Optional<Path> target) {
    return metadata.kind()
        + " "
        + (metadata.kind() == Kind.DIRECTORY ? 0 : metadata.size())
        + " "
        + Integer.toOctalString(metadata.kind() == Kind.LINK ? 0777 : metadata.mode())
        + " "
        + metadata.uid()
        + ":"
        + metadata.gid()
        + " "
        + metadata.mtime()
        + target.map(t -> " -> " + PathBytes.toText(t)).orElse("");
  }

  @Test
  void names_costTheListsOnly_andDetailsARequestEach() throws Exception {
    RandomTree.smallFiles(source, 10, 150, 10);
    Files.createSymbolicLink(source.resolve("d3/link"), Path.of("f1"));
    RandomTree.write(source.resolve("d3/empty"), "");
    backUp();

    Counts names = s3fs.counting(() -> run(job(Way.BUCKET).recursive(true)));

    // 1,513 keys, which are two pages.
    assertThat(found).hasSize(10 + 1500 + 2);
    assertThat(names.total()).as("%s", names).isEqualTo(2);
    assertThat(names.of(CountingProxy.Kind.LIST)).isEqualTo(2);
    BackupItem file = item("d3/f1");
    assertThat(file.size()).isEqualTo(10);
    assertThat(file.metadata()).isEmpty();
    assertThat(item("d3").isDirectory()).isTrue();

    Counts one = s3fs.counting(() -> run(job(Way.BUCKET).path(Path.of("d3"))));
    assertThat(found).hasSize(152);
    // One request to check that the backup exists, and one for the directory.
    assertThat(one.total()).as("%s", one).isEqualTo(2);

    Counts details = s3fs.counting(() -> run(job(Way.BUCKET).path(Path.of("d3")).details(true)));
    assertThat(details.of(CountingProxy.Kind.HEAD)).isEqualTo(152);
    // The target of the link.
    assertThat(details.of(CountingProxy.Kind.GET)).isEqualTo(1);
    assertThat(details.total()).as("%s", details).isEqualTo(152 + 1 + 2);
    assertThat(item("d3/link").target()).contains(Path.of("f1"));
  }

  private BackupItem item(String path) {
    return found.stream().filter(item -> item.path().equals(Path.of(path))).findAny().orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void pathThatIsNotThere_isAFailure_andOthersAreListed(Way way) throws Exception {
    RandomTree.write(source.resolve("d/f"), "content");
    Files.createDirectory(source.resolve("empty"));
    backUp();

    BackupReport report =
        run(
            job(way)
                .path(Path.of("gone"))
                .path(Path.of("d/f"))
                .path(Path.of("empty"))
                .path(Path.of("d")));

    assertThat(report.exitCode()).isEqualTo(23);
    assertThat(report.failures()).isEqualTo(failed);
    assertThat(failed).hasSize(1);
    assertThat(failed.get(0).path()).isEqualTo(Path.of("gone"));
    assertThat(failed.get(0).error()).isEqualTo("is not in the backup");
    assertThat(found.stream().map(BackupItem::path))
        .containsExactly(Path.of("d/f"), Path.of("d/f"));
  }

  @Test
  void nothingThere_is10() {
    BackupReport report = run(job(Way.BUCKET));
    assertThat(report.exitCode()).isEqualTo(10);
    assertThat(report.fatal().orElseThrow()).contains("there is no backup at");
  }

  /** Other clients' objects have neither metadata nor directories. */
  @Test
  void foreignObjects_areShown_withWhatS3fsShows() {
    probe.put(prefix + "/x/y", "12345", Map.of());
    assertThat(run(job(Way.BUCKET).recursive(true).details(true)).failures()).isEmpty();
    assertThat(found).hasSize(2);
    assertThat(item("x").isDirectory()).isTrue();
    assertThat(item("x/y").metadata().orElseThrow().mode()).isEqualTo(0640);
    assertThat(item("x/y").size()).isEqualTo(5);
  }
}
