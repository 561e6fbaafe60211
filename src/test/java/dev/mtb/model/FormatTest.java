package dev.mtb.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How sizes and durations look, wherever MTB shows one. */
class FormatTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1, 1 B",
    "999, 999 B",
    "1000, 1.0 kB",
    "1254, 1.3 kB",
    "999949, 999.9 kB",
    "999950, 1.0 MB",
    "2042199465, 2.0 GB",
    "9223372036854775807, 9.2 EB"
  })
  void size_isDecimal_withOneDecimal(long bytes, String text) {
    assertThat(Format.size(bytes)).isEqualTo(text);
  }

  @Test
  void rate_isASizeInASecond() {
    assertThat(Format.rate(0)).isEqualTo("0 B/s");
    assertThat(Format.rate(999.6)).isEqualTo("1.0 kB/s");
    assertThat(Format.rate(1_950_001, Duration.ofSeconds(1))).isEqualTo("2.0 MB/s");
    assertThat(Format.rate(0, Duration.ZERO)).isEqualTo("0 B/s");
  }

  @ParameterizedTest
  @CsvSource({
    "PT-1S, 0 s",
    "PT0S, 0 s",
    "PT0.00042S, 0.4 ms",
    "PT0.0096S, 9.6 ms",
    "PT0.354S, 354 ms",
    "PT0.9996S, 1.0 s",
    "PT1S, 1 s",
    "PT9.96S, 10.0 s",
    "PT12.345S, 12.3 s",
    "PT59.949S, 59.9 s",
    "PT59.95S, 1 min",
    "PT200S, 3 min 20 s",
    "PT3599.4S, 59 min 59 s",
    "PT3599.5S, 1 h",
    "PT7500S, 2 h 5 min",
    "PT86370S, 1 d",
    "PT187200S, 2 d 4 h",
    "PT2562047788015215H, 106751991167300 d 15 h"
  })
  void duration_hasTwoUnitsAtMost(Duration duration, String text) {
    assertThat(Format.duration(duration)).isEqualTo(text);
  }

  @Test
  void locale_makesNoDifference() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(Format.size(1500)).isEqualTo("1.5 kB");
      assertThat(Format.duration(Duration.ofMillis(1500))).isEqualTo("1.5 s");
    } finally {
      Locale.setDefault(before);
    }
  }

  /** A second way to write or read sizes would write or read them in another way. */
  @Test
  void noOtherClass_writesOrReadsSizes() throws IOException {
    Pattern suspect =
        Pattern.compile(
            "byteCountToDisplaySize|\"BKMGTP\"|\" [kMG]B\"|toSeconds\\(\\)\\s+\\+ \"|%\\.1f"
                + " (s|MB|GB)\\b");
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      List<Path> files = sources.filter(file -> file.toString().endsWith(".java")).toList();
      assertThat(files).hasSizeGreaterThan(100);
      for (Path file : files) {
        if (!List.of("Format.java", "SizeParser.java").contains(file.getFileName().toString())) {
          assertThat(Files.readString(file)).as("%s", file).doesNotContainPattern(suspect);
        }
      }
    }
  }
}
