package dev.mtb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mtb.job.BackupJob;
import dev.mtb.job.BackupListener;
import dev.mtb.job.BackupReport;
import dev.mtb.model.Action;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.BackupOptions;
import dev.mtb.options.Filters;
import dev.mtb.testing.Rsync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random rules on random trees: rsync and MTB must copy the same files. {@code -Dmtb.seed=N}
 * repeats one set of rules, {@code -Dmtb.filter.runs=N} makes it longer.
 */
class FilterRsyncTest {
  /** CI makes 250: enough that each pair of the tokens below occurs side by side. */
  private static final int RUNS = Integer.getInteger("mtb.filter.runs", 100);

  private static final Long ONLY = Long.getLong("mtb.seed");

  private static final List<String> NAMES =
      List.of(
          "a", "b", "foo", "bar", "foo.c", "foo.o", "x y", "[x]", "a*b", "CVS", "ä", "a\\b", "-a",
          "foobar", "A1", ".hid", "dir", "z-z", "!n", "]");

  private static final List<String> TOKENS =
      List.of(
          "*",
          "*",
          "**",
          "***",
          "/",
          "/",
          "/",
          "?",
          "[a-f]",
          "[!a]",
          "[^f]*",
          "[[:alpha:]]",
          "[[:upper:]]?",
          "[[:punct:]]",
          "[]x]",
          "[x-]",
          "[[:digit:]x]",
          "[[:bad:]]",
          "[a",
          "[a\\]]",
          "[\\a-c]",
          "\\*",
          "\\",
          "\\?",
          "foo",
          "a",
          ".",
          "b",
          "x y",
          "[",
          "]",
          "-",
          "bar",
          "dir/",
          "[[:",
          "[:x:]",
          "[a-]",
          "[--0]",
          "[z-a]",
          "[/]",
          "[.-0]");

  @TempDir Path temp;

  @BeforeEach
  void needsRsync() {
    assumeTrue(Rsync.isInstalled() || "1".equals(System.getenv("MTB_REQUIRE_S3FS")));
  }

  @Test
  void randomRules_takeTheSameAsRsync() throws Exception {
    compare(RUNS, false);
  }

  @Test
  void randomRulesWithAList_takeTheSameFilesAsRsync() throws Exception {
    compare(RUNS / 3, true);
  }

  private void compare(int runs, boolean isListed) throws Exception {
    long start = ONLY != null ? ONLY : System.nanoTime() & 0xffffffL;
    System.out.printf("rules from seed %d on%n", start);
    Path empty = Files.createDirectory(temp.resolve("empty"));
    Path source = temp.resolve("source");
    int different = 0;
    for (int i = 0; i < (ONLY != null ? 1 : runs); i++) {
      long seed = start + i;
      Random random = new Random(seed);
      // The tree of a seed does not depend on those before it.
      Path tree = source.resolve(String.valueOf(seed));
      List<Path> paths = grow(tree, random);
      List<String> rules = rules(random, paths);
      List<String> list = isListed ? list(random, paths) : List.of();
      Set<String> byRsync = rsync(tree, empty, rules, list);
      Set<String> byMtb = mtb(tree, empty, rules, list);
      assertThat(byMtb)
          .as("repeat with -Dmtb.seed=%d: rules %s, list %s", seed, rules, list)
          .isEqualTo(byRsync);
      long all = paths.stream().filter(p -> !isListed || !Files.isDirectory(p)).count();
      different += byRsync.isEmpty() || byRsync.size() == all ? 0 : 1;
    }
    // Rules that match all or nothing would not test anything.
    assertThat(different).isGreaterThan(ONLY != null ? -1 : runs / 4);
  }

  private static List<Path> grow(Path root, Random random) throws IOException {
    List<Path> inside = new ArrayList<>(List.of(Files.createDirectories(root)));
    List<Path> all = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Path parent = inside.get(random.nextInt(inside.size()));
      Path path = parent.resolve(NAMES.get(random.nextInt(NAMES.size())));
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      switch (random.nextInt(5)) {
        case 0, 1 -> inside.add(Files.createDirectory(path));
        case 2 -> Files.createSymbolicLink(path, Path.of("nowhere"));
        default -> Files.createFile(path);
      }
      all.add(root.relativize(path));
    }
    return all.stream().map(root::resolve).toList();
  }

  /** Options and their values, one after the other. */
  private List<String> rules(Random random, List<Path> paths) throws IOException {
    List<String> rules = new ArrayList<>();
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      String pattern = pattern(random, paths);
      switch (random.nextInt(9)) {
        case 0, 1 -> rules.addAll(List.of("--include", pattern));
        case 2 -> rules.addAll(List.of("--filter", "- " + pattern));
        case 3 -> rules.addAll(List.of("--filter", "+_" + pattern));
        case 4 -> rules.addAll(List.of("--filter", "exclude,! " + pattern));
        case 5 -> {
          Path file = Files.createTempFile(temp, "rules", "");
          Files.writeString(
              file,
              "# comment\n\n;x\n" + pattern + "\n+ " + pattern(random, paths) + "\r\n- foo*\n");
          rules.addAll(
              List.of(random.nextBoolean() ? "--exclude-from" : "--include-from", "" + file));
        }
        default -> rules.addAll(List.of("--exclude", pattern));
      }
    }
    if (random.nextInt(20) == 0) {
      rules.addAll(List.of("--filter", "!"));
      rules.addAll(List.of("--exclude", pattern(random, paths)));
    }
    if (random.nextInt(3) == 0) {
      rules.addAll(List.of("--include", "*/"));
      rules.addAll(List.of("--exclude", random.nextBoolean() ? "*" : "**"));
    }
    return rules;
  }

  private static String pattern(Random random, List<Path> paths) {
    StringBuilder pattern = new StringBuilder();
    if (random.nextInt(3) > 0 && !paths.isEmpty()) {
      // A part of an existing path, with wildcards in some places.
      Path path = paths.get(random.nextInt(paths.size()));
      int names = 1 + random.nextInt(Math.min(3, path.getNameCount()));
      String text = path.subpath(path.getNameCount() - names, path.getNameCount()).toString();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        switch (random.nextInt(12)) {
          case 0 -> pattern.append('?');
          case 1 -> pattern.append('*');
          case 2 -> pattern.append(TOKENS.get(random.nextInt(TOKENS.size())));
          default -> pattern.append(c);
        }
      }
    } else {
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        pattern.append(TOKENS.get(random.nextInt(TOKENS.size())));
      }
    }
    if (random.nextInt(5) == 0) {
      pattern.insert(0, '/');
    }
    pattern.append(
        switch (random.nextInt(12)) {
          case 0, 1 -> "/";
          case 2 -> "/***";
          case 3 -> "/**";
          case 4 -> "**";
          default -> "";
        });
    return pattern.toString();
  }

  /**
   * Entries of which none is below another. For nested entries, rsync and MTB differ on purpose.
   */
  private static List<String> list(Random random, List<Path> paths) {
    List<Path> taken = new ArrayList<>();
    for (int i = 0; i < 4 && !paths.isEmpty(); i++) {
      Path path = paths.get(random.nextInt(paths.size()));
      if (taken.stream().noneMatch(t -> t.startsWith(path) || path.startsWith(t))) {
        taken.add(path);
      }
    }
    return taken.stream().map(Path::toString).toList();
  }

  private Set<String> rsync(Path tree, Path empty, List<String> rules, List<String> list)
      throws Exception {
    List<String> command =
        new ArrayList<>(List.of("rsync", "-a", "-r", "-n", "-8", "--out-format=%n"));
    for (int i = 0; i < rules.size(); i += 2) {
      command.add(rules.get(i) + "=" + rules.get(i + 1));
    }
    if (!list.isEmpty()) {
      Path file = temp.resolve("list");
      Files.write(file, list.stream().map(p -> tree.relativize(Path.of(p)).toString()).toList());
      command.add("--files-from=" + file);
    }
    command.addAll(List.of(tree + "/", empty + "/"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output
        .lines()
        .filter(line -> !line.equals("./"))
        // With a list, rsync also shows the directories above the entries, even if a rule excludes
        // them.
        .filter(line -> list.isEmpty() || !line.endsWith("/"))
        .map(line -> line.endsWith("/") ? line.substring(0, line.length() - 1) : line)
        .map(line -> line.replaceFirst(" -> nowhere$", ""))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<String> mtb(Path tree, Path empty, List<String> rules, List<String> list)
      throws IOException {
    Filters.Builder filters = Filters.builder();
    for (int i = 0; i < rules.size(); i += 2) {
      String value = rules.get(i + 1);
      switch (rules.get(i)) {
        case "--exclude" -> filters.exclude(value);
        case "--include" -> filters.include(value);
        case "--exclude-from" -> filters.excludeFrom(Path.of(value));
        case "--include-from" -> filters.includeFrom(Path.of(value));
        default -> filters.filter(value);
      }
    }
    Set<String> taken = new ConcurrentSkipListSet<>();
    BackupJob.Builder job =
        BackupJob.builder()
            .base(tree)
            .destination(empty)
            .options(
                BackupOptions.builder()
                    .dryRun(true)
                    .threads(2)
                    .checkers(2)
                    .filters(filters.build())
                    .build());
    if (list.isEmpty()) {
      job.source(Path.of("."));
    }
    list.forEach(entry -> job.source(Path.of(entry)));
    BackupReport report =
        Mtb.backup(
            job.build(),
            new BackupListener() {
              @Override
              public void decided(Path path, Metadata source, Action action, Reason reason) {
                boolean isDirectory = source.kind() == Kind.DIRECTORY;
                if (!path.toString().isEmpty() && (list.isEmpty() || !isDirectory)) {
                  taken.add(path.toString());
                }
              }
            });
    assertThat(report.failures()).isEmpty();
    try (Stream<Path> left = Files.list(empty)) {
      assertThat(left).isEmpty();
    }
    return new TreeSet<>(taken);
  }
}
