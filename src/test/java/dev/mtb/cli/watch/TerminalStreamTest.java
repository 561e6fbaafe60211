package dev.mtb.cli.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import dev.mtb.cli.text.Text;
import dev.mtb.job.Activity;
import dev.mtb.testing.Fuzz;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What stands on the terminal in the end, with lines at the bottom that change. */
class TerminalStreamTest {
  /**
   * As much of a terminal as is used: it has rows without end, and refuses what it does not know.
   */
  private static final class Screen {
    private static final Pattern TOKEN =
        Pattern.compile("\r|\n|\u001b\\[([?]?[0-9]*)([A-Za-z])|[^\r\n\u001b]");

    private final int columns;
    private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
    private int row;
    private int column;
    private boolean wraps = true;

    Screen(int columns, String output) {
      this.columns = columns;
      Matcher matcher = TOKEN.matcher(output);
      int end = 0;
      while (matcher.find()) {
        assertThat(matcher.start()).as("unknown at %d in %s", end, output).isEqualTo(end);
        end = matcher.end();
        token(matcher);
      }
      assertThat(end).isEqualTo(output.length());
      assertThat(wraps).isTrue();
    }

    private void token(Matcher token) {
      switch (token.group().charAt(0)) {
        case '\r' -> column = 0;
        case '\n' -> {
          // As a terminal's driver has it: back to the first column, too.
          column = 0;
          down();
        }
        case '\u001b' -> {
          switch (token.group(1) + token.group(2)) {
            case "J" -> {
              rows.subList(row + 1, rows.size()).clear();
              rows.get(row).setLength(Math.min(rows.get(row).length(), column));
            }
            case "?7l" -> wraps = false;
            case "?7h" -> wraps = true;
            default -> {
              assertThat(token.group(2)).isEqualTo("A");
              row -= Integer.parseInt(token.group(1));
              assertThat(row).isNotNegative();
            }
          }
        }
        default -> put(token.group().charAt(0));
      }
    }

    private void down() {
      row++;
      if (row == rows.size()) {
        rows.add(new StringBuilder());
      }
    }

    private void put(char c) {
      if (column == columns) {
        if (!wraps) {
          return;
        }
        column = 0;
        down();
      }
      StringBuilder line = rows.get(row);
      if (column < line.length()) {
        line.setCharAt(column, c);
      } else {
        line.append(c);
      }
      column++;
    }

    List<String> lines() {
      return rows.stream().map(StringBuilder::toString).filter(line -> !line.isEmpty()).toList();
    }
  }

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TerminalStream terminal =
      TerminalStream.of(new PrintStream(bytes, true, StandardCharsets.UTF_8));

  private List<String> screen() {
    return new Screen(100, bytes.toString(StandardCharsets.UTF_8)).lines();
  }

  @Test
  void whatIsPrinted_standsAboveTheLinesThatChange() {
    terminal.println("before");
    terminal.show(List.of("bar 1", "  thread a", "  thread b"));
    terminal.println("mtb: a: failed");
    assertThat(screen())
        .containsExactly("before", "mtb: a: failed", "bar 1", "  thread a", "  thread b");
    terminal.show(List.of("bar 2", "  b"));
    terminal.beside(terminal).println("new: a");
    assertThat(screen()).containsExactly("before", "mtb: a: failed", "new: a", "bar 2", "  b");
    terminal.show(List.of());
    terminal.println("after");
    assertThat(screen()).containsExactly("before", "mtb: a: failed", "new: a", "after");
  }

  @Test
  void lineThatIsTooLong_takesOneRow_andControlsAreShown() {
    terminal.show(List.of("y".repeat(250), "a\u001b[2J\nb\u202e", "z"));
    terminal.show(List.of("y".repeat(250), "a\u001b[2J\nb\u202e", "z"));
    assertThat(screen()).containsExactly("y".repeat(100), "a\\x1b[2J\\nb\\u202e", "z");
  }

  @Test
  void trace_andPartsOfLines_arePrintedWhole() {
    terminal.show(List.of("bar", "  a"));
    new IllegalStateException("why").printStackTrace(terminal);
    assertThat(screen())
        .startsWith("java.lang.IllegalStateException: why")
        .endsWith("bar", "  a")
        .filteredOn(line -> line.startsWith("    at "))
        .isNotEmpty();
    terminal.printf("%s and %d%n", "part", 1);
    assertThat(screen()).doesNotContain("bar").contains("part and 1\\n");
  }

  @Test
  void progress_onAWideTerminal_showsThreads_onANarrowOneTheBarOnly() throws Exception {
    for (int columns : List.of(120, 80)) {
      bytes.reset();
      Watch watch = new Watch(Ticker.systemTicker());
      watch.busy(Activity.COPYING, Path.of("some/file"));
      try (Progress progress =
          Progress.start(
              /* isAuto= */ true,
              terminal,
              watch,
              Optional.of(new TerminalSize(24, columns)),
              Duration.ofHours(1))) {
        while (progress != null && bytes.size() == 0) {
          Thread.sleep(1);
        }
        assertThat(screen())
            .hasSize(columns == 120 ? 2 : 1)
            .first()
            .asString()
            .startsWith("0 of 0 files done");
        assertThat(String.join("", screen()).contains("some/file")).isEqualTo(columns == 120);
      }
      assertThat(screen()).isEmpty();
    }
  }

  @Test
  void whatIsPrinted_holdsNothingThatActsOnATerminal() {
    Fuzz.seeded("terminal")
        .times(
            5_000,
            random -> {
              ByteArrayOutputStream bytes = new ByteArrayOutputStream();
              PrintStream raw = new PrintStream(bytes, true, StandardCharsets.UTF_8);
              PrintStream safe = TerminalStream.of(raw);
              String text = Fuzz.text(random, 9);
              switch (random.nextInt(5)) {
                case 0 -> safe.println(text);
                case 1 -> safe.println((Object) text);
                case 2 -> safe.print(text.toCharArray());
                case 3 -> safe.printf("%s and %d", text, 1);
                default -> new IllegalStateException(text).printStackTrace(safe);
              }
              safe.flush();
              assertThat(bytes.toString(StandardCharsets.UTF_8).codePoints())
                  .as(text)
                  .noneMatch(c -> c != '\n' && Text.isActive(c));
              assertThat(Text.printable(text).codePoints()).noneMatch(Text::isActive);
            });
    assertThat(TerminalStream.of(TerminalStream.of(System.out)))
        .satisfies(stream -> assertThat(TerminalStream.raw(stream)).isSameAs(System.out));
  }
}
