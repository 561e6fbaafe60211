package dev.mtb.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import dev.mtb.model.Action;
import dev.mtb.model.Attribute;
import dev.mtb.model.Kind;
import dev.mtb.model.Metadata;
import dev.mtb.model.Reason;
import dev.mtb.options.CompareMode;
import dev.mtb.options.KeptAttributes;
import dev.mtb.options.UpdateRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ComparisonTest {
  private static final Instant TIME = Instant.parse("2024-05-06T07:08:09.123456789Z");
  private static final Metadata FILE = new Metadata(Kind.FILE, 10, TIME, 0644, 1, 2, 3, 4);
  private static final Metadata LINK = new Metadata(Kind.LINK, 10, TIME, 0777, 1, 2, 3, 5);
  private static final Metadata FOLDER = new Metadata(Kind.DIRECTORY, 0, TIME, 0755, 1, 2, 3, 6);
  private static final Instant LATER = TIME.plusSeconds(100);

  private enum Outcome {
    REPLACE,
    METADATA,
    READ_BOTH,
    NOTHING
  }

  @ParameterizedTest
  @CsvSource({
    // difference, SIZE_MTIME, SIZE, CHECKSUM, ALWAYS
    "kind,  REPLACE,  REPLACE,  REPLACE,   REPLACE",
    "size,  REPLACE,  REPLACE,  REPLACE,   REPLACE",
    "mtime, REPLACE,  METADATA, READ_BOTH, REPLACE",
    "none,  NOTHING,  NOTHING,  READ_BOTH, REPLACE",
    "mode,  METADATA, METADATA, READ_BOTH, REPLACE",
    "owner, METADATA, METADATA, READ_BOTH, REPLACE",
    "group, METADATA, METADATA, READ_BOTH, REPLACE"
  })
  void file_followsTheTable(
      String difference, Outcome sizeMtime, Outcome size, Outcome checksum, Outcome always) {
    Metadata copy = copyWith(difference);

    assertThat(outcome(file(CompareMode.SIZE_MTIME, FILE, copy))).isEqualTo(sizeMtime);
    assertThat(outcome(file(CompareMode.SIZE, FILE, copy))).isEqualTo(size);
    assertThat(outcome(file(CompareMode.CHECKSUM, FILE, copy))).isEqualTo(checksum);
    assertThat(outcome(file(CompareMode.ALWAYS, FILE, copy))).isEqualTo(always);
  }

  @ParameterizedTest
  @CsvSource({
    "SIZE_MTIME, kind,  TYPE_DIFFERS",
    "ALWAYS,     kind,  TYPE_DIFFERS",
    "SIZE_MTIME, size,  SIZE_DIFFERS",
    "CHECKSUM,   size,  SIZE_DIFFERS",
    "ALWAYS,     size,  SIZE_DIFFERS",
    "SIZE_MTIME, mtime, MTIME_DIFFERS",
    "SIZE,       mtime, MTIME_DIFFERS",
    "SIZE,       mode,  MODE_DIFFERS",
    "SIZE_MTIME, owner, OWNER_DIFFERS",
    "SIZE_MTIME, group, OWNER_DIFFERS",
    "SIZE_MTIME, none,  UNCHANGED",
    "ALWAYS,     none,  ALWAYS",
    "ALWAYS,     mtime, ALWAYS"
  })
  void file_tellsTheReason(CompareMode mode, String difference, Reason reason) {
    assertThat(file(mode, FILE, copyWith(difference)).reason()).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource({"mtime, MTIME", "mode, MODE", "owner, OWNER", "group, OWNER"})
  void file_ofTheSameSize_getsOnlyTheAttributeThatDiffers(String difference, Attribute attribute) {
    assertThat(file(CompareMode.SIZE, FILE, copyWith(difference)).attributes())
        .containsExactly(attribute);
  }

  @Test
  void file_thatDiffersInAllAttributes_getsThemAll() {
    Metadata copy = new Metadata(Kind.FILE, 10, LATER, 0600, 8, 9, 0, 0);

    assertThat(file(CompareMode.SIZE, FILE, copy).attributes())
        .containsExactlyInAnyOrder(Attribute.values());
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void newFile_isCreated(CompareMode mode) {
    for (Metadata source : List.of(FILE, LINK)) {
      assertThat(comparison(mode).file(source, Optional.empty()))
          .isEqualTo(new Decision(Action.CREATE, Reason.NEW, ImmutableSet.of(), false));
    }
    assertThat(comparison(mode).directory(FOLDER, Optional.empty()).action())
        .isEqualTo(Action.CREATE);
  }

  static List<List<Kind>> kindsThatDiffer() {
    List<List<Kind>> pairs = new ArrayList<>();
    for (Kind source : List.of(Kind.FILE, Kind.LINK)) {
      Arrays.stream(Kind.values())
          .filter(copy -> copy != source)
          .forEach(copy -> pairs.add(List.of(source, copy)));
    }
    return pairs;
  }

  @ParameterizedTest
  @MethodSource("kindsThatDiffer")
  void otherKind_isReplacedInEveryMode(List<Kind> kinds) {
    Metadata source = new Metadata(kinds.get(0), 0, TIME, 0644, 1, 2, 3, 4);
    Metadata copy = new Metadata(kinds.get(1), 0, TIME, 0644, 1, 2, 3, 4);

    for (CompareMode mode : CompareMode.values()) {
      assertThat(file(mode, source, copy))
          .isEqualTo(new Decision(Action.REPLACE, Reason.TYPE_DIFFERS, ImmutableSet.of(), false));
    }
  }

  @ParameterizedTest
  @CsvSource({"SIZE_MTIME, METADATA", "SIZE, METADATA", "CHECKSUM, METADATA", "ALWAYS, REPLACE"})
  void emptyFiles_haveTheSameContent(CompareMode mode, Outcome otherMtime) {
    Metadata empty = new Metadata(Kind.FILE, 0, TIME, 0644, 1, 2, 3, 4);

    Decision decision = file(mode, empty, empty.withMtime(LATER));

    assertThat(outcome(decision)).isEqualTo(otherMtime);
    assertThat(decision.needsContent()).isFalse();
    if (mode != CompareMode.ALWAYS) {
      assertThat(decision.attributes()).containsExactly(Attribute.MTIME);
      assertThat(outcome(file(mode, empty, empty))).isEqualTo(Outcome.NOTHING);
    }
  }

  @Test
  void checksum_decidesWhenTheContentIsKnown() {
    Decision same = file(CompareMode.CHECKSUM, FILE, FILE);
    Decision touched = file(CompareMode.CHECKSUM, FILE, copyWith("mtime"));

    assertThat(same.withContent(true))
        .isEqualTo(new Decision(Action.NONE, Reason.UNCHANGED, ImmutableSet.of(), false));
    assertThat(touched.withContent(true))
        .isEqualTo(
            new Decision(
                Action.UPDATE_METADATA,
                Reason.MTIME_DIFFERS,
                ImmutableSet.of(Attribute.MTIME),
                false));
    for (Decision decision : List.of(same, touched)) {
      assertThat(decision.withContent(false))
          .isEqualTo(
              new Decision(Action.REPLACE, Reason.CONTENT_DIFFERS, ImmutableSet.of(), false));
    }
  }

  @Test
  void link_modeOfItsOwn_doesNotMatter() {
    Metadata copy = new Metadata(Kind.LINK, 10, TIME, 0755, 1, 2, 3, 4);

    assertThat(outcome(file(CompareMode.SIZE_MTIME, LINK, copy))).isEqualTo(Outcome.NOTHING);
  }

  @Test
  void link_otherMtimeOrLength_isReplaced() {
    Metadata longer = new Metadata(Kind.LINK, 11, TIME, 0777, 1, 2, 3, 4);

    assertThat(file(CompareMode.SIZE_MTIME, LINK, LINK.withMtime(LATER)).reason())
        .isEqualTo(Reason.MTIME_DIFFERS);
    assertThat(file(CompareMode.SIZE, LINK, longer).reason()).isEqualTo(Reason.SIZE_DIFFERS);
    assertThat(file(CompareMode.CHECKSUM, LINK, LINK).needsContent()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void directory_isOnlyEverGivenMetadata(CompareMode mode) {
    Metadata copy = new Metadata(Kind.DIRECTORY, 4096, LATER, 0700, 8, 2, 0, 0);

    assertThat(comparison(mode).directory(FOLDER, Optional.of(FOLDER)).action())
        .isEqualTo(Action.NONE);
    Decision decision = comparison(mode).directory(FOLDER, Optional.of(copy));
    assertThat(decision.action()).isEqualTo(Action.UPDATE_METADATA);
    assertThat(decision.attributes()).containsExactlyInAnyOrder(Attribute.values());
    assertThat(decision.needsContent()).isFalse();
  }

  @Test
  void directory_inThePlaceOfSomethingElse_isReplaced() {
    for (Kind kind : List.of(Kind.FILE, Kind.LINK, Kind.SPECIAL)) {
      Metadata copy = new Metadata(kind, 0, TIME, 0755, 1, 2, 3, 4);
      assertThat(comparison(CompareMode.SIZE).directory(FOLDER, Optional.of(copy)))
          .isEqualTo(new Decision(Action.REPLACE, Reason.TYPE_DIFFERS, ImmutableSet.of(), false));
    }
  }

  @Test
  void modeAndOwner_thatTheDestinationDoesNotKeep_areNotCompared() {
    Metadata copy = new Metadata(Kind.FILE, 10, TIME, 0600, 8, 9, 3, 4);

    assertThat(attributes(false, false, FILE, copy)).isEmpty();
    assertThat(attributes(true, false, FILE, copy)).containsExactly(Attribute.MODE);
    assertThat(attributes(false, true, FILE, copy)).containsExactly(Attribute.OWNER);
  }

  @Test
  void modeAndOwner_thatAreUnknown_areNotCompared() {
    Metadata unknown = new Metadata(Kind.FILE, 10, TIME, -1, -1, -1, -1, -1);

    assertThat(attributes(true, true, FILE, unknown)).isEmpty();
    assertThat(attributes(true, true, unknown, FILE)).isEmpty();
    assertThat(attributes(true, true, unknown, unknown)).isEmpty();
  }

  @Test
  void bitsAbove0777_areCompared() {
    Metadata setuid = new Metadata(Kind.FILE, 10, TIME, 04644, 1, 2, 3, 4);

    assertThat(attributes(true, true, setuid, FILE)).containsExactly(Attribute.MODE);
  }

  @ParameterizedTest
  @CsvSource({
    // window, difference, equal
    "PT0S,  PT0S,            true",
    "PT0S,  PT0.000000001S,  false",
    "PT0S,  PT-0.000000001S, false",
    "PT1S,  PT1S,            true",
    "PT1S,  PT-1S,           true",
    "PT1S,  PT1.000000001S,  false",
    "PT1S,  PT-1.000000001S, false",
    "PT2H,  PT-2H,           true",
    "PT2H,  PT2H1S,          false"
  })
  void window_includesItsEdges(Duration window, Duration difference, boolean equal) {
    Comparison comparison = times(window, Duration.ZERO, Instant.MIN);

    assertThat(comparison.sameMtime(TIME, TIME.plus(difference))).isEqualTo(equal);
    assertThat(comparison.sameMtime(TIME.plus(difference), TIME)).isEqualTo(equal);
  }

  @ParameterizedTest
  @CsvSource({
    // granularity, source, copy, equal
    "PT0.001S, 09.123456789, 09.123,       true",
    "PT0.001S, 09.123999999, 09.123,       true",
    "PT0.001S, 09.124,       09.123,       false",
    "PT0.001S, 09.122999999, 09.123,       false",
    "PT0.001S, 09.123456789, 09,           true",
    "PT0.001S, 09.999999999, 09,           true",
    "PT0.001S, 10,           09,           false",
    "PT0.001S, 08.999999999, 09,           false",
    "PT0.001S, 09.123456789, 09.123400000, true",
    "PT0.001S, 09.125000000, 09.123400000, false",
    "PT0S,     09.123456789, 09.123,       false",
    "PT0S,     09.123456789, 09,           false",
    "PT2S,     09.999999999, 08,           true",
    "PT2S,     10,           08,           false",
    "PT2S,     07.999999999, 08,           false"
  })
  void digitsThatTheDestinationCutOff_areIgnored(
      Duration granularity, String source, String copy, boolean equal) {
    Comparison comparison = times(Duration.ZERO, granularity, Instant.MIN);

    assertThat(comparison.sameMtime(at(source), at(copy))).isEqualTo(equal);
  }

  @Test
  void digitsCutOff_beforeTheEpoch_areThoseOfTheFloor() {
    Comparison comparison = times(Duration.ZERO, Duration.ofMillis(1), Instant.MIN);
    Instant source = Instant.parse("1960-01-01T00:00:00.123456789Z");

    assertThat(comparison.sameMtime(source, Instant.ofEpochMilli(source.toEpochMilli()))).isTrue();
    assertThat(comparison.sameMtime(source, source.plusMillis(1))).isFalse();
  }

  @Test
  void mtimesEarlierThanAreKept_areKeptAsTheEarliest() {
    Instant earliest = Instant.ofEpochSecond(1);
    Comparison comparison = times(Duration.ZERO, Duration.ofMillis(1), earliest);

    assertThat(comparison.sameMtime(Instant.EPOCH, earliest)).isTrue();
    assertThat(comparison.sameMtime(Instant.parse("1901-01-01T00:00:00Z"), earliest)).isTrue();
    assertThat(comparison.sameMtime(Instant.MIN, earliest)).isTrue();
    assertThat(comparison.sameMtime(earliest, earliest)).isTrue();
    assertThat(comparison.sameMtime(Instant.EPOCH, Instant.EPOCH)).isFalse();
    assertThat(comparison.sameMtime(Instant.ofEpochSecond(3), earliest)).isFalse();
  }

  @Test
  void extremeMtimes_doNotOverflow() {
    Comparison comparison = times(Duration.ofSeconds(1), Duration.ofMillis(1), Instant.MIN);

    assertThat(comparison.sameMtime(Instant.MIN, Instant.MAX)).isFalse();
    assertThat(comparison.sameMtime(Instant.MAX, Instant.MIN)).isFalse();
    assertThat(comparison.sameMtime(Instant.MAX, Instant.MAX)).isTrue();
  }

  private static Instant at(String seconds) {
    return Instant.parse("2024-05-06T07:08:" + seconds + "Z");
  }

  private static Metadata copyWith(String difference) {
    return switch (difference) {
      case "kind" -> new Metadata(Kind.LINK, 10, TIME, 0644, 1, 2, 3, 4);
      case "size" -> new Metadata(Kind.FILE, 11, TIME, 0644, 1, 2, 3, 4);
      case "mtime" -> FILE.withMtime(LATER);
      case "mode" -> new Metadata(Kind.FILE, 10, TIME, 0600, 1, 2, 3, 4);
      case "owner" -> new Metadata(Kind.FILE, 10, TIME, 0644, 9, 2, 3, 4);
      case "group" -> new Metadata(Kind.FILE, 10, TIME, 0644, 1, 9, 3, 4);
      case "none" -> new Metadata(Kind.FILE, 10, TIME, 0644, 1, 2, 77, 88);
      default -> throw new IllegalArgumentException(difference);
    };
  }

  private static Outcome outcome(Decision decision) {
    if (decision.needsContent()) {
      assertThat(decision.action()).isIn(Action.NONE, Action.UPDATE_METADATA);
      return Outcome.READ_BOTH;
    }
    return switch (decision.action()) {
      case REPLACE -> Outcome.REPLACE;
      case UPDATE_METADATA -> Outcome.METADATA;
      case NONE -> Outcome.NOTHING;
      case CREATE, DELETE -> throw new AssertionError(decision.action() + " of what is there");
    };
  }

  private static Decision file(CompareMode mode, Metadata source, Metadata copy) {
    return comparison(mode).file(source, Optional.of(copy));
  }

  private static Comparison comparison(CompareMode mode) {
    return comparison(mode, Duration.ofSeconds(1), Duration.ofMillis(1), Instant.MIN, true, true);
  }

  private static ImmutableSet<Attribute> attributes(
      boolean permissions, boolean owner, Metadata source, Metadata copy) {
    return comparison(
            CompareMode.SIZE_MTIME, Duration.ZERO, Duration.ZERO, Instant.MIN, permissions, owner)
        .file(source, Optional.of(copy))
        .attributes();
  }

  private static Comparison times(Duration window, Duration granularity, Instant earliest) {
    return comparison(CompareMode.SIZE_MTIME, window, granularity, earliest, true, true);
  }

  private static Comparison comparison(
      CompareMode mode,
      Duration window,
      Duration granularity,
      Instant earliest,
      boolean permissions,
      boolean owner) {
    return new Comparison(
        mode,
        new MtimeRules(
            Optional.of(window),
            earliest,
            new MtimeRules.Precision(granularity, !granularity.isZero()),
            MtimeRules.Precision.EXACT),
        KeptAttributes.ALL,
        permissions,
        owner);
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void copyThatIsMarkedWrong_isReplaced_inEveryMode(CompareMode mode) {
    for (Duration window : new Duration[] {Duration.ofSeconds(1), Duration.ofDays(100 * 365)}) {
      for (Metadata source : new Metadata[] {FILE, LINK}) {
        Comparison comparison =
            comparison(mode, window, Duration.ofSeconds(2), Instant.EPOCH, true, true);
        Metadata copy = comparison.markedWrong(source);

        assertThat(comparison.file(source, Optional.of(copy)).reason())
            .isEqualTo(Reason.READ_BACK_WRONG);
        assertThat(comparison.file(source, Optional.of(copy)).action()).isEqualTo(Action.REPLACE);
        assertThat(comparison.file(source, Optional.of(copy)).needsContent()).isFalse();
        assertThat(comparison.sameContent(source, copy).action()).isEqualTo(Action.REPLACE);
      }
    }
  }

  @Test
  void sourceWithTheMtimeOfTheMark_isComparedLikeAnyOther() {
    Instant mark = comparison(CompareMode.SIZE_MTIME).markedWrong(FILE).mtime();
    Metadata source = FILE.withMtime(mark.plusMillis(5));
    Metadata copy = FILE.withMtime(mark);

    assertThat(file(CompareMode.SIZE_MTIME, source, copy).action()).isEqualTo(Action.NONE);
    Metadata marked = comparison(CompareMode.SIZE_MTIME).markedWrong(source);
    assertThat(file(CompareMode.SIZE_MTIME, source, marked).action()).isEqualTo(Action.REPLACE);
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void update_skipsNewerFiles_inEveryMode(CompareMode mode) {
    Comparison comparison = comparison(mode).under(UpdateRules.NONE.withUpdate(true));
    Metadata newer = sized(7).withMtime(LATER);

    assertThat(comparison.file(FILE, Optional.of(newer)))
        .isEqualTo(Decision.leave(Reason.NEWER_THERE));
    assertThat(comparison.sameContent(FILE, FILE.withMtime(LATER)))
        .isEqualTo(Decision.leave(Reason.NEWER_THERE));
    // A difference within a second does not count as newer. Older files and other kinds are never
    // skipped.
    Metadata barelyNewer = sized(7).withMtime(TIME.plusMillis(800));
    assertThat(comparison.file(FILE, Optional.of(barelyNewer)).action()).isEqualTo(Action.REPLACE);
    Metadata older = sized(7).withMtime(TIME.minusSeconds(100));
    assertThat(comparison.file(FILE, Optional.of(older)).action()).isEqualTo(Action.REPLACE);
    assertThat(comparison.file(FILE, Optional.of(LINK.withMtime(LATER))).reason())
        .isEqualTo(Reason.TYPE_DIFFERS);
    assertThat(comparison.file(LINK, Optional.of(LINK.withMtime(LATER))).isSkipped()).isFalse();
    assertThat(comparison.file(FILE, Optional.empty())).isEqualTo(Decision.CREATE);
    assertThat(comparison.directory(FOLDER, Optional.of(FOLDER.withMtime(LATER))).attributes())
        .containsExactly(Attribute.MTIME);
    assertThat(comparison.dependsOnMtime(FILE, newer)).isTrue();
    assertThat(comparison(mode).dependsOnMtime(FILE, newer)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void ignoreExisting_skipsWhatExists_exceptDirectories(CompareMode mode) {
    Comparison comparison = comparison(mode).under(UpdateRules.NONE.withIgnoreExisting(true));
    Decision left = Decision.leave(Reason.THERE_ALREADY);

    assertThat(comparison.file(FILE, Optional.of(sized(7)))).isEqualTo(left);
    assertThat(comparison.file(FILE, Optional.of(FILE))).isEqualTo(left);
    assertThat(comparison.file(FILE, Optional.of(FOLDER))).isEqualTo(left);
    assertThat(comparison.file(LINK, Optional.of(FILE))).isEqualTo(left);
    assertThat(comparison.directory(FOLDER, Optional.of(FILE))).isEqualTo(left);
    assertThat(comparison.file(FILE, Optional.empty())).isEqualTo(Decision.CREATE);
    assertThat(comparison.directory(FOLDER, Optional.empty())).isEqualTo(Decision.CREATE);
    assertThat(comparison.directory(FOLDER, Optional.of(FOLDER.withMtime(LATER))).attributes())
        .containsExactly(Attribute.MTIME);
  }

  @ParameterizedTest
  @EnumSource(CompareMode.class)
  void existing_makesNothingNew(CompareMode mode) {
    Comparison comparison = comparison(mode).under(UpdateRules.NONE.withExisting(true));
    Decision left = Decision.leave(Reason.NOT_THERE);

    assertThat(comparison.file(FILE, Optional.empty())).isEqualTo(left);
    assertThat(comparison.directory(FOLDER, Optional.empty())).isEqualTo(left);
    assertThat(comparison.file(FILE, Optional.of(sized(7))).action()).isEqualTo(Action.REPLACE);
    assertThat(comparison.file(FILE, Optional.of(LINK)).action()).isEqualTo(Action.REPLACE);
    assertThat(left.isSkipped()).isTrue();
    assertThat(left.isUnchanged()).isFalse();
    assertThat(Decision.UNCHANGED.isSkipped()).isFalse();
  }

  private static Metadata sized(long size) {
    return new Metadata(Kind.FILE, size, TIME, 0644, 1, 2, 3, 4);
  }
}
