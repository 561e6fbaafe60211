package dev.mtb.store.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.options.ObjectStyle;
import dev.mtb.options.S3Location;
import dev.mtb.s3.AwsIdentity;
import dev.mtb.store.ContentTag;
import dev.mtb.store.ListedEntry;
import dev.mtb.store.Recollection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogTest {
  private static final Instant TIME = Instant.parse("2021-02-03T04:05:06.789123456Z");
  private static final BucketPlace PLACE =
      new BucketPlace(
          new S3Location("bucket", "prefix"),
          Optional.empty(),
          Optional.empty(),
          false,
          Optional.empty(),
          AwsIdentity.ANY,
          ObjectStyle.DEFAULT);

  @TempDir Path folder;

  private static Metadata source(long size, int mode, Instant mtime, long inode, Instant ctime) {
    return new Metadata(Kind.FILE, size, mtime, mode, 1, 2, 3, inode, Optional.of(ctime));
  }

  private static final Metadata SOURCE = source(5, 0644, TIME, 7, TIME);

  private static ListedEntry listedEntry(String md5, Instant at) {
    return new ListedEntry(false, 5, ContentTag.parse(md5), Optional.of(at));
  }

  private static final ListedEntry LISTED_ENTRY = listedEntry("0".repeat(32), TIME);

  private Catalog open(boolean readOnly) {
    return Catalog.open(folder, PLACE, readOnly, true).orElseThrow();
  }

  @Test
  void whatIsRemembered_isKnownAgain_inTheNextRun() {
    try (Catalog catalog = open(false)) {
      assertThat(catalog.recall("k", LISTED_ENTRY, SOURCE)).isEqualTo(Recollection.NONE);
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ZERO);
    }
    try (Catalog catalog = open(true)) {
      assertThat(catalog.recall("k", LISTED_ENTRY, SOURCE)).isEqualTo(Recollection.SAME);
      assertThat(catalog.recall("other", LISTED_ENTRY, SOURCE)).isEqualTo(Recollection.NONE);
    }
  }

  @Test
  void anyChangeOfTheSource_isSeen() {
    try (Catalog catalog = open(false)) {
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ZERO);
      for (Metadata changed :
          List.of(
              source(6, 0644, TIME, 7, TIME),
              source(5, 0600, TIME, 7, TIME),
              source(5, 0644, TIME.plusNanos(1), 7, TIME),
              source(5, 0644, TIME, 8, TIME),
              source(5, 0644, TIME, 7, TIME.plusNanos(1)))) {
        assertThat(catalog.recall("k", LISTED_ENTRY, changed))
            .as("%s", changed)
            .isEqualTo(Recollection.SOURCE_CHANGED);
      }
    }
  }

  @Test
  void anotherObject_isNotTheRememberedOne() {
    try (Catalog catalog = open(false)) {
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ZERO);
      assertThat(catalog.recall("k", listedEntry("1".repeat(32), TIME), SOURCE))
          .isEqualTo(Recollection.NONE);
      assertThat(catalog.recall("k", listedEntry("0".repeat(32), TIME.plusSeconds(3)), SOURCE))
          .isEqualTo(Recollection.NONE);
      assertThat(catalog.recall("k", listedEntry("0".repeat(32) + "-2", TIME), SOURCE))
          .isEqualTo(Recollection.NONE);
    }
  }

  @Test
  void sourceWithoutCtime_isNeverRemembered() {
    Metadata without = new Metadata(Kind.FILE, 5, TIME, 0644, 1, 2, 3, 4);
    try (Catalog catalog = open(false)) {
      catalog.remember("k", LISTED_ENTRY, without, Duration.ZERO);
      assertThat(catalog.recall("k", LISTED_ENTRY, without)).isEqualTo(Recollection.NONE);
    }
  }

  @Test
  void secondRunAtATime_hasNoCatalog() {
    try (Catalog catalog = open(false)) {
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ZERO);
      assertThat(Catalog.open(folder, PLACE, false, true)).isEmpty();
    }
  }

  @Test
  void spoiltFile_isMadeAnew() throws IOException {
    open(false).close();
    try (var files = Files.list(folder)) {
      Files.writeString(files.findFirst().orElseThrow(), "this is no catalog");
    }
    try (Catalog catalog = open(false)) {
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ZERO);
      assertThat(catalog.recall("k", LISTED_ENTRY, SOURCE)).isEqualTo(Recollection.SAME);
    }
  }

  @Test
  void folderThatCannotBeMade_isNoFailure() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(Catalog.open(file.resolve("below"), PLACE, false, true)).isEmpty();
    assertThat(Catalog.open(folder.resolve("none"), PLACE, true, true)).isEmpty();
  }

  @Test
  void whatIsForgotten_isNotKnownAnyMore() {
    try (Catalog catalog = open(false)) {
      catalog.remember("a", LISTED_ENTRY, SOURCE, Duration.ZERO);
      catalog.remember("b", LISTED_ENTRY, SOURCE, Duration.ZERO);
      catalog.forget("a");
    }
    try (Catalog catalog = open(false)) {
      assertThat(catalog.recall("a", LISTED_ENTRY, SOURCE)).isEqualTo(Recollection.NONE);
      assertThat(catalog.recall("b", LISTED_ENTRY, SOURCE)).isEqualTo(Recollection.SAME);
    }
  }

  @Test
  void whatWasComparedWithoutOwners_isNotTheSameWithThem() {
    try (Catalog catalog = Catalog.open(folder, PLACE, false, false).orElseThrow()) {
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ZERO);
    }
    try (Catalog catalog = open(false)) {
      assertThat(catalog.recall("k", LISTED_ENTRY, SOURCE)).isNotEqualTo(Recollection.SAME);
    }
  }

  /**
   * A list may date an object at any moment of its upload. An earlier or later date means another
   * object.
   */
  @Test
  void dateWithinTheUpload_isThatOfTheObject() {
    try (Catalog catalog = open(false)) {
      catalog.remember("k", LISTED_ENTRY, SOURCE, Duration.ofMinutes(1));
      for (int seconds : List.of(2, 0, -3, -30, -62)) {
        assertThat(
                catalog.recall("k", listedEntry("0".repeat(32), TIME.plusSeconds(seconds)), SOURCE))
            .as("%s s", seconds)
            .isEqualTo(Recollection.SAME);
      }
      for (int seconds : List.of(3, -63)) {
        assertThat(
                catalog.recall("k", listedEntry("0".repeat(32), TIME.plusSeconds(seconds)), SOURCE))
            .as("%s s", seconds)
            .isEqualTo(Recollection.NONE);
      }
    }
  }
}
