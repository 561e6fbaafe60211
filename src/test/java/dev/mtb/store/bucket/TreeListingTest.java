package dev.mtb.store.bucket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.store.ListedEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TreeListingTest {
  private static final Comparator<String> BY_BYTES =
      (a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8));

  /** Lists as S3 does (API reference, ListObjectsV2), a page of any size at a time. */
  private static final class Bucket implements TreeListing.Pages {
    final NavigableSet<String> keys = new TreeSet<>(BY_BYTES);
    final AtomicInteger requests = new AtomicInteger();
    private final int pageSize;

    Bucket(int pageSize) {
      this.pageSize = pageSize;
    }

    @Override
    public ListPage list(String prefix, String delimiter, String startAfter, String token) {
      requests.incrementAndGet();
      String after = token != null ? token : startAfter == null ? "" : startAfter;
      Set<String> commons = new LinkedHashSet<>();
      List<ListedObject> objects = new ArrayList<>();
      String last = null;
      boolean isMore = false;
      for (String key : keys.tailSet(after, false)) {
        if (!key.startsWith(prefix)) {
          continue;
        }
        int slash = delimiter == null ? -1 : key.indexOf(delimiter, prefix.length());
        String common = slash < 0 ? null : key.substring(0, slash + 1);
        boolean isRepeated =
            common != null && (commons.contains(common) || isBefore(token, common));
        if (isRepeated) {
          last = key;
          continue;
        }
        if (objects.size() + commons.size() == pageSize) {
          isMore = true;
          break;
        }
        if (common != null) {
          commons.add(common);
        } else {
          objects.add(object(key));
        }
        last = key;
      }
      return new ListPage(
          objects,
          List.copyOf(commons),
          isMore,
          Optional.ofNullable(isMore ? last : null),
          Optional.empty());
    }

    private static ListedObject object(String key) {
      return new ListedObject(key, Optional.of(1L), Optional.empty(), Optional.of(Instant.EPOCH));
    }

    /** A common prefix that an earlier page has ended with. */
    private static boolean isBefore(String token, String common) {
      return token != null && token.startsWith(common);
    }

    Map<String, Boolean> truth(String prefix) {
      Map<String, Boolean> names = new HashMap<>();
      for (String key : keys) {
        if (key.startsWith(prefix) && key.length() > prefix.length()) {
          String rest = key.substring(prefix.length());
          int slash = rest.indexOf('/');
          String name = slash < 0 ? rest : rest.substring(0, slash);
          // A file hides a directory of the same name.
          names.merge(name, slash >= 0, Boolean::logicalAnd);
        }
      }
      return names;
    }

    Set<String> directories() {
      Set<String> directories = new TreeSet<>(Set.of(""));
      for (String key : keys) {
        for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
          directories.add(key.substring(0, slash + 1));
        }
      }
      return directories;
    }
  }

  private static Map<String, Boolean> shown(TreeListing.Directory directory) {
    Map<String, Boolean> names = new HashMap<>();
    for (Map.Entry<String, ListedEntry> entry : directory.names.entrySet()) {
      names.put(entry.getKey(), entry.getValue().isDirectory());
    }
    return names;
  }

  private static final String[] NAMES = {
    "a", "a-b", "a.b", "a b", "b", "ab", "z", "é", "\uFFFD", "😀", "~", "!", "0"
  };

  private static Bucket random(Random random, int keys, int pageSize) {
    Bucket bucket = new Bucket(pageSize);
    for (int i = 0; i < keys; i++) {
      StringBuilder key = new StringBuilder();
      int depth = random.nextInt(4);
      for (int d = 0; d < depth; d++) {
        key.append(NAMES[random.nextInt(NAMES.length)]).append('/');
        if (random.nextInt(3) == 0) {
          bucket.keys.add(key.toString());
        }
      }
      bucket.keys.add(key + NAMES[random.nextInt(NAMES.length)] + random.nextInt(30));
    }
    return bucket;
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "7", "20", "100", "1000"})
  void everyDirectory_isListedAsItIs_inWhateverOrder(int pageSize) throws IOException {
    for (int run = 0; run < 200; run++) {
      long seed = 1000L * pageSize + run;
      Random random = new Random(seed);
      Bucket bucket = random(random, 1 + random.nextInt(120), pageSize);
      TreeListing listing = new TreeListing(bucket);
      List<String> directories = new ArrayList<>(bucket.directories());
      if (random.nextBoolean()) {
        Collections.shuffle(directories, random);
      }
      for (String directory : directories) {
        assertThat(shown(listing.list(directory)))
            .as("seed %s, directory '%s' of %s", seed, directory, bucket.keys)
            .isEqualTo(bucket.truth(directory));
        assertThat(listing.list(directory).self.isPresent())
            .isEqualTo(bucket.keys.contains(directory));
      }
    }
  }

  @Test
  void manyThreads_seeTheSame() {
    Random random = new Random(5);
    Bucket bucket = random(random, 3000, 50);
    TreeListing listing = new TreeListing(bucket);
    bucket.directories().parallelStream()
        .forEach(
            directory -> {
              try {
                assertThat(shown(listing.list(directory))).isEqualTo(bucket.truth(directory));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  /** Counts the requests to list all directories, parents first, as the engine does. */
  private static int requests(Bucket bucket) throws IOException {
    TreeListing listing = new TreeListing(bucket);
    for (String directory : bucket.directories()) {
      assertThat(shown(listing.list(directory))).isEqualTo(bucket.truth(directory));
    }
    return bucket.requests.get();
  }

  private static Bucket tree(int directories, int files) {
    Bucket bucket = new Bucket(Requests.PAGE);
    for (int d = 0; d < directories; d++) {
      bucket.keys.add("d" + d + "/");
      for (int f = 0; f < files; f++) {
        bucket.keys.add("d" + d + "/f" + f);
      }
    }
    return bucket;
  }

  @ParameterizedTest
  @CsvSource({
    // One or two pages are enough.
    "9, 100, 1",
    "20, 50, 2",
    "39, 50, 2",
    // Groups of nine directories for each page.
    "100, 100, 15",
    "1000, 9, 15",
    // One or two pages for each directory.
    "10, 1000, 22",
    // Nothing but small directories.
    "5000, 1, 20",
    // Two directories fill a page, or nearly: groups of seven in four pages.
    "105, 476, 70",
    "105, 490, 70",
    "75, 600, 62",
  })
  void requests_areAFewForEachThousandKeys(int directories, int files, int most)
      throws IOException {
    assertThat(requests(tree(directories, files))).isLessThanOrEqualTo(most);
  }

  @Test
  void flatDirectory_isListedPageAfterPage() throws IOException {
    assertThat(requests(tree(1, 20_000))).isLessThanOrEqualTo(23);
  }

  /** The ways in which a server repeats its answers. */
  private enum Stuck {
    SAME_TOKEN,
    SAME_PAGE,
    NO_KEYS
  }

  /** Some servers always say that there is more. */
  @ParameterizedTest
  @EnumSource(Stuck.class)
  @Timeout(30)
  void listThatMakesNoProgress_fails(Stuck stuck) {
    AtomicInteger requests = new AtomicInteger();
    TreeListing.Pages pages =
        (prefix, delimiter, startAfter, token) -> {
          int number = requests.incrementAndGet();
          boolean isSame = stuck == Stuck.SAME_PAGE;
          ListedObject object = Bucket.object("d/" + (isSame ? 1 : number));
          return new ListPage(
              stuck == Stuck.NO_KEYS ? List.of() : List.of(object),
              List.of(),
              true,
              Optional.of(stuck == Stuck.SAME_TOKEN ? "again" : "page " + number),
              Optional.empty());
        };
    assertThatThrownBy(() -> new TreeListing(pages).list("d/"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the server lists");
    assertThat(requests.get()).isLessThan(2000);
  }
}
