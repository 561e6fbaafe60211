package dev.mtb.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChartTest {
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
