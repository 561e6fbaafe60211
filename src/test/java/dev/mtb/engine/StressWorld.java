package dev.mtb.engine;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.mtb.job.BackupJob;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.PathBytes;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.CompareMode;
import dev.mtb.place.OpenTree;
import dev.mtb.scan.Entry;
import dev.mtb.scan.SourceList;
import dev.mtb.store.Features;
import dev.mtb.store.MtimePrecision;
import dev.mtb.store.NameRules;
import dev.mtb.store.TemporaryNames;
import dev.mtb.testing.MemoryStore.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A job that follows from a seed: a tree, a list with overlapping entries, and a destination with
 * random features that has a random part of the tree already. Also the expected result of a run
 * without faults.
 */
final class StressWorld implements AutoCloseable {
  private static final int[] THREADS = {1, 1, 2, 3, 4, 8, 16, 64};

  private final Random random;
  private final FileSystem memory;
  final Path base;
  private final List<Path> paths = new ArrayList<>();

  final boolean isLarge;
  final Features features;
  final boolean isNew;
  final int threads;
  final int checkers;
  final boolean dryRun;
  final CompareMode compare;
  private final List<String> entries = new ArrayList<>();

  /** The entries of the destination before the run, and now. */
  final Map<String, Node> before = new HashMap<>();

  final Map<String, Node> nodes = new HashMap<>();

  /**
   * The sources of each target: of files and links, and of directories. A directory may have two
   * sources.
   */
  final Map<String, Path> files = new TreeMap<>();

  final Map<String, Set<Path>> directories = new TreeMap<>();

  /** Entries that must be reported. */
  final Set<String> unusable = new TreeSet<>();

  int skipped;

  StressWorld(long seed, boolean isLarge) throws Exception {
    random = new Random(seed);
    this.isLarge = isLarge;
    memory =
        Jimfs.newFileSystem(
            Configuration.unix().toBuilder()
                .setAttributeViews("basic", "posix")
                .setBlockSize(4096)
                .build());
    base = memory.getPath("/base");
    threads = THREADS[random.nextInt(THREADS.length)];
    checkers = THREADS[random.nextInt(THREADS.length)];
    dryRun = random.nextInt(10) == 0;
    compare =
        new CompareMode[] {
              CompareMode.SIZE_MTIME,
              CompareMode.SIZE_MTIME,
              CompareMode.CHECKSUM,
              CompareMode.ALWAYS
            }
            [random.nextInt(4)];
    int perDirectory = random.nextBoolean() ? 1 + random.nextInt(4) : Integer.MAX_VALUE;
    features =
        new Features(
            random.nextBoolean(),
            random.nextBoolean(),
            perDirectory,
            new MtimePrecision(random.nextBoolean() ? Duration.ZERO : Duration.ofSeconds(1), false),
            Instant.MIN,
            random.nextBoolean(),
            random.nextInt(4) > 0,
            random.nextBoolean(),
            1 + random.nextInt(10),
            random.nextInt(3) == 0,
            random.nextBoolean(),
            random.nextBoolean(),
            NameRules.EXACT);
    Files.createDirectories(base);
    Files.createDirectories(memory.getPath("/dest"));
    grow(base, isLarge ? 150 : random.nextInt(10), isLarge ? 300 : random.nextInt(25));
    grow(memory.getPath("/other"), random.nextInt(4), random.nextInt(6));
    if (random.nextBoolean()) {
      // Also below the base, so that both land in the same directory.
      grow(base.resolve("other"), random.nextInt(3), random.nextInt(4));
    }
    if (isLarge) {
      extremes();
    }
    date(base);
    date(memory.getPath("/other"));
    list();
    expect();
    isNew = random.nextInt(4) == 0;
    if (!isNew) {
      stock();
    }
    before.forEach(
        (path, n) -> nodes.put(path, new Node(n.kind, n.content, n.mtime, n.mode).sized(n.size)));
  }

  @Override
  public void close() throws IOException {
    memory.close();
  }

  private void grow(Path root, int directoryCount, int fileCount) throws IOException {
    List<Path> inside = new ArrayList<>(List.of(Files.createDirectories(root)));
    paths.add(root);
    for (int i = 0; i < directoryCount; i++) {
      Path parent = inside.get(random.nextInt(inside.size()));
      Path directory = parent.resolve("d" + random.nextInt(isLarge ? 1000 : 4));
      if (!Files.exists(directory)) {
        inside.add(Files.createDirectory(directory));
        paths.add(directory);
      }
    }
    for (int i = 0; i < fileCount; i++) {
      Path file = inside.get(random.nextInt(inside.size())).resolve("f" + random.nextInt(9));
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      if (random.nextInt(8) == 0) {
        Files.createSymbolicLink(file, memory.getPath("to" + random.nextInt(100)));
      } else {
        int size = random.nextInt(40) == 0 ? 300_000 : random.nextInt(3000);
        Files.write(file, new byte[random.nextInt(10) == 0 ? 0 : size]);
      }
      paths.add(file);
    }
    if (random.nextInt(10) == 0) {
      Files.createFile(root.resolve(TemporaryNames.next()));
    }
  }

  /**
   * Makes more entries than one directory may have waiting, more directories than one checker may
   * fork, and a large file, which comes first.
   */
  private void extremes() throws IOException {
    Path many = Files.createDirectories(base.resolve("many"));
    paths.add(many);
    int fileCount = random.nextInt(700);
    for (int i = 0; i < fileCount; i++) {
      Files.write(many.resolve("f" + i), new byte[] {(byte) i});
    }
    if (random.nextInt(8) == 0) {
      Files.write(many.resolve("large"), new byte[8 << 20]);
    }
    if (random.nextInt(8) == 0) {
      for (int i = 0; i < 1200; i++) {
        Files.createDirectory(many.resolve("d" + i));
      }
    }
  }

  private void date(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted().toList()) {
        Instant mtime =
            Instant.ofEpochSecond(
                1_600_000_000 + random.nextInt(1_000_000), 1000L * random.nextInt(1_000_000));
        if (!Files.isSymbolicLink(path)) {
          int mode = random.nextInt(6) == 0 ? 0555 : random.nextBoolean() ? 0755 : 0700;
          Files.setPosixFilePermissions(path, Metadata.permissions(mode));
        }
        Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .setTimes(FileTime.from(mtime), null, null);
      }
    }
  }

  private void list() throws IOException {
    if (random.nextInt(4) == 0) {
      // Each path is listed by itself and in random order, so that many entries have the same
      // directories above them.
      paths.stream()
          .filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .map(Path::toString)
          .forEach(entries::add);
      Collections.shuffle(entries, random);
      entries.add("missing");
      return;
    }
    int count = 1 + random.nextInt(random.nextInt(3) == 0 ? 12 : 3);
    for (int i = 0; i < count; i++) {
      Path path = random.nextInt(3) == 0 ? base : paths.get(random.nextInt(paths.size()));
      if (random.nextInt(10) == 0) {
        path = path.resolve("missing");
      }
      String entry = path.toString();
      if (path.startsWith(base) && random.nextBoolean()) {
        entry = "./" + base.relativize(path);
      }
      entries.add(random.nextInt(8) == 0 ? entry + "/" : entry);
    }
  }

  BackupJob job() throws IOException {
    Path list = memory.getPath("/list");
    Files.write(list, entries, StandardCharsets.UTF_8);
    return BackupJob.builder()
        .base(base)
        .filesFrom(list)
        .destination(memory.getPath("/dest"))
        .options(options(compare).dryRun(dryRun).build())
        .build();
  }

  BackupOptions.Builder options(CompareMode mode) {
    // No retries, since the engine does not decide about them.
    return BackupOptions.builder()
        .threads(threads)
        .checkers(checkers)
        .compare(mode)
        .waiting(w -> w.withRetries(0));
  }

  /** Any file that was listed; null if there is none. */
  Path someFile() {
    List<Path> all = new ArrayList<>(files.values());
    return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
  }

  private void expect() throws Exception {
    SourceList.read(job(), OpenTree.ofThisMachine(job().base()), List.of())
        .forEach(
            new SourceList.Visitor() {
              @Override
              public void entry(Entry entry) {
                handedOut(entry);
              }

              @Override
              public void unusable(Path path, String error) {
                unusable.add(path.toString());
              }
            });
  }

  private void handedOut(Entry entry) {
    Path above = entry.target().getParent();
    Path source = entry.source().getParent();
    boolean isReached = true;
    while (above != null) {
      if (Files.isDirectory(source)) {
        directories.computeIfAbsent(above.toString(), d -> new TreeSet<>()).add(source);
      } else {
        isReached = false;
        unusable.add(above.toString());
      }
      above = above.getParent();
      source = source.getParent();
    }
    if (!isReached) {
      return;
    }
    if (!Files.exists(entry.source(), LinkOption.NOFOLLOW_LINKS)) {
      unusable.add(entry.target().toString());
      return;
    }
    try (Stream<Path> all = Files.walk(entry.source())) {
      for (Path path : all.toList()) {
        String target = entry.target().resolve(entry.source().relativize(path)).toString();
        if (path.equals(entry.source())) {
          target = entry.target().toString();
        }
        if (TemporaryNames.isTemporary(path.getFileName())) {
          skipped++;
        } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          directories.computeIfAbsent(target, d -> new TreeSet<>()).add(path);
        } else if (files.put(target, path) != null) {
          throw new AssertionError("two files for " + target);
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  Instant kept(Instant mtime) {
    return features.mtimeGranularity().isZero() ? mtime : mtime.truncatedTo(ChronoUnit.SECONDS);
  }

  Node right(Path source) throws IOException {
    Metadata metadata = Metadata.of(source);
    byte[] content =
        switch (metadata.kind()) {
          case FILE -> Files.readAllBytes(source);
          case LINK -> PathBytes.of(Files.readSymbolicLink(source));
          default -> new byte[0];
        };
    return new Node(metadata.kind(), content, kept(metadata.mtime()), metadata.mode())
        .sized(metadata.size());
  }

  /** Puts a part of the tree into the destination: up to date, old, or as another kind. */
  private void stock() throws IOException {
    before.put("", new Node(Kind.DIRECTORY, new byte[0], Instant.EPOCH, 0755));
    double share = random.nextDouble();
    for (Map.Entry<String, Set<Path>> directory : directories.entrySet()) {
      if (!directory.getKey().isEmpty() && random.nextDouble() < share) {
        stock(directory.getKey(), right(directory.getValue().iterator().next()));
      }
    }
    for (Map.Entry<String, Path> file : files.entrySet()) {
      if (random.nextDouble() < share) {
        stock(file.getKey(), right(file.getValue()));
      }
    }
  }

  private void stock(String path, Node node) {
    int slash = path.lastIndexOf('/');
    Node above = before.get(slash < 0 ? "" : path.substring(0, slash));
    if (above == null || above.kind != Kind.DIRECTORY) {
      return;
    }
    switch (random.nextInt(8)) {
      case 0 -> node.mtime = node.mtime.minusSeconds(1000);
      case 1 -> node.mode = random.nextBoolean() ? 0500 : 0711;
      case 2 -> {
        boolean isDirectory = node.kind == Kind.DIRECTORY;
        node.kind = isDirectory ? Kind.FILE : Kind.DIRECTORY;
        node.content = isDirectory ? new byte[] {1} : new byte[0];
        node.size = node.content.length;
      }
      case 3 -> {
        if (node.content.length > 0) {
          node.content = node.content.clone();
          node.content[0] ^= 1;
          node.mtime = compare == CompareMode.SIZE_MTIME ? Instant.EPOCH : node.mtime;
        }
      }
      default -> {
        // The entry is up to date.
      }
    }
    before.put(path, node);
  }

  @Override
  public String toString() {
    return String.format(
        "%d files, %d directories, entries %s, threads %d, checkers %d, %s%s, %s, new %s",
        files.size(),
        directories.size(),
        entries,
        threads,
        checkers,
        compare,
        dryRun ? ", dry run" : "",
        features,
        isNew);
  }
}
