package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.AwsIdentity;
import dev.mtb.s3.ListPage;
import dev.mtb.s3.ListedObject;
import dev.mtb.store.ContentTag;
import dev.mtb.store.DestinationException;
import dev.mtb.store.ListedEntry;
import dev.mtb.testing.Fuzz;
import dev.mtb.testing.Secrets;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random content of a bucket, and of the files that MTB reads for a bucket. */
class HostileBucketFuzzTest {
  private static final BucketPlace PLACE =
      new BucketPlace(
          new S3Location("b", "p"),
          Optional.empty(),
          Optional.empty(),
          true,
          Optional.empty(),
          AwsIdentity.ANY,
          ObjectStyle.DEFAULT);

  @TempDir Path temp;

  @Test
  void metadata_ofAnything_isRead() {
    Fuzz.seeded("object metadata")
        .times(
            10_000,
            random -> {
              Map<String, String> headers = new HashMap<>();
              for (String name : List.of("mode", "uid", "gid", "mtime", "atime", "ctime")) {
                if (random.nextInt(5) > 0) {
                  headers.put(name, value(random));
                }
              }
              Metadata metadata =
                  StoredMetadata.read(
                      headers,
                      random.nextBoolean() ? "k" : "k/",
                      random.nextBoolean() ? null : Fuzz.text(random, 3),
                      random.nextLong(),
                      Instant.EPOCH);
              assertThat(metadata.mode()).isBetween(0, 07777);
              // The metadata is used as in a run: compared, shown, set.
              assertThat(Duration.between(metadata.mtime(), Instant.now())).isNotNull();
              assertThat(metadata.mtime().toEpochMilli()).isNotNegative();
              assertThat(StoredMetadata.text(metadata.mtime())).matches("[0-9]+\\.[0-9]{9}");
            });
  }

  private static String value(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Long.toString(random.nextLong());
      case 1 -> random.nextLong() + "." + random.nextLong();
      case 2 -> Fuzz.mutated(random, "1600000000.123456789");
      default -> Fuzz.text(random, 3);
    };
  }

  @Test
  void passwordFiles_ofAnything_areReadOrRefused_andNeverShown() throws Exception {
    Path file = Secrets.write(temp.resolve("passwd"), "");
    Fuzz.seeded("password files")
        .times(
            2_000,
            random -> {
              Files.write(
                  file,
                  Fuzz.mutated(
                      random,
                      "# c\nb:AKID:topsecret\nKEY:topsecret\n".getBytes(StandardCharsets.UTF_8)));
              try {
                PasswdFile found = PasswdFile.read(file, "b");
                assertThat(found.accessKey()).isNotBlank();
                assertThat(found.secretKey()).isNotBlank();
                assertThat(found.toString()).isEqualTo("PasswdFile[" + found.accessKey() + "]");
              } catch (DestinationException e) {
                assertThat(e).hasMessageContaining("passwd").message().doesNotContain("topsecret");
              }
            });
  }

  @Test
  void catalogs_ofAnything_areReadOrMadeAnew() throws Exception {
    Metadata source =
        new Metadata(Kind.FILE, 1, Instant.EPOCH, 0644, 0, 0, 1, 1, Optional.of(Instant.EPOCH));
    ListedEntry listedEntry =
        new ListedEntry(
            false, 1, ContentTag.parse("0".repeat(32)), Optional.of(Instant.ofEpochSecond(1)));
    try (Catalog catalog = Catalog.open(temp, PLACE, false, true).orElseThrow()) {
      for (int i = 0; i < 3_000; i++) {
        catalog.remember("key" + i, listedEntry, source, Duration.ZERO);
      }
    }
    Path file;
    try (var files = Files.list(temp)) {
      file = files.filter(f -> f.toString().endsWith(".mv")).findFirst().orElseThrow();
    }
    byte[] good = Files.readAllBytes(file);
    Fuzz.seeded("catalogs")
        .times(
            60,
            random -> {
              Files.write(
                  file,
                  random.nextInt(5) == 0
                      ? Fuzz.bytes(random, 3000, "H:2,", "block:", "chunk:1", "\n")
                      : Fuzz.mutated(random, good));
              if (random.nextBoolean()) {
                Catalog.open(temp, PLACE, true, true).ifPresent(c -> use(c, listedEntry, source));
              }
              Optional<Catalog> catalog = Catalog.open(temp, PLACE, false, true);
              assertThat(catalog).isPresent();
              use(catalog.get(), listedEntry, source);
            });
  }

  private static void use(Catalog catalog, ListedEntry listedEntry, Metadata source) {
    try (catalog) {
      for (int i = 0; i < 200; i++) {
        catalog.recall("key" + 15 * i, listedEntry, source);
      }
      catalog.remember("new", listedEntry, source, Duration.ZERO);
    }
  }

  /** Lists like a bucket of any keys: a page of a few, sorted as Java sorts them. */
  private static TreeListing.Pages bucket(NavigableSet<String> keys, int pageSize) {
    return (prefix, delimiter, startAfter, token) -> {
      String after = token != null ? token : startAfter == null ? "" : startAfter;
      boolean isMore = false;
      TreeSet<String> commons = new TreeSet<>();
      List<ListedObject> objects = new ArrayList<>();
      String last = null;
      for (String key : keys.tailSet(after, false)) {
        int slash = delimiter == null ? -1 : key.indexOf(delimiter, prefix.length());
        if (!key.startsWith(prefix)
            || (slash >= 0 && token != null && token.startsWith(key.substring(0, slash + 1)))) {
          continue;
        }
        if (objects.size() + commons.size() >= pageSize) {
          isMore = true;
          break;
        }
        if (slash >= 0) {
          commons.add(key.substring(0, slash + 1));
        } else {
          objects.add(new ListedObject(key, Optional.of(1L), Optional.empty(), Optional.empty()));
        }
        last = key;
      }
      return new ListPage(
          objects,
          List.copyOf(commons),
          isMore,
          Optional.ofNullable(isMore ? last : null),
          Optional.empty());
    };
  }

  @Test
  void keys_ofAnything_leadToNamesBelowThePrefixOnly() {
    Fuzz.seeded("keys")
        .times(
            1_000,
            random -> {
              String prefix = random.nextBoolean() ? "" : "p/";
              NavigableSet<String> keys = new TreeSet<>();
              for (int i = random.nextInt(40); i >= 0; i--) {
                String key = prefix + Fuzz.text(random, 7, "/", "a", "b", "../", "./");
                keys.add(random.nextInt(20) == 0 ? key + "x".repeat(1024) : key);
              }
              keys.add("q/other");
              TreeListing listing = new TreeListing(bucket(keys, 1 + random.nextInt(30)));
              Deque<String> directories = new ArrayDeque<>(List.of(prefix));
              int listed = 0;
              while (!directories.isEmpty()) {
                String directory = directories.pop();
                // The tree is walked as the engine does it. A key that is no file name does not
                // appear.
                for (Map.Entry<String, ListedEntry> entry :
                    listing.list(directory).names.entrySet()) {
                  Optional<Path> name = BucketKeys.pathOf(entry.getKey());
                  if (name.isPresent()) {
                    assertThat(name.get().getNameCount()).isEqualTo(1);
                    assertThat(name.get().isAbsolute()).isFalse();
                    assertThat(name.get().normalize())
                        .isEqualTo(name.get())
                        .isNotEqualTo(Path.of(""));
                    if (entry.getValue().isDirectory()) {
                      directories.push(directory + entry.getKey() + "/");
                    }
                  }
                }
                assertThat(++listed).as("%s", keys).isLessThan(2_000);
              }
            });
  }

  @Test
  void keysThatMayBeTakenForPaths_areToldFromPlainOnes() {
    assertThat(BucketKeys.isPlain("a/b.c/..d/e..")).isTrue();
    assertThat(BucketKeys.isPlain("a//b")).isTrue();
    for (String key : List.of("..", "a/../b", "a/..", "./a", "a/.", "../a")) {
      assertThat(BucketKeys.isPlain(key)).as(key).isFalse();
    }
  }
}
