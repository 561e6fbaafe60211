package dev.mtb.scan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.InvalidJobException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.commons.io.input.BrokenInputStream;
import org.apache.commons.io.input.InfiniteCircularInputStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The strings here are ISO 8859-1, so that each character is one byte. */
class ListReaderTest {
  private static final String BOM = "\u00ef\u00bb\u00bf";

  @Test
  void lines_areEntries() throws IOException {
    assertThat(lines("a\nb/c\n/d e\n")).containsExactly("a", "b/c", "/d e");
  }

  @Test
  void lastLine_withoutNewline_isAnEntry() throws IOException {
    assertThat(lines("a\nb")).containsExactly("a", "b");
  }

  @Test
  void blankLinesAndComments_areSkipped() throws IOException {
    assertThat(lines("\n#one\n;two\n \n\t\n\r\na#b\n a\n\n")).containsExactly("a#b", " a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\n\n\n", "#", ";x", "#a\n;b\n", BOM, BOM + "\n#a"})
  void listsOfNothing_haveNoEntries(String list) throws IOException {
    assertThat(lines(list)).isEmpty();
  }

  @Test
  void byteOrderMark_isNoPartOfTheFirstName() throws IOException {
    assertThat(lines(BOM + "a\nb")).containsExactly("a", "b");
    assertThat(lines(BOM + "#a\nb")).containsExactly("b");
    assertThat(entries(BOM + "a\0b")).containsExactly("a", "b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u00ef", "\u00ef\u00bb", "\u00ef\u00bba", "\u00efa\u00bb", "a" + BOM})
  void partOfAByteOrderMark_isAName(String list) throws IOException {
    assertThat(lines(list)).containsExactly(list);
  }

  @Test
  void byteOrderMark_inLaterLines_isPartOfTheName() throws IOException {
    assertThat(lines("a\n" + BOM + "b")).containsExactly("a", BOM + "b");
  }

  @Test
  void nulSeparated_nothingIsAComment() throws IOException {
    assertThat(entries("#a\0;b\0 \0\n\0c\nd\0\0e"))
        .containsExactly("#a", ";b", " ", "\n", "c\nd", "e");
  }

  @ParameterizedTest
  @CsvSource({"'a\0b\0', 1", "'a\nb\nc\0', 3", "'#x\0', 1", "'\n\n\0', 3"})
  void nulInALine_isRefusedWithItsNumber(String list, int number) {
    assertThatThrownBy(() -> lines(list))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("the list, line " + number + ":")
        .hasMessageContaining("BackupJob.filesFrom0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\u00ff\u00fea\0\n\0", "\u00fe\u00ff\0a\0\n"})
  void utf16_isNamedInTheFailure(String list) {
    assertThatThrownBy(() -> lines(list))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("the list, line 1")
        .hasMessageContaining("UTF-16")
        .hasMessageContaining("iconv");
  }

  @Test
  void namesThatBeginLikeUtf16_areNames() throws IOException {
    assertThat(lines("\u00ff\u00fea\nb")).containsExactly("\u00ff\u00fea", "b");
    assertThat(entries("\u00ff\u00fea\0b")).containsExactly("\u00ff\u00fea", "b");
  }

  @Test
  void carriageReturns_arePartOfTheName() throws IOException {
    assertThat(lines("a\r\nb\r\n\r\n")).containsExactly("a\r", "b\r");
  }

  @Test
  void entries_beforeABadLine_wereHandedOut() {
    List<String> taken = new ArrayList<>();
    assertThatThrownBy(
            () ->
                ListReader.read(
                    stream("a\nb\0"),
                    "the list",
                    false,
                    entry -> taken.add(new String(entry, ISO_8859_1))))
        .isInstanceOf(InvalidJobException.class);
    assertThat(taken).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void longestEntry_isTaken_oneByteMoreIsRefused(boolean nulSeparated) throws IOException {
    String longest = "x".repeat(ListReader.LONGEST_ENTRY);

    assertThat(read(stream(longest), nulSeparated)).containsExactly(longest);
    assertThatThrownBy(() -> read(stream(longest + "x"), nulSeparated))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(nulSeparated ? "entry 1" : "line 1")
        .hasMessageContaining("longer than any path");
  }

  @Test
  void endlessLine_isRefusedEarly() {
    InputStream endless = new InfiniteCircularInputStream(new byte[] {'x'});

    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> read(endless, false)).isInstanceOf(InvalidJobException.class));
  }

  @Test
  void errorsOfTheStreamAndTheConsumer_areThrownUnchanged() {
    InputStream broken = new BrokenInputStream(() -> new IOException("broken"));

    assertThatThrownBy(() -> read(broken, false)).hasMessage("broken");
    assertThatThrownBy(
            () ->
                ListReader.read(
                    stream("a"),
                    "the list",
                    false,
                    entry -> {
                      throw new IOException("full");
                    }))
        .hasMessage("full");
  }

  @Test
  void manyRandomEntries_comeBackInOrder() throws IOException {
    long seed = System.nanoTime() & 0xffffff;
    System.out.println("ListReaderTest: seed " + seed);
    Random random = new Random(seed);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      byte[] name = new byte[1 + random.nextInt(30)];
      random.nextBytes(name);
      String text = "x" + new String(name, ISO_8859_1).replace('\0', '_');
      names.add(text);
    }
    List<String> singleLines =
        names.stream().map(name -> name.replace('\n', '_')).collect(Collectors.toList());

    assertThat(entries(String.join("\0", names))).isEqualTo(names);
    assertThat(lines(String.join("\n", singleLines))).isEqualTo(singleLines);
  }

  private static List<String> lines(String list) throws IOException {
    return read(stream(list), false);
  }

  private static List<String> entries(String list) throws IOException {
    return read(stream(list), true);
  }

  private static InputStream stream(String list) {
    return new ByteArrayInputStream(list.getBytes(ISO_8859_1));
  }

  private static List<String> read(InputStream in, boolean nulSeparated) throws IOException {
    List<String> entries = new ArrayList<>();
    ListReader.read(
        in, "the list", nulSeparated, entry -> entries.add(new String(entry, ISO_8859_1)));
    return entries;
  }
}
