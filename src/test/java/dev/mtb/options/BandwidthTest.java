package dev.mtb.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mtb.model.InvalidJobException;
import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BandwidthTest {
  private static final LocalDateTime NOON = LocalDateTime.parse("2026-03-02T12:00");

  @ParameterizedTest
  @CsvSource({
    "512, 524288",
    "512K, 524288",
    "512k, 524288",
    "512KiB, 524288",
    "512KB, 512000",
    "2M, 2097152",
    "1.5M, 1572864",
    "100B, 100",
    "1G, 1073741824",
    "0.0001B, 1"
  })
  void rate_isReadAsRsyncReadsIt(String text, long expected) {
    assertThat(Bandwidth.parse(text).at(NOON)).hasValue(expected);
    assertThat(Bandwidth.parse(text).isLimited()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "OFF", "0", "0M", "08:00,off 19:00,0"})
  void noLimit_isNone(String text) {
    assertThat(Bandwidth.parse(text).at(NOON)).isEmpty();
    assertThat(Bandwidth.parse(text).isLimited()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    // A Sunday, a Monday, a Friday.
    "2026-03-01T07:59, 0",
    "2026-03-01T08:00, 524288",
    "2026-03-01T18:59, 524288",
    "2026-03-01T19:00, 0",
    "2026-03-02T00:00, 0",
    "2026-03-02T08:00:59, 524288",
    "2026-03-06T23:59, 0"
  })
  void timetable_holdsEveryDay(LocalDateTime time, long expected) {
    assertThat(Bandwidth.parse("08:00,512K 19:00,off").at(time).orElse(0)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-01T23:59, 1048576",
    "2026-03-02T07:59, 1048576",
    "2026-03-02T08:00, 524288",
    "2026-03-05T12:00, 524288",
    "2026-03-06T18:29, 524288",
    "2026-03-06T18:30, 1048576"
  })
  void timetableOfTheWeek_holdsUntilTheNextSlot(LocalDateTime time, long expected) {
    assertThat(Bandwidth.parse("Mon-08:00,512K  friday-18:30,1M").at(time)).hasValue(expected);
  }

  @Test
  void oneSlot_holdsAlways() {
    assertThat(Bandwidth.parse("08:00,512K").at(LocalDateTime.parse("2026-03-02T07:00")))
        .hasValue(524288);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-1",
        "fast",
        "1X",
        "1e3",
        "NaN",
        "08:00",
        "08:00,",
        "08:00,fast",
        "24:00,1M",
        "08:60,1M",
        "Foo-08:00,1M",
        "08:00,1M 08:00,2M",
        "Mon-08:00,1M 08:00,2M",
        "08:00,1M,2M",
        "1M:2M",
        ",1M"
      })
  void nonsense_isRefused(String text) {
    assertThatThrownBy(() -> Bandwidth.parse(text))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("bandwidth");
  }
}
