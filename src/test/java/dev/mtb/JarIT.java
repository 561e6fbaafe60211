package dev.mtb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mtb.testing.MtbProcess;
import dev.mtb.testing.RandomTree;
import dev.mtb.testing.RequiresS3fs;
import dev.mtb.testing.Rsync;
import dev.mtb.testing.S3fsFixture;
import dev.mtb.testing.Thorough;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code java -jar target/mtb.jar}, as users run it. */
class JarIT {
  @TempDir Path temp;
  private Path source;
  private Path destination;
  private Path jvm = Path.of(System.getProperty("java.home"));

  @BeforeEach
  void folders() throws Exception {
    source = Files.createDirectory(temp.resolve("source"));
    destination = temp.resolve("backup");
  }

  private int backUpAll() throws Exception {
    return MtbProcess.run(temp, "backup", "-b", source.toString(), ".", destination.toString())
        .exitCode();
  }

  @Test
  void jar_isSmall_andHasNoSecondCopyOfAnything() throws Exception {
    Path jar = Path.of(System.getProperty("mtb.jar", "target/mtb.jar"));
    assertThat(Files.size(jar)).isLessThan(20_000_000);
    try (JarFile file = new JarFile(jar.toFile())) {
      assertThat(file.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
          .isEqualTo("dev.mtb");
      assertThat(file.stream().filter(e -> !e.isDirectory()).map(e -> e.getName()))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void jar_carriesItsLicence_andThoseOfWhatIsInside() throws Exception {
    Path jar = Path.of(System.getProperty("mtb.jar", "target/mtb.jar"));
    try (JarFile file = new JarFile(jar.toFile())) {
      assertThat(text(file, "META-INF/LICENSE"))
          .isEqualTo(Files.readString(Path.of("src/main/resources/META-INF/LICENSE")));
      assertThat(text(file, "META-INF/NOTICE"))
          .contains("MTB developers", "Apache HttpClient", "Jackson");
      assertThat(text(file, "META-INF/THIRD-PARTY.txt"))
          .containsPattern("com.h2database:h2-mvstore:.*\n +EPL-1.0 or MPL-2.0\n")
          .containsPattern("org.slf4j:slf4j-api:.*\n +MIT\n")
          .containsPattern("AmazonCorrettoCryptoProvider:.*\n +Apache-2.0\n")
          .doesNotContain("junit", "s3proxy");
      assertThat(text(file, "META-INF/licenses/aws-lc.txt")).contains("OpenSSL License");
      assertThat(file.stream().map(e -> e.getName()))
          .anyMatch(n -> n.matches("META-INF/licenses/slf4j-api-.*/META-INF/LICENSE.txt"))
          .anyMatch(n -> n.matches("META-INF/licenses/jackson-core-.*/FastDoubleParser-LICENSE"));
    }
  }

  private static String text(JarFile file, String entry) throws IOException {
    try (InputStream in = file.getInputStream(file.getJarEntry(entry))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The JVM of the tests, and those of this machine that make an AOT cache. */
  static List<Path> jvms() throws IOException {
    Path own = Path.of(System.getProperty("java.home")).toRealPath();
    List<Path> jvms = new ArrayList<>(List.of(own));
    Path all = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(all)) {
      try (Stream<Path> installed = Files.list(all)) {
        for (Path jvm : installed.filter(j -> Files.isExecutable(j.resolve("bin/java"))).toList()) {
          if (makesAnAotCache(jvm) && !jvm.toRealPath().equals(own)) {
            jvms.add(jvm);
          }
        }
      }
    }
    return jvms;
  }

  /** JEP 514: Java 25 and newer. */
  private static boolean makesAnAotCache(Path jvm) throws IOException {
    Path release = jvm.resolve("release");
    return Files.isRegularFile(release)
        && Files.readString(release).matches("(?s).*JAVA_VERSION=\"(2[5-9]|[3-9]\\d)\\b.*");
  }

  private static String archiveOf(Path jvm) throws IOException {
    return makesAnAotCache(jvm) ? "-mtb.aot" : "-mtb.jsa";
  }

  private ProcessBuilder launcher(String... args) {
    List<String> command = new ArrayList<>(List.of("sh", "src/main/scripts/mtb"));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(temp.resolve("launcher.txt").toFile());
    builder.environment().put("MTB_JAR", System.getProperty("mtb.jar", "target/mtb.jar"));
    builder.environment().put("JAVA_HOME", jvm.toString());
    builder.environment().put("XDG_CACHE_HOME", temp.resolve("cache").toString());
    builder.environment().put("MTB_STATE_DIR", temp.resolve("state").toString());
    return builder;
  }

  private int launch(String... args) throws Exception {
    return launcher(args).start().waitFor();
  }

  /** The Debian package does this when it is installed. */
  @Thorough
  @ParameterizedTest
  @MethodSource("jvms")
  void launcher_makesAnArchiveAndNothingElse_ifItIsToldTo(Path jvm) throws Exception {
    this.jvm = jvm;
    Path made = Files.createDirectory(temp.resolve("made"));
    ProcessBuilder builder = launcher("backup");
    builder.environment().put("MTB_MAKE_ARCHIVE", made.toString());
    assertThat(builder.start().waitFor()).isZero();
    try (Stream<Path> files = Files.list(made)) {
      assertThat(files).singleElement().asString().endsWith(archiveOf(jvm));
    }
    builder.environment().put("MTB_MAKE_ARCHIVE", temp.resolve("missing").toString());
    assertThat(builder.start().waitFor()).isNotZero();
  }

  @Thorough
  @ParameterizedTest
  @MethodSource("jvms")
  void launcher_runsTheJar_andMakesAnArchiveOfItsClasses(Path jvm) throws Exception {
    this.jvm = jvm;
    RandomTree.write(source.resolve("f"), "content");
    assertThat(launch("backup", "-b", source.toString(), ".", destination.toString())).isZero();
    assertThat(destination.resolve("f")).hasContent("content");
    assertThat(launch("backup")).isEqualTo(2);
    Path cache = temp.resolve("cache/mtb");
    long limit = System.nanoTime() + Duration.ofMinutes(4).toNanos();
    while (archives(cache).size() != 1 && System.nanoTime() < limit) {
      Thread.sleep(100);
    }
    assertThat(archives(cache)).hasSize(1);
    RandomTree.write(source.resolve("g"), "more");
    assertThat(launch("backup", "-b", source.toString(), ".", destination.toString())).isZero();
    assertThat(destination.resolve("g")).hasContent("more");
    assertThat(Files.readString(temp.resolve("launcher.txt"))).contains("1 file copied");
    // The process that made the archive deletes its temporary files before it ends.
    while (names(cache).size() != 1 && System.nanoTime() < limit) {
      Thread.sleep(100);
    }
    String made = archives(cache).get(0);
    assertThat(names(cache)).containsExactly(made);
    assertThat(launch("--version")).isZero();
    assertThat(Files.readString(temp.resolve("launcher.txt"))).matches("mtb \\S+\n");
    assertThat(made).endsWith(archiveOf(jvm));
    // An archive that does not fit after all (a heap of more than 32 GB has larger references) adds
    // nothing to what a report is read from.
    ProcessBuilder other = launcher("--version");
    other.environment().put("MTB_JAVA_OPTS", "-Xmx40g");
    assertThat(other.start().waitFor()).isZero();
    assertThat(Files.readString(temp.resolve("launcher.txt"))).matches("mtb \\S+\n");
    // The archive also has the classes for mounts and buckets, although this run has used none.
    Path archive = cache.resolve(made);
    boolean isAotCache = makesAnAotCache(jvm);
    Process classes =
        new ProcessBuilder(
                jvm.resolve("bin/java").toString(),
                "-XX:+UseParallelGC",
                "--enable-native-access=ALL-UNNAMED",
                (isAotCache ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + archive,
                "-Xlog:class+load",
                "-cp",
                System.getProperty("mtb.jar", "target/mtb.jar"),
                "dev.mtb.cli.Rehearsal",
                Files.createDirectory(temp.resolve("rehearsal")).toString())
            .redirectErrorStream(true)
            .start();
    List<String> loaded =
        new String(classes.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.contains("source:"))
            .toList();
    assertThat(classes.waitFor()).isZero();
    assertThat(loaded)
        .anyMatch(line -> line.contains("dev.mtb.s3.ListPage source: shared objects file"))
        .anyMatch(line -> line.contains("dev.mtb.s3.StoredObject source: shared objects file"))
        .anyMatch(line -> line.contains("MountStore source: shared objects file"));
    // For the first class that is not in the archive, the JVM opens the jar, which takes as long as
    // to load a hundred classes. Classes that only the rehearsal needs may be missing.
    assertThat(loaded)
        .filteredOn(line -> line.contains("source: file:"))
        // An AOT cache has no class whose format is as old as picocli's (Java 5), nor what extends
        // one.
        .filteredOn(
            line ->
                isAotCache
                    ? line.contains("dev.mtb.") && !line.contains("dev.mtb.cli.")
                    : line.contains("picocli") || line.contains("dev.mtb."))
        .allMatch(line -> line.contains("dev.mtb.cli.Rehearsal"));
  }

  private static List<String> names(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(p -> p.getFileName().toString()).toList();
    }
  }

  private static List<String> archives(Path folder) throws IOException {
    return names(folder).stream().filter(name -> name.matches(".*-mtb\\.(jsa|aot)")).toList();
  }

  @Thorough
  @Test
  void realTree_rsyncSeesNoDifference() throws Exception {
    Path tree = Path.of("/usr/share/doc");
    assumeTrue(Files.isDirectory(tree), "no /usr/share/doc here");
    for (int run = 0; run < 2; run++) {
      MtbProcess mtb =
          MtbProcess.run(
              temp, "backup", "-b", "/usr/share", "--report", "-", "doc", destination.toString());
      assertThat(mtb.exitCode()).as(mtb.err()).isZero();
      int copied = new ObjectMapper().readTree(mtb.out()).at("/files/copied").asInt();
      assertThat(copied == 0).isEqualTo(run == 1);
    }
    assertThat(Rsync.differences(tree, destination.resolve("doc"))).isEmpty();
  }

  @Test
  void anyBytesInNames_inAnyLocale() throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(6)
            .files(40)
            .links(10)
            .awkwardNames()
            .rawNames()
            .build(source.resolve("tree"));
    byte[] raw = {'r', (byte) 0xE9, (byte) 0xFF, ' '};
    RandomTree.write(RandomTree.child(source, raw), "listed by its bytes");
    Path named = source.resolve("grün 日本 😀");
    RandomTree.write(named, "named on the command line");
    Path list = Files.write(temp.resolve("list"), raw);
    MtbProcess mtb =
        MtbProcess.start(
            temp,
            Map.of("LC_ALL", "C"),
            List.of(),
            "backup",
            "-b",
            source.toString(),
            "-l",
            list.toString(),
            "tree",
            named.toString(),
            destination.toString());
    assertThat(mtb.exitCode()).as("%s%n%s", tree, mtb.err()).isZero();
    assertThat(Rsync.differences(source.resolve("tree"), destination.resolve("tree")))
        .as("%s", tree)
        .isEmpty();
    assertThat(RandomTree.child(destination, raw)).hasContent("listed by its bytes");
    assertThat(destination.resolve("grün 日本 😀")).hasContent("named on the command line");
  }

  @Thorough
  @Test
  void oddFiles_areKept() throws Exception {
    Files.createFile(source.resolve("empty"));
    RandomTree.write(source.resolve("one"), "1");
    try (var sparse =
        Files.newByteChannel(
            source.resolve("sparse"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      sparse.position(3L << 30).write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      sparse.position((5L << 30) - 1).write(ByteBuffer.wrap(new byte[] {0}));
    }
    RandomTree.write(source.resolve("closed/inside"), "x");
    Files.setAttribute(source.resolve("closed"), "unix:mode", 0);
    RandomTree.write(source.resolve("readonly/inside"), "x");
    Files.setAttribute(source.resolve("readonly/inside"), "unix:mode", 0400);
    Files.setAttribute(source.resolve("readonly"), "unix:mode", 0555);
    new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start().waitFor();
    assertThat(backUpAll()).isZero();
    assertThat(Rsync.differences(source, destination, "--exclude=pipe", "--exclude=sparse"))
        .isEmpty();
    // rsync would read the holes, too. In blocks of 512 bytes: what this test does not read is a
    // hole.
    Path sparse = destination.resolve("sparse");
    assertThat(sparse).hasSize(5L << 30);
    assertThat(blocks(sparse)).isLessThan(10_000);
    try (var copy = Files.newByteChannel(sparse)) {
      ByteBuffer bytes = ByteBuffer.allocate(3);
      copy.position(3L << 30).read(bytes);
      assertThat(bytes.array()).containsExactly(1, 2, 3);
    }
    assertThat(backUpAll()).isZero();
  }

  private static long blocks(Path file) throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    return Long.parseLong(
        new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip());
  }

  @Test
  void listOnStandardInput_isRead() throws Exception {
    RandomTree.write(source.resolve("a"), "a");
    RandomTree.write(source.resolve("b"), "b");
    String jar =
        Path.of(System.getProperty("mtb.jar", "target/mtb.jar")).toAbsolutePath().toString();
    Process mtb =
        new ProcessBuilder(
                "java",
                "-jar",
                jar,
                "backup",
                "-b",
                source.toString(),
                "-l",
                "-",
                destination.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var in = mtb.getOutputStream()) {
      in.write("a\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(mtb.waitFor()).isZero();
    assertThat(destination)
        .isDirectoryContaining("glob:**/a")
        .isDirectoryNotContaining("glob:**/b");
  }

  @Test
  void killedAnywhere_theNextRunMakesItWhole() throws Exception {
    RandomTree tree =
        RandomTree.random()
            .directories(20)
            .files(400)
            .sizes(0, 2_000_000)
            .links(20)
            .build(source.resolve("tree"));
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int kill = 0; kill < 4; kill++) {
      MtbProcess mtb =
          MtbProcess.start(
              temp,
              Map.of(),
              List.of(),
              "backup",
              "-b",
              source.toString(),
              ".",
              destination.toString());
      Thread.sleep(250 + random.nextInt(600));
      mtb.signal("KILL");
      mtb.exitCode();
    }
    assertThat(backUpAll()).isZero();
    assertThat(Rsync.differences(source, destination, "--delete")).as("%s", tree).isEmpty();
    assertThat(temporaries(destination)).as("seed %d", seed).isEmpty();
  }

  private static List<Path> temporaries(Path directory) throws IOException {
    try (var all = Files.walk(directory)) {
      return all.filter(p -> p.getFileName().toString().startsWith(".mtb-tmp")).toList();
    }
  }

  @Test
  @RequiresS3fs
  void signal_finishesWhatIsInFlight_andReports() throws Exception {
    for (int f = 0; f < 300; f++) {
      RandomTree.write(source.resolve("d" + f % 10 + "/f" + f), "content " + f);
    }
    try (S3fsFixture s3fs = S3fsFixture.start()) {
      s3fs.proxy().setRoundTrip(Duration.ofMillis(30));
      Path backup = s3fs.root().resolve("backup");
      Path report = temp.resolve("report.json");
      MtbProcess mtb =
          MtbProcess.start(
              temp,
              Map.of(),
              List.of(),
              "backup",
              "-i",
              "--via",
              "mount",
              "-b",
              source.toString(),
              "--report",
              report.toString(),
              ".",
              backup.toString());
      while (mtb.out().lines().count() < 30) {
        Thread.sleep(20);
      }
      long start = System.nanoTime();
      mtb.signal("INT");
      assertThat(mtb.exitCode()).as(mtb.err()).isEqualTo(130);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
      var json = new ObjectMapper().readTree(Files.readString(report));
      assertThat(json.at("/status").asText()).isEqualTo("interrupted");
      assertThat(json.at("/exitCode").asInt()).isEqualTo(130);
      s3fs.proxy().setRoundTrip(Duration.ZERO);
      s3fs.freshMount();
      // Each file with its final mtime must be complete.
      int whole = 0;
      try (var files = Files.walk(backup)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          assertThat(file).hasSameBinaryContentAs(source.resolve(backup.relativize(file)));
          whole++;
        }
      }
      assertThat(whole).isEqualTo(json.at("/files/copied").asInt()).isBetween(1, 299);
    }
  }

  /** The environment holds defaults for all runs, with any destination. */
  @Test
  void optionsOfABucket_fromTheEnvironment_areNoErrorForADirectory() throws Exception {
    Path source = Files.createDirectory(temp.resolve("environment"));
    Files.writeString(source.resolve("a"), "aaa");
    MtbProcess run =
        MtbProcess.start(
            temp,
            Map.of("MTB_ENDPOINT_URL", "http://127.0.0.1:1", "MTB_REGION", "x"),
            List.of(),
            "backup",
            "-b",
            source.toString(),
            ".",
            temp.resolve("of-environment").toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(temp.resolve("of-environment/a")).hasContent("aaa");
  }
}
