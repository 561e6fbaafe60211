package dev.mtb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1, 1 B",
    "999, 999 B",
    "1000, 1.00 kB",
    "1254, 1.25 kB",
    "9994, 9.99 kB",
    "9996, 10.0 kB",
    "99960, 100 kB",
    "999499, 999 kB",
    "999500, 1.00 MB",
    "1500000000, 1.50 GB",
    "9223372036854775807, 9.22 EB"
  })
  void bytes_haveThreeDigitsThatMatter(long count, String text) {
    assertThat(Figures.bytes(count)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 s",
    "1, 0.00 s",
    "354, 0.35 s",
    "1000, 1 s",
    "9996, 10.0 s",
    "12345, 12.3 s",
    "59949, 59.9 s",
    "59950, 1 min",
    "200000, 3 min 20 s",
    "3599400, 59 min 59 s",
    "3599500, 1 h",
    "7500000, 2 h 5 min",
    "86370000, 1 d",
    "187200000, 2 d 4 h"
  })
  void times_haveTwoUnitsAtMost(long millis, String text) {
    assertThat(Figures.time(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @Test
  void countsAndRates() {
    assertThat(Figures.count(1_234_567)).isEqualTo("1,234,567");
    assertThat(Figures.rate(0)).isEqualTo("0");
    assertThat(Figures.rate(0.25)).isEqualTo("0.25");
    assertThat(Figures.rate(12.34)).isEqualTo("12.3");
    assertThat(Figures.rate(12345.6)).isEqualTo("12,346");
    assertThat(Figures.byteRate(1.5e6)).isEqualTo("1.50 MB/s");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1.1, 1.5",
    "2.1, 3",
    "5.1, 6",
    "8.1, 10",
    "99, 100",
    "0.3, 0.3",
    "1e9, 1e9",
    "7e6, 8e6"
  })
  void scale_endsAtARoundNumber_notFarAbove(double value, double top) {
    assertThat(Chart.nextRound(value))
        .isCloseTo(top, org.assertj.core.data.Offset.offset(top / 1e9));
  }
}
