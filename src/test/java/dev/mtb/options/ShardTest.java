package dev.mtb.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.InvalidJobException;
import dev.mtb.model.PathBytes;
import dev.mtb.testing.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardTest {
  private static List<Shard> all(int count) {
    List<Shard> shards = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      shards.add(Shard.of(i, count));
    }
    return shards;
  }

  private static List<Shard> all(int count, List<Path> paths, List<Long> sizes) {
    List<Shard> shards = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      Shard.Builder builder = Shard.builder(i, count);
      for (int p = 0; p < paths.size(); p++) {
        builder.known(paths.get(p), sizes.get(p));
      }
      shards.add(builder.build());
    }
    return shards;
  }

  /** A path that does not depend on the locale. */
  private static Path of(String path) {
    return PathBytes.resolve(Path.of(""), path.getBytes(StandardCharsets.UTF_8));
  }

  private static Path path(Random random) {
    StringBuilder path = new StringBuilder();
    for (int names = 1 + random.nextInt(5); names > 0; names--) {
      for (int length = 1 + random.nextInt(4); length > 0; length--) {
        path.append((char) ('a' + random.nextInt(4)));
      }
      path.append(names > 1 ? "/" : random.nextInt(3) == 0 ? "\u00e4\u20ac" : "");
    }
    return of(path.toString());
  }

  private static long owners(List<Shard> shards, Path path, boolean isFile) {
    return shards.stream().filter(s -> isFile ? s.ownsFile(path) : s.owns(path)).count();
  }

  @Test
  void everyPath_isInExactlyOnePart_whateverTheirNumber() {
    Random random = new Random(Seed.of("ShardTest"));
    for (int round = 0; round < 300; round++) {
      int count = 1 + random.nextInt(round % 10 == 0 ? 1000 : 12);
      List<Path> known = new ArrayList<>();
      List<Long> sizes = new ArrayList<>();
      for (int k = random.nextInt(20); k > 0; k--) {
        known.add(path(random));
        sizes.add((long) random.nextInt(1 << random.nextInt(30)));
      }
      List<Shard> shards = all(count, known, sizes);
      List<Path> paths = new ArrayList<>(known);
      paths.add(Path.of(""));
      for (int p = 0; p < 50; p++) {
        paths.add(path(random));
      }
      for (Path path : paths) {
        assertThat(owners(shards, path, true)).as("file %s of %s", path, count).isEqualTo(1);
        assertThat(owners(shards, path, false)).as("directory %s of %s", path, count).isEqualTo(1);
      }
    }
  }

  @Test
  void files_goWithTheirDirectory() {
    for (Shard shard : all(5)) {
      for (String directory : List.of("", "a", "a/b", "\u00e4", "a/b/c d")) {
        Path target = of(directory);
        assertThat(shard.ownsFile(target.resolve("file"))).isEqualTo(shard.owns(target));
        assertThat(shard.ownsFile(target.resolve("b"))).isEqualTo(shard.owns(target));
      }
    }
  }

  /**
   * The expected values were computed in Python from the definition of MurmurHash3 x64 128. Every
   * machine must have the same result.
   */
  @ParameterizedTest
  @CsvSource({
    "'', 1, 1",
    "a, 2, 7",
    "docs, 2, 2",
    "home/me/docs, 1, 7",
    "a/b/c/d/e/f/g/h/i/j/k/l, 4, 1",
    "Größe/€, 3, 6",
  })
  void shardOfADirectory_neverChanges(String directory, int of4, int of7) {
    String path = directory == null ? "" : directory;
    assertThat(all(4).get(of4 - 1).owns(of(path))).isTrue();
    assertThat(all(7).get(of7 - 1).owns(of(path))).isTrue();
  }

  @Test
  void bytesThatAreNoText_areHashedAsTheyAre() {
    byte[] latin = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
    byte[] other = "caf\u00ea".getBytes(StandardCharsets.ISO_8859_1);
    Path one = PathBytes.resolve(Path.of(""), latin);
    Path two = PathBytes.resolve(Path.of(""), other);
    List<Shard> shards = all(1000);
    // The two names stay different in a locale that shows both as a question mark.
    assertThat(shards.stream().filter(s -> s.owns(one)).findFirst().orElseThrow().owns(two))
        .isFalse();
  }

  @Test
  void withoutKnownSizes_directoriesSpreadEvenly() {
    int[] counts = new int[8];
    List<Shard> shards = all(8);
    for (int d = 0; d < 8000; d++) {
      Path directory = Path.of("data/run" + d % 40 + "/step" + d / 40);
      for (int s = 0; s < 8; s++) {
        counts[s] += shards.get(s).owns(directory) ? 1 : 0;
      }
    }
    assertThat(Arrays.stream(counts).max().orElseThrow()).isLessThan(1150);
    assertThat(Arrays.stream(counts).min().orElseThrow()).isGreaterThan(850);
  }

  @Test
  void knownSizes_balance_inWhateverOrderTheyAreNoted() {
    Random random = new Random(Seed.of("ShardTest"));
    List<Path> paths = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    long sum = 0;
    for (int p = 0; p < 500; p++) {
      paths.add(Path.of("d" + p % 7 + "/f" + p));
      // Sizes from some bytes to 100 GB, as in real trees.
      sizes.add((long) Math.exp(random.nextDouble() * 25));
      sum += sizes.get(p);
    }
    List<Shard> shards = all(4, paths, sizes);
    long[] loads = new long[4];
    int[] counts = new int[4];
    for (int p = 0; p < paths.size(); p++) {
      for (int s = 0; s < 4; s++) {
        boolean isOwn = shards.get(s).ownsFile(paths.get(p));
        loads[s] += isOwn ? sizes.get(p) : 0;
        counts[s] += isOwn ? 1 : 0;
      }
    }
    long largest = Collections.max(sizes);
    assertThat(Arrays.stream(loads).max().orElseThrow())
        .isLessThan(Math.max(largest, sum / 4) + sum / 20);
    assertThat(Arrays.stream(counts).min().orElseThrow()).isGreaterThan(20);

    List<Integer> order = new ArrayList<>();
    for (int p = 0; p < paths.size(); p++) {
      order.add(p);
    }
    Collections.shuffle(order, random);
    Shard.Builder shuffled = Shard.builder(3, 4);
    order.forEach(p -> shuffled.known(paths.get(p), sizes.get(p)));
    Shard same = shuffled.build();
    assertThat(same.division()).isEqualTo(shards.get(2).division());
    for (Path path : paths) {
      assertThat(same.ownsFile(path)).isEqualTo(shards.get(2).ownsFile(path));
    }
  }

  /** The figures of shards.md: always the same tree, with sizes as skewed as real ones. */
  @Test
  void skewedTree_isBalancedByWhatIsKnown() {
    Random random = new Random(20261125);
    List<Path> directories = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    List<Long> ofDirectories = new ArrayList<>();
    for (int d = 0; d < 1000; d++) {
      directories.add(Path.of("project" + d % 13 + "/run" + d));
      long sum = 0;
      for (long f = (long) Math.exp(2 + 1.5 * random.nextGaussian()); f >= 0; f--) {
        files.add(directories.get(d).resolve("f" + f));
        sizes.add((long) Math.exp(10 + 2.5 * random.nextGaussian()));
        sum += sizes.get(sizes.size() - 1);
      }
      ofDirectories.add(sum);
    }
    List<Path> largeToo = new ArrayList<>(directories);
    List<Long> sizesOfLargeToo = new ArrayList<>(ofDirectories);
    for (int f = 0; f < files.size(); f++) {
      if (sizes.get(f) >= 64 << 20) {
        largeToo.add(files.get(f));
        sizesOfLargeToo.add(sizes.get(f));
        int d = directories.indexOf(files.get(f).getParent());
        sizesOfLargeToo.set(d, sizesOfLargeToo.get(d) - sizes.get(f));
      }
    }
    System.out.printf(
        "%d files in %d directories, %d MB, the largest %d MB%n",
        files.size(),
        directories.size(),
        sizes.stream().mapToLong(s -> s).sum() >> 20,
        Collections.max(sizes) >> 20);
    for (int count : new int[] {4, 16}) {
      double mean = sizes.stream().mapToLong(s -> s).sum() / (double) count;
      double[] unknown = skew("nothing known", all(count), files, sizes);
      double[] known = skew("du -S", all(count, directories, ofDirectories), files, sizes);
      double[] all =
          skew("du -S and large files", all(count, largeToo, sizesOfLargeToo), files, sizes);
      // The best possible balance is limited by the largest item that cannot be divided.
      assertThat(known[0])
          .isLessThan(unknown[0])
          .isLessThan(Math.max(1.1, 1.01 * Collections.max(ofDirectories) / mean));
      assertThat(all[0]).isLessThan(Math.max(1.1, 1.01 * Collections.max(sizes) / mean));
    }
  }

  /** Largest to mean, in bytes and in files. */
  private static double[] skew(
      String what, List<Shard> shards, List<Path> files, List<Long> sizes) {
    long[] bytes = new long[shards.size()];
    long[] counts = new long[shards.size()];
    for (int f = 0; f < files.size(); f++) {
      for (int s = 0; s < shards.size(); s++) {
        if (shards.get(s).ownsFile(files.get(f))) {
          bytes[s] += sizes.get(f);
          counts[s]++;
        }
      }
    }
    double[] skew = {
      Arrays.stream(bytes).max().orElseThrow() / Arrays.stream(bytes).average().orElseThrow(),
      Arrays.stream(counts).max().orElseThrow() / Arrays.stream(counts).average().orElseThrow()
    };
    System.out.printf(
        "%d shards, %s: largest to mean %.2f in bytes, %.2f in files%n",
        shards.size(), what, skew[0], skew[1]);
    return skew;
  }

  @Test
  void directoryOfKnownSize_takesItsFilesWithIt_exceptThoseThatAreKnownThemselves() {
    List<Path> known = List.of(Path.of("a"), Path.of("a/huge"));
    for (Shard shard : all(2, known, List.of(1000L, 5_000_000_000L))) {
      assertThat(shard.ownsFile(Path.of("a/small"))).isEqualTo(shard.owns(Path.of("a")));
      assertThat(shard.ownsFile(Path.of("a/huge"))).isNotEqualTo(shard.owns(Path.of("a")));
    }
  }

  @Test
  void divisions_areTheSameOnlyIfAllAgree() {
    assertThat(Shard.of(1, 4).division()).isEqualTo(Shard.of(2, 4).division());
    assertThat(Shard.of(1, 4).division()).isNotEqualTo(Shard.of(1, 5).division());
    String sizes = Shard.builder(1, 4).known(Path.of("a"), 1).build().division();
    assertThat(sizes).isNotEqualTo(Shard.of(1, 4).division());
    assertThat(Shard.builder(2, 4).known(Path.of("a"), 1).build().division()).isEqualTo(sizes);
    assertThat(Shard.builder(2, 4).known(Path.of("b"), 1).build().division()).isNotEqualTo(sizes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0/4", "5/4", "1/0", "1/100001", "0/0"})
  void partOutOfRange_isRefused(String part) {
    int slash = part.indexOf('/');
    assertThatThrownBy(
            () ->
                Shard.of(
                    Integer.parseInt(part.substring(0, slash)),
                    Integer.parseInt(part.substring(slash + 1))))
        .isInstanceOf(InvalidJobException.class);
  }
}
